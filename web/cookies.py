"""The cookies of visitors: who they are, and one for each job of those who came without; what caches may keep.

A browser that keeps no cookies says so, and names its jobs by tokens instead.
"""

from __future__ import annotations

import secrets
from hashlib import sha256

from flask import Flask, Response, current_app, g, request, session, url_for
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from itsdangerous import BadSignature, Signer

JOB_COOKIE = "relief-job"
OWN_PREFIX = "own-"
COOKIES_HEADER = "Relief-Cookies"  # "none" from a browser that keeps none


class CookieSessions(SecureCookieSessionInterface):
    """Flask's signed cookie, marked Secure where the request came by TLS; no cache keeps an answer that sets it."""

    def get_cookie_secure(self, app: Flask) -> bool:
        """True where this request came encrypted; then the cookie never travels otherwise."""
        return request.is_secure

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Set the cookie where there is a new one: a cache that kept it would give one identity to many."""
        super().save_session(app, session, response)
        if "Set-Cookie" in response.headers:
            response.headers["Cache-Control"] = "no-store"
            response.vary.add("Cookie")


def register(app: Flask) -> None:
    """Sign the cookies of this application, and keep answers out of shared caches."""
    app.session_interface = CookieSessions()
    app.after_request(_keep_out_of_shared_caches)


def identity() -> str | None:
    """Who the visitor is; None without a cookie."""
    return session.get("owner")


def new_identity() -> str:
    """Give this visitor a name, and the cookie with it."""
    session["owner"] = name = secrets.token_hex(8)
    session.permanent = g.is_new = True
    return name


def give_job_cookie(response: Response, job_id: str) -> None:
    """Make whoever keeps the cookie of this answer an owner of this one job, where the request came without identity.

    Of several first requests at once each makes an identity, and a client keeps one of them: the jobs of the others
    stay theirs by a cookie that is sent with requests for that job alone.
    """
    if g.get("is_new"):
        response.set_cookie(
            JOB_COOKIE,
            _job_signer().sign(job_id).decode(),
            path=url_for("jobs.show", job_id=job_id),
            max_age=current_app.permanent_session_lifetime,
            secure=request.is_secure,
            httponly=True,
            samesite="Lax",
        )


def has_job_cookie(job_id: str) -> bool:
    """True where the request has the cookie that give_job_cookie() set for this job."""
    try:
        return _job_signer().unsign(request.cookies.get(JOB_COOKIE, "")) == job_id.encode()
    except BadSignature:
        return False


def own_token(job_id: str) -> str | None:
    """What opens a job that this request made to whoever has it, in place of its id; None where a cookie does."""
    if not g.get("is_new") or request.headers.get(COOKIES_HEADER) != "none":
        return None
    return f"{OWN_PREFIX}{_job_signer(OWN_PREFIX).sign(job_id).decode()}"


def job_of_token(token: str) -> str | None:
    """The id of the job that own_token() gave this for; None where it is no such token."""
    if not token.startswith(OWN_PREFIX):
        return None
    try:
        return _job_signer(OWN_PREFIX).unsign(token.removeprefix(OWN_PREFIX)).decode()
    except BadSignature:
        return None


def _job_signer(salt: str = JOB_COOKIE) -> Signer:
    return Signer(str(current_app.secret_key), salt=salt, digest_method=sha256)


def _keep_out_of_shared_caches(response: Response) -> Response:
    """What says nothing of caches is for its caller, and to be asked for again."""
    response.headers.setdefault("Cache-Control", "private, no-cache")
    return response
