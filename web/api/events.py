"""A job's changes as they happen, as server-sent events."""

from __future__ import annotations

import time
from collections.abc import Iterator

from apiflask import APIBlueprint
from flask import Response, request, stream_with_context
from redis.exceptions import RedisError
from werkzeug.exceptions import ServiceUnavailable

from shared.errors import JobNotFoundError
from shared.jobs.record import Job
from web.access import asker, readable_job
from web.api.answers import LOOK_AGAIN_S
from web.api.documents import job_document
from web.services import services

blueprint = APIBlueprint("events", __name__)

HEARTBEAT_S = 10.0
LONGEST_STREAM_S = 600.0  # then the client connects again, by itself
RECONNECT_MS = 2000
BUSY_S = 5


@blueprint.get("/jobs/<job_id>/events")
def events(job_id: str) -> Response:
    """The job's document now and at each change, until it has ended; 204 where the client knows its end already."""
    job = readable_job(job_id)
    known = request.headers.get("Last-Event-ID")
    if job.ended and known == str(job.version):
        return Response(status=204)  # tells an EventSource to come back no more
    changes, who = services().changes, asker()
    if not changes.take_slot(who):
        raise ServiceUnavailable("Too many clients listen just now; poll the job instead.", retry_after=BUSY_S)
    response = Response(stream_with_context(_stream(job_id, job.id, known)), mimetype="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    response.call_on_close(lambda: changes.free_slot(who))
    return response


def _stream(address: str, job_id: str, known: str | None) -> Iterator[str]:
    """Events, and a comment as heartbeat; ends with the job, its deletion, or this process, or when Redis is away."""
    until = time.monotonic() + LONGEST_STREAM_S
    sent, spoke = "", time.monotonic()
    yield f"retry: {RECONNECT_MS}\n\n"
    with services().changes.of(job_id) as event:
        while time.monotonic() < until and not services().changes.ended:
            event.clear()
            try:
                job = readable_job(address)
                document = job_document(job, services().store).model_dump_json()
            except JobNotFoundError:
                yield "event: gone\ndata: {}\n\n"
                return
            except RedisError:
                return  # the client connects again
            if document != sent and not (not sent and known == str(job.version)):
                yield _event(job, document)
                spoke = time.monotonic()
            sent = document
            if job.ended:
                return
            if time.monotonic() - spoke >= HEARTBEAT_S:
                yield ": still here\n\n"
                spoke = time.monotonic()
            event.wait(LOOK_AGAIN_S)


def _event(job: Job, document: str) -> str:
    return f"id: {job.version}\nevent: job\ndata: {document}\n\n"
