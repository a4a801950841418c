"""The store in Redis that moves job records between their states.

The record is the truth; Celery's messages are hints to look here for work. Every change is one Lua script (shared/lua),
so it happens whole or not at all. A worker that claims a job gets a *run* token and a lease: only that run may write,
for as long as the lease is renewed.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from redis import Redis

from shared.errors import (
    BusyError,
    ClaimLostError,
    IdempotencyError,
    JobConflictError,
    JobNotFoundError,
    LimitError,
    ReliefError,
)
from shared.jobs.record import (
    Claim,
    Finished,
    Idempotency,
    Job,
    JobPage,
    Limits,
    Pace,
    PhotoInfo,
    Problem,
    Stage,
    State,
    overall_progress,
)
from shared.jobs.workers import ALIVE_S
from shared.options import DepthOptions, ModelOptions
from shared.webhooks.queue import Webhook

LUA = Path(__file__).parent / "lua"
CHANGED = "relief:changed"
DEFAULT_LIMITS = Limits()
JSON_FIELDS = {"steps", "photo", "depth", "model", "error"} | {
    f"{stage}_{part}" for stage in Stage for part in ("files", "report")
}
SHARE_PREFIX = "share-"
EXPIRE_AT_ONCE = 100
IDEMPOTENCY_S = 24 * 3600.0
REFUSALS: dict[bytes, ReliefError] = {
    b"reused": IdempotencyError("this Idempotency-Key came before with another photo or settings; send a new one"),
    b"all_waiting": BusyError("too many jobs wait just now; try again in a minute"),
    b"owner_waiting": LimitError("too many of your jobs wait; try again when some are done"),
    b"address_waiting": LimitError("too many jobs wait that came from your address; try again when some are done"),
    b"owner_pixels": LimitError("you have as many photos here as you may; delete some, or wait until they expire"),
}

GIVEN_UP = Problem(
    type="given-up",
    title="The photo could not be processed",
    detail="Each attempt ended without a result: the worker died or took too long. Try another or a smaller photo.",
)


class JobStore:
    """All job records, in one Redis."""

    def __init__(self, redis: Redis, lua: Path = LUA) -> None:
        self.redis = redis
        common = (lua / "common.lua").read_text()
        self._scripts = {
            path.stem: redis.register_script(common + path.read_text())
            for path in lua.glob("*.lua")
            if path.stem != "common"
        }

    def _call(self, script: str, *arguments: object) -> Any:
        return self._scripts[script](args=[str(argument) for argument in arguments])

    def create(
        self,
        job_id: str,
        *,
        owner: str,
        steps: Sequence[Stage],
        photo: PhotoInfo,
        depth: DepthOptions,
        model: ModelOptions,
        rank: int = 0,
        request_id: str = "-",
        idempotency: Idempotency | None = None,
        webhook: Webhook | None = None,
        limits: Limits = DEFAULT_LIMITS,
        address: str | None = None,
    ) -> Job:
        """Record a new job and put it in its owner's line, in one step. The photo must be on storage already.

        All owners that came from the same address share a limit, so that it helps nobody to be many. Where the owner
        sent the same idempotency key within a day, it is the earlier job that is given.

        Raises:
            IdempotencyError: the key came with another body then.
            LimitError, BusyError: the owner, or everyone together, has as many jobs as allowed.
        """
        fields = {
            "stage": steps[0],
            "steps": json.dumps(steps),
            "rank": rank,
            "request_id": request_id,
            "photo": photo.model_dump_json(),
            "depth": depth.model_dump_json(),
            "model": model.model_dump_json(),
        }
        if webhook:
            fields["webhook"] = webhook.model_dump_json()
        rules: dict[str, Any] = {
            "owner": owner,
            "pixels": photo.width * photo.height,
            "all_waiting": limits.all_waiting,
            "owner_waiting": limits.owner_waiting,
            "owner_pixels": limits.owner_megapixels * 1e6,
            "keep_ms": _ms(limits.keep_s),
        }
        if address:
            rules |= {"address": address, "address_waiting": limits.address_waiting}
        if idempotency:
            rules |= {"key": idempotency.key, "body": idempotency.body, "ms": _ms(IDEMPOTENCY_S)}
        # Asked twice, because an answer was lost, it makes one job.
        outcome, known_id = self._call("create", job_id, json.dumps(rules), *_flat(fields))
        if outcome in REFUSALS:
            raise REFUSALS[outcome]
        return self.get(known_id.decode())

    def get(self, job_id: str) -> Job:
        """The job record.

        Raises:
            JobNotFoundError: there is none of that id.
        """
        fields = cast(dict[bytes, bytes], self.redis.hgetall(f"relief:job:{job_id}"))
        if not fields:
            raise JobNotFoundError(f"there is no job {job_id}; it may have been deleted")
        return _job(fields)

    def page(self, owner: str, *, cursor: int | None, limit: int) -> JobPage:
        """An owner's jobs, newest first, from behind the cursor on."""
        newest = "+inf" if cursor is None else f"({cursor}"
        rows = cast(
            list[tuple[bytes, float]],
            self.redis.zrevrangebyscore(f"relief:owned:{owner}", newest, "-inf", 0, limit + 1, withscores=True),
        )
        with self.redis.pipeline(transaction=False) as pipe:
            for job_id, _ in rows[:limit]:
                pipe.hgetall(f"relief:job:{job_id.decode()}")
            records = pipe.execute()
        jobs = [_job(fields) for fields in records if fields]  # one may have been deleted meanwhile
        return JobPage(jobs, int(rows[limit - 1][1]) if len(rows) > limit else None)

    def exists(self, job_id: str) -> bool:
        """True where there is a record of that id."""
        return bool(self.redis.exists(f"relief:job:{job_id}"))

    def claim(
        self, stage: Stage, *, limit: int, lease_s: float, stage_limit_s: float, suspects: bool = True
    ) -> list[Claim]:
        """Take up to `limit` waiting jobs of a stage, going round their owners.

        A suspect, whose earlier run died, comes alone; with suspects=False it, and whoever is behind it, waits on.
        """
        run = uuid.uuid4().hex[:12]
        worker = f"{socket.gethostname()}:{os.getpid()}"
        lease, limit_ms, leave_suspects = _ms(lease_s), _ms(stage_limit_s), int(not suspects)
        ids = self._call("claim", stage, limit, lease, limit_ms, run, worker, leave_suspects)
        return [Claim(self.get(job_id.decode()), run) for job_id in ids]

    def renew(self, claim: Claim, lease_s: float) -> bool:
        """Prolong the lease; False where the claim is lost or past its deadline."""
        return bool(self._call("renew", claim.job.id, claim.run, _ms(lease_s)))

    def progress(self, claim: Claim, fraction: float) -> None:
        """Record how much of the stage is done, 0..1.

        Raises:
            ClaimLostError: another run holds the job, or it was canceled or deleted.
        """
        _held(claim, self._call("progress", claim.job.id, claim.run, f"{overall_progress(claim.job, fraction):.4f}"))

    def finish(self, claim: Claim, finished: Finished) -> None:
        """Make the run's results count, and end the job or put it in line for its next stage.

        Raises:
            ClaimLostError: another run holds the job, or it was canceled or deleted; nothing was changed.
        """
        job = claim.job
        following = job.steps[job.steps.index(job.stage) + 1 :]
        fields = {
            f"{job.stage}_files": json.dumps([file.model_dump() for file in finished.files]),
            f"{job.stage}_report": json.dumps(finished.report, allow_nan=False),
        }
        if job.stage is Stage.MODEL:
            fields["export_files"] = "[]"  # those of an earlier model no longer belong to it
        if finished.model_name:
            fields["model_name"] = finished.model_name
        next_stage = following[0] if following else ""
        done = f"{overall_progress(job, 1.0):.4f}"
        _held(claim, self._call("finish", job.id, claim.run, next_stage, done, *_flat(fields)))

    def fail(self, claim: Claim, problem: Problem) -> None:
        """End the job as failed.

        Raises:
            ClaimLostError: another run holds the job, or it was canceled or deleted.
        """
        _held(claim, self._call("fail", claim.job.id, claim.run, problem.model_dump_json()))

    def hand_back(self, claim: Claim, *, attempt_counts: bool = False) -> bool:
        """Give a claimed job back to its old place in line; False where the claim was lost already.

        A job whose attempt counts is claimed alone the next time.
        """
        return bool(self._call("hand_back", claim.job.id, claim.run, int(attempt_counts)))

    def cancel(self, job_id: str) -> Job:
        """Cancel a queued or running job; a job canceled before stays so.

        A job that has its depth already is not lost: it succeeds with the results that it has, and gives up the rest.

        Raises:
            JobNotFoundError, JobConflictError: it has ended otherwise.
        """
        return self._moved(job_id, self._call("cancel", job_id), ("canceled", "kept"), "can no longer be canceled")

    def requeue(
        self,
        job_id: str,
        stage: Stage,
        steps: Sequence[Stage],
        model: ModelOptions,
        rank: int = 0,
        limits: Limits = DEFAULT_LIMITS,
    ) -> Job:
        """Queue another run of an ended job from `stage` on.

        Raises:
            JobNotFoundError, JobConflictError: it is still queued or running, or was canceled.
            LimitError, BusyError: as many jobs wait, of the owner or of everyone, as allowed.
        """
        bounds = (limits.owner_waiting, limits.all_waiting)
        answer = self._call("requeue", job_id, stage, rank, *bounds, model.model_dump_json(), json.dumps(steps))
        if answer in REFUSALS:
            raise REFUSALS[answer]
        return self._moved(job_id, answer, ("queued",), "cannot be queued again")

    def _moved(self, job_id: str, answer: bytes | None, wanted: tuple[str, ...], refusal: str) -> Job:
        if answer is None:
            raise JobNotFoundError(f"there is no job {job_id}; it may have been deleted")
        if answer.decode() not in wanted:
            raise JobConflictError(f"the job is {answer.decode()} and {refusal}")
        return self.get(job_id)

    def delete(self, job_id: str) -> None:
        """Forget a job, whatever its state.

        Raises:
            JobNotFoundError: there is none of that id.
        """
        if not self._call("delete", job_id):
            raise JobNotFoundError(f"there is no job {job_id}; it may have been deleted")

    def extend(self, job_id: str) -> Job:
        """Keep a job's results for the whole time from now on.

        Raises:
            JobNotFoundError: there is none of that id.
        """
        self._call("extend", job_id)
        return self.get(job_id)

    def share(self, job_id: str) -> str:
        """The token that lets whoever has it read the job; the same one until it is revoked.

        Raises:
            JobNotFoundError: there is none of that id.
        """
        token = self._call("share", job_id, f"{SHARE_PREFIX}{secrets.token_urlsafe(24)}")
        if token is None:
            raise JobNotFoundError(f"there is no job {job_id}; it may have been deleted")
        return str(token.decode())

    def unshare(self, job_id: str) -> None:
        """Make the job's token worthless."""
        self._call("share", job_id, "")

    def shared(self, token: str) -> Job:
        """The job of a token.

        Raises:
            JobNotFoundError: the token was revoked, or never was one.
        """
        job_id = cast("bytes | None", self.redis.hget("relief:shares", token))
        if job_id is None:
            raise JobNotFoundError(f"there is no job {token}; it may have been deleted")
        return self.get(job_id.decode())

    def expire(self) -> list[str]:
        """Forget ended jobs whose time is over; gives their ids. Many are forgotten in several calls."""
        return [job_id.decode() for job_id in self._call("expire", EXPIRE_AT_ONCE)]

    def sweep(self, attempts: int) -> tuple[int, int]:
        """Take back jobs whose lease ran out; gives how many were queued again and how many were given up."""
        recovered, dead = self._call("sweep", attempts, GIVEN_UP.model_dump_json())
        return recovered, dead

    def dead(self) -> list[Job]:
        """The jobs that were given up after too many attempts, the oldest first."""
        ids = cast(list[bytes], self.redis.zrange("relief:dead", 0, -1))
        return [self.get(job_id.decode()) for job_id in ids]

    def retry(self, job_id: str, limits: Limits = DEFAULT_LIMITS) -> Job:
        """Queue a failed job again, from the stage at which it failed.

        Raises:
            JobNotFoundError, JobConflictError: it did not fail.
            LimitError, BusyError: as many jobs wait, of the owner or of everyone, as allowed.
        """
        job = self.get(job_id)
        if job.state is not State.FAILED:
            raise JobConflictError(f"the job is {job.state}; only a failed job can be tried again")
        return self.requeue(job_id, job.stage, job.steps, job.model, limits=limits)

    def waiting(self, stage: Stage) -> int:
        """How many jobs wait for the stage."""
        owners = cast(list[bytes], self.redis.zrange(f"relief:ring:{stage}", 0, -1))
        return sum(int(self.redis.zcard(f"relief:line:{stage}:{owner.decode()}")) for owner in owners)

    def oldest_wait_s(self, stage: Stage) -> float:
        """How long the job that waits longest for the stage has waited; 0 where none waits."""
        return float(self._call("oldest", stage)) / 1000

    def counters(self) -> dict[str, float]:
        """Sums since the records began: accepted, done:<stage>, seconds:<stage>, batches:<stage>, failed:<type>, ..."""
        return {
            name.decode(): float(value)
            for name, value in cast(dict[bytes, bytes], self.redis.hgetall("relief:counters")).items()
        }

    def jobs_before(self, job: Job) -> int | None:
        """How many jobs will be taken before this one; None where it is not waiting."""
        return cast("int | None", self._call("place", job.id))

    def paces(self, stages: Sequence[Stage]) -> list[Pace]:
        """How each of the stages gets on, asked for at once."""
        return [
            Pace(frozenset(workers), waiting, running, *(float(seconds) if seconds else None for seconds in measured))
            for *measured, waiting, running, workers in self._call("pace", ALIVE_S, *stages)
        ]


def _job(fields: dict[bytes, bytes]) -> Job:
    """A record from Redis's bytes."""
    texts: dict[str, Any] = {name.decode(): value.decode() for name, value in fields.items()}
    for name in JSON_FIELDS:
        if name in texts:
            texts[name] = json.loads(texts[name])
    return Job.model_validate(texts)


def _held(claim: Claim, answer: int) -> None:
    if not answer:
        raise ClaimLostError(f"run {claim.run} no longer holds job {claim.job.id}")


def _flat(fields: dict[str, Any]) -> list[Any]:
    return [part for pair in fields.items() for part in pair]


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
