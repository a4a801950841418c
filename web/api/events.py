"""A job's changes as they happen, as server-sent events."""

from __future__ import annotations

import time
from collections.abc import Iterator

from apiflask import APIBlueprint
from flask import Response, request, stream_with_context
from redis.exceptions import RedisError
from werkzeug.exceptions import ServiceUnavailable, Unauthorized

from shared.errors import JobNotFoundError
from shared.jobs.record import Job
from web.access import check_key_again, client_group, readable_job, requester
from web.api.openapi import Operation
from web.api.shown import shown
from web.changes import JobWatch
from web.services import services
from web.waiting import only_waits

blueprint = APIBlueprint("events", __name__)

HEARTBEAT_S = 10.0
LONGEST_STREAM_S = 600.0  # then the client connects again, by itself
RECONNECT_MS = 2000
BUSY_S = 5


@blueprint.get("/jobs/<job_id>/events")
@Operation({200: None, 204: None}, headers=("Last-Event-ID",), content={"text/event-stream": {"type": "string"}})
def events(job_id: str) -> Response:
    """The job's document now and at each change, until it has ended; 204 where the client knows its end already."""
    job = readable_job(job_id)
    known = request.headers.get("Last-Event-ID")
    if job.ended and known == str(job.version):
        return Response(status=204)  # tells an EventSource to come back no more
    watch = services().changes.watch(job.id, requester(), client_group(), LONGEST_STREAM_S)
    if watch is None:
        raise ServiceUnavailable("Too many clients listen just now; poll the job instead.", retry_after=BUSY_S)
    only_waits()
    response = Response(stream_with_context(_stream(job_id, watch, known)), mimetype="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    response.call_on_close(watch.close)
    return response


def _stream(id_or_token: str, watch: JobWatch, known: str | None) -> Iterator[str]:
    """Events, and a comment as heartbeat; ends with the job, its deletion, the caller's key, or this process."""
    sent, sent_at = "", time.monotonic()
    yield f"retry: {RECONNECT_MS}\n\n"
    for _ in watch:
        try:
            check_key_again()
            job = readable_job(id_or_token)
            told = shown(job)
        except JobNotFoundError:
            yield "event: gone\ndata: {}\n\n"
            return
        except (RedisError, Unauthorized):
            return  # the client connects again; it is told then why it is refused
        if told.tag != sent and not (not sent and known == str(job.version)):
            yield _event(job, told.document.model_dump_json())
            sent_at = time.monotonic()
        sent = told.tag
        if job.ended:
            return
        if time.monotonic() - sent_at >= HEARTBEAT_S:
            yield ": still here\n\n"
            sent_at = time.monotonic()


def _event(job: Job, document: str) -> str:
    return f"id: {job.version}\nevent: job\ndata: {document}\n\n"
