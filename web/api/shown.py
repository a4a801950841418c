"""What is said of a job at one moment: what lasts as long as its record stays, made once, and what passes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from flask import request

from shared.jobs.record import Job, State
from web.access import is_shared, name_of
from web.api.documents import lasting_document, message_of, seconds_until
from web.api.schemas import JobDocument
from web.services import services

KEPT = 500  # documents; one with all results takes some 50 kB
DUE_STEP_MS = 4000  # by which the end of a job must move to be news


@dataclass(frozen=True)
class Shown:
    """A job's document; a tag of all but the seconds that pass by themselves; and whether it has such."""

    document: JobDocument
    tag: str
    passes: bool


def shown(job: Job) -> Shown:
    """What the API says of a job now; asks for its position in the queue."""
    return _shown(job, services().statistics.jobs_before(job) if job.state is State.QUEUED else None)


def all_shown(jobs: Sequence[Job]) -> list[Shown]:
    """What the API says of these jobs now."""
    before = services().statistics.jobs_before_each([job for job in jobs if job.state is State.QUEUED])
    return [_shown(job, before.get(job.id)) for job in jobs]


def _shown(job: Job, before: int | None) -> Shown:
    expected_s, end_ms = services().expected.seconds(job, before), services().expected.end_ms(job, before)
    expires_in_s = seconds_until(job.expires_ms) if job.expires_ms and job.ended else None
    present = {
        "progress": services().expected.progress(job),
        "message": message_of(job, before),
        "queue_position": None if before is None else before + 1,
    }
    lasting = _lasting(_Version(job.id, job.version, name_of(job), is_shared(), request.url_root, job))
    due = None if end_ms is None else end_ms // DUE_STEP_MS
    tag = hashlib.sha256(f"{lasting.digest} {present} {due}".encode()).hexdigest()
    passing = {"expected_seconds": expected_s, "expires_in_s": expires_in_s}
    document = lasting.document.model_copy(update=present | passing)
    return Shown(document, tag, any(value is not None for value in passing.values()))


@dataclass(frozen=True)
class _Version:
    """All that the lasting part of a document is made of; it is known by all but the record itself."""

    job_id: str
    version: int
    name: str
    shared: bool
    root: str
    job: Job = field(compare=False)


@dataclass(frozen=True)
class _Lasting:
    document: JobDocument
    digest: str


@lru_cache(KEPT)
def _lasting(version: _Version) -> _Lasting:
    document = lasting_document(version.job)
    return _Lasting(document, hashlib.sha256(document.model_dump_json().encode()).hexdigest())
