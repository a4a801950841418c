"""A job as an answer: its document, ETag and headers, at once or after a change."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence

from flask import Response, request
from pydantic import BaseModel, ConfigDict, Field
from werkzeug.datastructures import ETags

from shared.jobs.record import Job
from web.access import check_key_again, client_group, requester
from web.api.shown import Shown, shown
from web.conditions import ConditionalResponse
from web.intake.submission import chosen
from web.services import services
from web.waiting import only_waits

POLL_S = 1
LONGEST_WAIT_S = 60
PREFER_WAIT = re.compile(r'(?:^|[,;\s])wait\s*=\s*"?(\d{1,4})', re.IGNORECASE)


class WaitQuery(BaseModel):
    """How long the client would wait for a change."""

    model_config = ConfigDict(frozen=True)

    wait: int = Field(0, ge=0, le=LONGEST_WAIT_S, description="Answer at a change, or after so many seconds.")


def json_response(document: BaseModel, status: int = 200) -> Response:
    """The document as JSON; caches are to ask whether it is still valid."""
    headers = {"Cache-Control": "private, no-cache"}
    return ConditionalResponse(document.model_dump_json(), status, headers, mimetype="application/json")


def tagged(response: Response, told: Sequence[Shown], more: str | None = None) -> Response:
    """The response with its ETag: a weak one where the jobs that it tells of have seconds that pass by themselves."""
    tag = hashlib.sha256("\n".join([*(one.tag for one in told), str(more)]).encode()).hexdigest()
    response.set_etag(tag, weak=any(one.passes for one in told))
    return response


def answer(job: Job, status: int = 200) -> Response:
    """The job's document; 304 where the client has it already."""
    told = shown(job)
    response = tagged(json_response(told.document, status), [told])
    if status == 202:
        response.headers["Location"] = told.document.links["self"]
    if not job.ended:
        response.headers["Retry-After"] = str(POLL_S)
    if status == 200 and request.method in ("GET", "HEAD"):
        response.make_conditional(request)
    return response


def answer_when_changed(read: Callable[[], Job]) -> Response:
    """The job once it differs from the client's ETag, or, without one, from what it is now; at once if it has ended."""
    wait_s = requested_wait_s()
    response = answer(job := read())
    known = request.if_none_match if request.if_none_match else ETags([str(response.get_etag()[0])])
    for _ in _reads(job, wait_s):
        check_key_again()
        response = answer(job := read())
        if job.ended or not known.contains_weak(str(response.get_etag()[0])):
            break
    return response


def ended_in_time(job: Job) -> Job:
    """The job when it has ended, or as it is when the time that the client would wait is over."""
    for _ in _reads(job, requested_wait_s()):
        check_key_again()
        job = services().jobs.get(job.id)
        if job.ended:
            break
    return job


def _reads(job: Job, wait_s: float) -> Iterable[None]:
    """Yields when the job should be read again; never where it has ended, or too many clients wait already."""
    if job.ended or not wait_s:
        return ()
    watch = services().changes.watch(job.id, requester(), client_group(), wait_s)
    if watch is None:
        return ()
    only_waits()
    return watch


def requested_wait_s() -> float:
    """How long the client would wait: `?wait=N`, or `Prefer: wait=N` (RFC 7240).

    Raises:
        UnprocessableEntity: `wait` in the query is no whole number from 0 to 60.
    """
    text = request.args.get("wait")
    if text is None:
        preferred = PREFER_WAIT.search(request.headers.get("Prefer", ""))
        return float(min(LONGEST_WAIT_S, int(preferred[1]))) if preferred else 0.0
    return float(chosen(WaitQuery, {"wait": text}).wait)
