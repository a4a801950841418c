"""The job API over HTTP."""

from __future__ import annotations

import mimetypes
import re
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx

from shared.errors import ReliefError
from shared.results import ARCHIVE, RESULTS
from web.client.retry import AwayError, RetryPolicy

API = "/api/v1/jobs"
ENDED = ("succeeded", "failed", "canceled")
AWAY = (429, 502, 503, 504)
WAIT_S = 20
POLL_S = 1.0
ID = re.compile(r"[A-Za-z0-9_-]+")  # of a job, or a share token: a path segment that needs no quoting

Job = dict[str, Any]


class RefusedError(ReliefError):
    """The server refused, and said why; or what was asked for cannot be."""


class Relief:
    """The job API over HTTP; requests are sent again where the server or the connection to it fails."""

    def __init__(self, http: httpx.Client, retries: RetryPolicy) -> None:
        self._http = http
        self._retries = retries

    def visit(self) -> httpx.Cookies:
        """Open the page, which gives a cookie to whoever has none that counts; the cookies of its answer.

        Not sent again: where nothing answers the first request, the URL is likely to be wrong.
        """
        return _checked(self._http.get("/")).cookies

    def submit(self, photo: Path, settings: dict[str, str], disparity: Path | None = None) -> Job:
        """Send a photo, with its disparity map if given; sent again after a lost answer, it makes no second job."""
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        files = {name: _file(path) for name, path in (("photo", photo), ("disparity", disparity)) if path}
        return _json(self._send("POST", API, files=files, data=settings, headers=headers))

    def status(self, job_id: str) -> Job:
        """How a job stands."""
        return _json(self._send("GET", _path(job_id)))

    def follow(self, job_id: str) -> Iterator[Job]:
        """The job now and at each change, to its end."""
        known, state = "", ""
        while state not in ENDED:
            sent = time.monotonic()
            answer = self._changed(job_id, known)
            if answer.status_code != httpx.codes.NOT_MODIFIED:
                job, known = _json(answer), answer.headers.get("ETag", "")
                state = job["state"]
                yield job
            elif time.monotonic() - sent < POLL_S:
                self._retries.pause(POLL_S)  # the server has no thread left to wait with

    def download(self, job: Job, folder: Path, names: list[str]) -> list[Path]:
        """Fetch results, all but the archive where none is named, into the folder.

        Files that nobody asked for by name have names that we know: a server must not choose what is written here.

        Raises:
            RefusedError: the job has no results, or none of such a name; nothing is fetched then.
        """
        results = {file["name"]: file["url"] for file in job["results"]}
        if not results:
            raise RefusedError(f"job {job['id']} has no results: {job['message']}")
        missing = [name for name in names if name not in results]
        if missing:
            raise RefusedError(f"job {job['id']} has no {', '.join(missing)}; it has {', '.join(results)}")
        folder.mkdir(parents=True, exist_ok=True)
        wanted = names or [
            name for name in results if name in RESULTS and not RESULTS[name].temporary and name != ARCHIVE
        ]
        return [self.fetch(results[name], folder / Path(name).name) for name in wanted]

    def fetch(self, url: str, path: Path) -> Path:
        """Write what is at the server's URL; the path, which has either all of it, or what it had before.

        Raises:
            RefusedError: the URL is of another server, which a key or a cookie is not for.
        """
        _check_is_here(url)
        self._retries.call(lambda: self._fetch(url, path))
        return path

    def cancel(self, job_id: str) -> Job:
        """Stop a job."""
        return _json(self._send("POST", f"{_path(job_id)}/cancel"))

    def jobs(self) -> Iterator[Job]:
        """One's own jobs, newest first."""
        url: str | None = f"{API}?limit=100"
        while url:
            _check_is_here(url)
            page = _json(self._send("GET", url))
            yield from page["jobs"]
            url = page["next"]

    def stop(self) -> None:
        """End what is under way in other threads at its next step."""
        self._retries.stop()

    def _send(self, method: str, url: str, **parts: Any) -> httpx.Response:
        """The answer to a request that may be sent more than once, each time the very same."""
        request = self._http.build_request(method, url, **parts)
        return self._retries.call(lambda: _checked(self._http.send(request)))

    def _changed(self, job_id: str, known: str) -> httpx.Response:
        """The job, or 304 where it stayed for WAIT_S as the known ETag says; without one at once."""
        params, headers = ({"wait": WAIT_S}, {"If-None-Match": known}) if known else ({}, {})
        return self._send("GET", _path(job_id), params=params, headers=headers)

    def _fetch(self, url: str, path: Path) -> None:
        part = path.with_name(f"{path.name}.part")
        try:
            with self._http.stream("GET", url) as answer, part.open("wb") as file:
                if not answer.is_success:
                    answer.read()
                for chunk in _checked(answer).iter_bytes():
                    self._retries.check()
                    file.write(chunk)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


def _file(path: Path) -> tuple[str, bytes, str]:
    """A file as a form takes it: name, bytes, media type."""
    return printable(path.name), path.read_bytes(), mimetypes.guess_type(path.name)[0] or "application/octet-stream"


def printable(text: str) -> str:
    """The text with � for what cannot be shown: line ends, and bytes of a file name that are not UTF-8."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def _path(job_id: str) -> str:
    """Where a job is.

    Raises:
        RefusedError: that is no id.
    """
    if not ID.fullmatch(job_id):
        raise RefusedError(f"{job_id!r} is no id of a job; `list` tells them")
    return f"{API}/{job_id}"


def _check_is_here(url: str) -> None:
    """Links of Relief are paths.

    Raises:
        RefusedError: this one leads elsewhere.
    """
    if not url.startswith("/") or url.startswith(("//", "/\\")):
        raise RefusedError(f"the server links to {url}, which is not its own")


def _checked(answer: httpx.Response) -> httpx.Response:
    """The answer, unless it is a refusal.

    Raises:
        AwayError: the server may take it later.
        RefusedError: the server will not take it; in its own words.
    """
    if answer.is_success or answer.status_code == httpx.codes.NOT_MODIFIED:
        return answer
    problem = answer.headers.get("Content-Type", "").startswith("application/problem+json")
    words = (
        _json(answer)["detail"]
        if problem
        else f"the server answered {answer.status_code} {printable(answer.reason_phrase)}"
    )
    if answer.status_code in AWAY:
        raise AwayError(words, _retry_after_s(answer.headers.get("Retry-After", "")))
    raise RefusedError(
        f"{words} (it is at {printable(answer.headers['Location'])})" if answer.has_redirect_location else words
    )


def _retry_after_s(text: str) -> float:
    """Seconds, given as such or as a date; 0 where it is neither (RFC 9110, 10.2.3)."""
    if text.isdecimal():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):  # no date, or one without a zone
        return 0.0


def _json(answer: httpx.Response) -> Any:
    """The body; its strings are printable, since a terminal obeys what is not.

    Raises:
        RefusedError: it is not JSON, so whoever answered is not Relief.
    """
    try:
        return _printable(answer.json())
    except (ValueError, RecursionError) as error:
        raise RefusedError(f"what answers at {answer.url} is not Relief: its answer is not JSON") from error


def _printable(value: Any) -> Any:
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, list):
        return [_printable(each) for each in value]
    return {key: _printable(each) for key, each in value.items()} if isinstance(value, dict) else value
