"""The job records in Redis, as their owners use them: create, read, cancel, run again, keep, share, delete."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from redis import Redis

from shared.errors import JobConflictError
from shared.jobs.fields import flat, not_found, read_job, read_jobs
from shared.jobs.keys import Key
from shared.jobs.limits import REFUSALS, Limits
from shared.jobs.new_job import NewJob
from shared.jobs.record import Job, Stage, State
from shared.jobs.scripts import LUA, job_scripts
from shared.jobs.space import results_bytes
from shared.logs import request_id
from shared.options import DepthOptions, ModelOptions
from shared.redis.confirmed import confirmed

SHARE_PREFIX = "share-"


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

        All owners of a client group share a limit, so that it helps nobody to be many. Where the owner sent the same
        idempotency key within a day, it is the earlier job that is given.

        Raises:
            IdempotencyError: the key came with another body then.
            LimitError, BusyError: the owner, or everyone together, has as many jobs as allowed.
            NotConfirmedError: it may be made or not, and a failover may forget it; as with all changes below.
        """
        rules = json.dumps(vars(limits) | new.rules())
        outcome, known_id = self._scripts.call_confirmed("create", new.id, rules, *flat(new.fields()))
        if outcome in REFUSALS:
            raise REFUSALS[outcome]()
        return self.get(known_id.decode())

    def get(self, job_id: str) -> Job:
        """The job record.

        Raises:
            JobNotFoundError: there is none of that id.
        """
        return read_job(self._redis, job_id)

    def get_all(self, job_ids: Sequence[str]) -> list[Job]:
        """The records of those jobs that still exist."""
        return read_jobs(self._redis, [job_id.encode() for job_id in job_ids])

    def page(self, owner: str, *, cursor: int | None, limit: int) -> JobPage:
        """An owner's jobs, newest first, from behind the cursor on."""
        newest = "+inf" if cursor is None else f"({cursor}"
        rows = cast(
            list[tuple[bytes, float]],
            self._redis.zrevrangebyscore(f"{Key.OWNED}{owner}", newest, "-inf", 0, limit + 1, withscores=True),
        )
        jobs = self.get_all([job_id.decode() for job_id, _ in rows[:limit]])
        return JobPage(jobs, int(rows[limit - 1][1]) if len(rows) > limit else None)

    def missing(self, job_ids: Iterable[str]) -> list[str]:
        """Those that have no record, also after a failover.

        Raises:
            NotConfirmedError: that is not certain.
        """
        ids = list(job_ids)
        found = confirmed(self._redis, lambda pipe: [pipe.exists(f"{Key.JOB}{job_id}") for job_id in ids])
        return [job_id for job_id, exists in zip(ids, found, strict=False) if not exists]

    def cancel(self, job_id: str) -> Job:
        """Cancel a queued or running job; a job canceled before stays so.

        A job that has its depth already is not lost: it succeeds with the results that it has, and gives up the rest.

        Raises:
            JobNotFoundError, JobConflictError: it has ended otherwise.
        """
        answer = self._scripts.call_confirmed("cancel", job_id)
        return self._moved(job_id, answer, (State.CANCELED, "kept"), "can no longer be canceled")

    def requeue(
        self,
        job_id: str,
        stage: Stage,
        steps: Sequence[Stage],
        *,
        limits: Limits,
        group: str = "",
        depth: DepthOptions | None = None,
        model: ModelOptions | None = None,
    ) -> Job:
        """Queue another run of an ended job from `stage` on, with other settings where some are given.

        Until a stage has its new result the earlier one stays; then what later stages made of that one goes. It counts
        for the client group that the job was made in; `group` is for those of the release before, which recorded none.
        From now on the job's lines in the log are about the request that asks for this.

        Raises:
            JobNotFoundError, JobConflictError: it is still queued or running, or was canceled.
            LimitError, BusyError: as many jobs wait, of the owner, the group or everyone, as allowed.
        """
        chosen = {Stage.DEPTH: depth, Stage.MODEL: model}
        settings = {stage: options.model_dump_json() for stage, options in chosen.items() if options}
        coming = results_bytes(steps, model or self.get(job_id).model)
        rules = (stage, json.dumps(steps), json.dumps(vars(limits)), json.dumps(settings), group, coming, request_id())
        answer = self._scripts.call_confirmed("requeue", job_id, *rules)
        if answer in REFUSALS:
            raise REFUSALS[answer]()
        return self._moved(job_id, answer, ("again",), "cannot be queued again")

    def retry(self, job_id: str, limits: Limits, group: str = "") -> Job:
        """Queue a failed job again, from the stage at which it failed.

        Raises:
            JobNotFoundError, JobConflictError: it did not fail.
            LimitError, BusyError: as many jobs wait, of the owner, the group or everyone, as allowed.
        """
        job = self.get(job_id)
        if job.state is not State.FAILED:
            raise JobConflictError(f"the job is {job.state}; only a failed job can be tried again")
        return self.requeue(job_id, job.stage, job.steps, limits=limits, group=group)

    def delete(self, job_id: str) -> None:
        """Forget a job, whatever its state.

        Raises:
            JobNotFoundError: there is none of that id.
        """
        if not self._scripts.call_confirmed("delete", job_id):
            raise not_found(job_id)

    def extend(self, job_id: str) -> Job:
        """Keep a job's results for the whole time from now on.

        Raises:
            JobNotFoundError: there is none of that id.
        """
        self._scripts.call_confirmed("extend", job_id)
        return self.get(job_id)

    def share(self, job_id: str) -> str:
        """The token that lets whoever has it read the job; the same one until it is revoked.

        Raises:
            JobNotFoundError: there is none of that id.
        """
        token = self._scripts.call_confirmed("share", job_id, f"{SHARE_PREFIX}{secrets.token_urlsafe(24)}")
        if token is None:
            raise not_found(job_id)
        return str(token.decode())

    def unshare(self, job_id: str) -> None:
        """Make the job's token worthless."""
        self._scripts.call_confirmed("share", job_id, "")

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
