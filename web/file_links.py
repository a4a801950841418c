"""Links to one file of a job, for programs that have no cookies, such as a phone's viewer; they end after minutes."""

from __future__ import annotations

from flask import current_app
from itsdangerous import BadData, URLSafeTimedSerializer

FILE_PREFIX = "file-"  # of what stands in place of a job's id
LINK_S = 600  # enough to open an app, and to load a file over a slow connection


def file_token(job: str, name: str) -> str:
    """What opens one file to whoever has it, in place of the job's id or share token."""
    return f"{FILE_PREFIX}{_serializer().dumps([job, name])}"


def job_of_file_token(token: str, name: str) -> str | None:
    """The job's id or share token that `file_token` had; None where the token is another file's, too old, or none."""
    try:
        job, meant = _serializer().loads(token.removeprefix(FILE_PREFIX), max_age=LINK_S)
    except BadData:
        return None
    return str(job) if meant == name else None


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt=FILE_PREFIX)
