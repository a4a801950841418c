"""The job records in Redis, as their owners use them: create, read, cancel, run again, keep, share, delete."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from redis import Redis

from shared.errors import JobConflictError
from shared.jobs.fields import SCHEMA, flat, not_found, read_job, read_jobs
from shared.jobs.keys import Key
from shared.jobs.limits import REFUSALS, Limits
from shared.jobs.record import Job, PhotoInfo, Stage, State
from shared.jobs.scripts import LUA, job_scripts
from shared.options import DepthOptions, ModelOptions
from shared.webhooks.queue import Webhook

SHARE_PREFIX = "share-"
IDEMPOTENCY_S = 24 * 3600.0
CLIENT_S = 24 * 3600.0  # how long it is remembered which owners came from an IP address


@dataclass(frozen=True)
class Idempotency:
    """What makes a repeated request the same one: the client's key, and the hash of all that it sent."""

    key: str
    body: str


@dataclass(frozen=True)
class NewJob:
    """A job to be: its results are kept for keep_s after its end; client_ip is None where it does not count."""

    id: str
    owner: str
    steps: Sequence[Stage]
    photo: PhotoInfo
    depth: DepthOptions
    model: ModelOptions
    keep_s: float
    request_id: str = "-"
    idempotency: Idempotency | None = None
    webhook: Webhook | None = None
    client_ip: str | None = None


@dataclass(frozen=True)
class JobPage:
    """Some of an owner's jobs, newest first; `next` is the cursor of the page behind it, None at the end."""

    jobs: list[Job]
    next: int | None


class Jobs:
    """All job records, in one Redis."""

    def __init__(self, redis: Redis, lua: Path = LUA) -> None:
        self._redis, self._scripts = redis, job_scripts(redis, "jobs", lua)

    def create(self, new: NewJob, limits: Limits) -> Job:
        """Record a new job and put it in its owner's queue, in one step. The photo must be on storage already.

        All owners that came from the same IP address share a limit, so that it helps nobody to be many. Where the owner
        sent the same idempotency key within a day, it is the earlier job that is given.

        Raises:
            IdempotencyError: the key came with another body then.
            LimitError, BusyError: the owner, or everyone together, has as many jobs as allowed.
        """
        rules = json.dumps(_rules(new, limits))
        outcome, known_id = self._scripts.call("create", new.id, rules, *flat(_first_fields(new)))
        if outcome in REFUSALS:
            raise REFUSALS[outcome]
        return self.get(known_id.decode())

    def get(self, job_id: str) -> Job:
        """The job record.

        Raises:
            JobNotFoundError: there is none of that id.
        """
        return read_job(self._redis, job_id)

    def page(self, owner: str, *, cursor: int | None, limit: int) -> JobPage:
        """An owner's jobs, newest first, from behind the cursor on."""
        newest = "+inf" if cursor is None else f"({cursor}"
        rows = cast(
            list[tuple[bytes, float]],
            self._redis.zrevrangebyscore(f"{Key.OWNED}{owner}", newest, "-inf", 0, limit + 1, withscores=True),
        )
        jobs = read_jobs(self._redis, [job_id for job_id, _ in rows[:limit]])
        return JobPage(jobs, int(rows[limit - 1][1]) if len(rows) > limit else None)

    def exists(self, job_id: str) -> bool:
        """True where there is a record of that id."""
        return bool(self._redis.exists(f"{Key.JOB}{job_id}"))

    def cancel(self, job_id: str) -> Job:
        """Cancel a queued or running job; a job canceled before stays so.

        A job that has its depth already is not lost: it succeeds with the results that it has, and gives up the rest.

        Raises:
            JobNotFoundError, JobConflictError: it has ended otherwise.
        """
        answer = self._scripts.call("cancel", job_id)
        return self._moved(job_id, answer, (State.CANCELED, "kept"), "can no longer be canceled")

    def requeue(self, job_id: str, stage: Stage, steps: Sequence[Stage], model: ModelOptions, *, limits: Limits) -> Job:
        """Queue another run of an ended job from `stage` on.

        Raises:
            JobNotFoundError, JobConflictError: it is still queued or running, or was canceled.
            LimitError, BusyError: as many jobs wait, of the owner or of everyone, as allowed.
        """
        bounds = json.dumps({"all_waiting": limits.all_waiting, "owner_waiting": limits.owner_waiting})
        answer = self._scripts.call("requeue", job_id, stage, json.dumps(steps), model.model_dump_json(), bounds)
        if answer in REFUSALS:
            raise REFUSALS[answer]
        return self._moved(job_id, answer, (State.QUEUED,), "cannot be queued again")

    def retry(self, job_id: str, limits: Limits) -> Job:
        """Queue a failed job again, from the stage at which it failed.

        Raises:
            JobNotFoundError, JobConflictError: it did not fail.
            LimitError, BusyError: as many jobs wait, of the owner or of everyone, as allowed.
        """
        job = self.get(job_id)
        if job.state is not State.FAILED:
            raise JobConflictError(f"the job is {job.state}; only a failed job can be tried again")
        return self.requeue(job_id, job.stage, job.steps, job.model, limits=limits)

    def delete(self, job_id: str) -> None:
        """Forget a job, whatever its state.

        Raises:
            JobNotFoundError: there is none of that id.
        """
        if not self._scripts.call("delete", job_id):
            raise not_found(job_id)

    def extend(self, job_id: str) -> Job:
        """Keep a job's results for the whole time from now on.

        Raises:
            JobNotFoundError: there is none of that id.
        """
        self._scripts.call("extend", job_id)
        return self.get(job_id)

    def share(self, job_id: str) -> str:
        """The token that lets whoever has it read the job; the same one until it is revoked.

        Raises:
            JobNotFoundError: there is none of that id.
        """
        token = self._scripts.call("share", job_id, f"{SHARE_PREFIX}{secrets.token_urlsafe(24)}")
        if token is None:
            raise not_found(job_id)
        return str(token.decode())

    def unshare(self, job_id: str) -> None:
        """Make the job's token worthless."""
        self._scripts.call("share", job_id, "")

    def shared(self, token: str) -> Job:
        """The job of a token.

        Raises:
            JobNotFoundError: the token was revoked, or never was one.
        """
        job_id = cast("bytes | None", self._redis.hget(Key.SHARES, token))
        if job_id is None:
            raise not_found(token)
        return self.get(job_id.decode())

    def _moved(self, job_id: str, answer: bytes | None, wanted: tuple[str, ...], refusal: str) -> Job:
        if answer is None:
            raise not_found(job_id)
        if answer.decode() not in wanted:
            raise JobConflictError(f"the job is {answer.decode()} and {refusal}")
        return self.get(job_id)


def _rules(new: NewJob, limits: Limits) -> dict[str, Any]:
    """What create.lua checks, and remembers beside the record."""
    rules: dict[str, Any] = {
        "owner": new.owner,
        "pixels": new.photo.width * new.photo.height,
        "keep_ms": round(new.keep_s * 1000),
        "all_waiting": limits.all_waiting,
        "owner_waiting": limits.owner_waiting,
        "owner_pixels": limits.owner_megapixels * 1e6,
    }
    if new.client_ip:
        rules |= {"client_ip": new.client_ip, "client_waiting": limits.client_waiting, "client_ms": CLIENT_S * 1000}
    if new.idempotency:
        rules |= {"key": new.idempotency.key, "body": new.idempotency.body, "key_ms": IDEMPOTENCY_S * 1000}
    return rules


def _first_fields(new: NewJob) -> dict[str, object]:
    """What a record holds from its beginning, beside what create.lua adds."""
    fields: dict[str, object] = {
        "schema": SCHEMA,
        "stage": new.steps[0],
        "steps": json.dumps(new.steps),
        "request_id": new.request_id,
        "photo": new.photo.model_dump_json(),
        "depth": new.depth.model_dump_json(),
        "model": new.model.model_dump_json(),
    }
    return fields | ({"webhook": new.webhook.model_dump_json()} if new.webhook else {})
