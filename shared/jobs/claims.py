"""How workers take jobs and end them.

A worker that claims a job gets a *run* token and a lease: only that run may write, for as long as the lease is renewed.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redis import Redis

from shared.errors import ClaimLostError
from shared.jobs.fields import SCHEMA, flat, read_jobs, stage_field
from shared.jobs.record import Job, Problem, Stage, StoredFile, overall_progress
from shared.jobs.scripts import LUA, job_scripts
from shared.jobs.workers import process_name
from shared.logs import log_context

UNLIMITED_PX = 10**15
ROUGH_FOLDER_END = "-rough"


@dataclass(frozen=True)
class Claim:
    """The right of one run to work on one job."""

    job: Job
    run: str

    @property
    def folder(self) -> str:
        """The folder on storage that only this run writes to."""
        return f"{self.job.stage}-{self.run}"

    @property
    def waited_s(self) -> float:
        """How long the job had waited when this run took it, in seconds."""
        return ((self.job.started_ms or self.job.queued_ms) - self.job.queued_ms) / 1000

    @property
    def rough_folder(self) -> str:
        """The folder of the run's rough point cloud, which goes sooner than its results."""
        return f"{self.folder}{ROUGH_FOLDER_END}"


@dataclass(frozen=True)
class Finished:
    """What a run of a stage leaves in the job record, and the folders of files that count no more then.

    own_s: seconds of the worker's time that the job itself took, in a batch its part; None for the whole run.
    """

    files: Sequence[StoredFile]
    report: dict[str, Any]
    model_name: str | None = None
    replaced: Sequence[str] = ()
    own_s: float | None = None


def log_as(*claims: Claim) -> AbstractContextManager[None]:
    """Lines logged inside the block are about these jobs, and the requests that they came with."""
    jobs = [claim.job for claim in claims]
    return log_context(job_id=",".join(job.id for job in jobs), request_id=",".join(job.request_id for job in jobs))


class Claims:
    """The claims on jobs, in one Redis."""

    def __init__(self, redis: Redis, lua: Path = LUA) -> None:
        self._redis, self._scripts = redis, job_scripts(redis, "claims", lua)

    def claim(
        self,
        stage: Stage,
        *,
        limit: int,
        lease_s: float,
        stage_limit_s: float,
        take_retried: bool = True,
        limit_px: int = UNLIMITED_PX,
        held_px: int = 0,
    ) -> list[Claim]:
        """Take up to `limit` waiting jobs of a stage; their owners take turns.

        A job that is retried after a crash comes alone; with take_retried=False it, and whoever is behind it, waits on.
        So does one whose photo would make the pixels of all that are held more than `limit_px`; where none are held,
        the first is taken whatever it has.
        """
        run = uuid.uuid4().hex[:12]
        lease_ms, limit_ms = round(lease_s * 1000), round(stage_limit_s * 1000)
        taken = (int(take_retried), limit_px, held_px)
        ids = self._scripts.call("claim", stage, limit, lease_ms, limit_ms, run, process_name(), *taken)
        return [Claim(job, run) for job in read_jobs(self._redis, ids)]

    def renew(self, claim: Claim, lease_s: float) -> bool:
        """Prolong the lease; False where the claim is lost or past its deadline."""
        return bool(self._scripts.call("renew", claim.job.id, claim.run, round(lease_s * 1000)))

    def progress(self, claim: Claim, fraction: float) -> None:
        """Record how much of the stage is done, 0..1.

        Raises:
            ClaimLostError: another run holds the job, or it was canceled or deleted.
        """
        self._call("progress", claim, f"{overall_progress(claim.job, fraction):.4f}")

    def show_rough(self, claim: Claim, file: StoredFile) -> None:
        """Have the run's rough point cloud count, until the job has its points, ends, or loses this run.

        Raises:
            ClaimLostError: another run holds the job, or it was canceled or deleted.
        """
        self._call("show_rough", claim, file.model_dump_json())

    def finish(self, claim: Claim, finished: Finished) -> Stage | None:
        """Make the run's results count, and end the job or queue it for its next stage, which is given.

        Raises:
            ClaimLostError: another run holds the job, or it was canceled or deleted; nothing was changed.
            NotConfirmedError: a failover may forget it.
        """
        job = claim.job
        following = job.steps[job.steps.index(job.stage) + 1 :]
        done = f"{overall_progress(job, 1.0):.4f}"
        files = [file.model_dump() for file in finished.files]
        result = json.dumps({"files": files, "report": finished.report}, allow_nan=False)
        fields = _earlier_results(job) | ({"model_name": finished.model_name} if finished.model_name else {})
        replaced = json.dumps(list(finished.replaced))
        next_stage = following[0] if following else ""
        own_s = "" if finished.own_s is None else f"{finished.own_s:.3f}"
        arguments = (next_stage, done, result, replaced, own_s, "schema", SCHEMA, *flat(fields))
        _check_held(claim, self._scripts.call_confirmed("finish", job.id, claim.run, *arguments))
        return following[0] if following else None

    def fail(self, claim: Claim, problem: Problem) -> None:
        """End the job as failed.

        Raises:
            ClaimLostError: another run holds the job, or it was canceled or deleted.
        """
        self._call("fail", claim, problem.model_dump_json())

    def hand_back(self, claim: Claim) -> bool:
        """Give a job back to its position in the queue, to be retried alone; False where the claim was lost already."""
        return bool(self._scripts.call("hand_back", claim.job.id, claim.run))

    def put_off(self, claim: Claim, longest_s: float) -> bool:
        """Have a job wait for storage that refused its files, longer each time; no attempt is used up.

        Returns:
            False where it has waited for longest_s in all already, or the claim was lost.
        """
        return bool(self._scripts.call("put_off", claim.job.id, claim.run, round(longest_s * 1000)))

    def _call(self, script: str, claim: Claim, *arguments: object) -> None:
        _check_held(claim, self._scripts.call(script, claim.job.id, claim.run, *arguments))


def _check_held(claim: Claim, held: int) -> None:
    if not held:
        raise ClaimLostError(f"run {claim.run} no longer holds job {claim.job.id}")


def _earlier_results(job: Job) -> dict[str, str]:
    """The results of the stages before the job's, in the present schema; those behind it are made anew."""
    before = list(Stage)[: list(Stage).index(job.stage)]
    return {stage_field(stage): job.stages[stage].model_dump_json() for stage in before if stage in job.stages}
