"""What every stage does alike when its run begins, ends, fails, or loses its job."""

from __future__ import annotations

import errno
import gzip
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
from redis.exceptions import RedisError

from shared.errors import ClaimLostError, JobNotFoundError, PhotoError, ReliefError
from shared.jobs.claims import ROUGH_FOLDER_END, Claim, Claims, Finished, log_as
from shared.jobs.jobs import Jobs
from shared.jobs.problems import BUG, STORAGE
from shared.jobs.record import Problem, Stage, StoredFile
from shared.jobs.wakeups import WakeUps
from shared.maps.disparity_files import read_disparity
from shared.removals import Removals
from shared.results import DISPARITY, PHOTO, RESULTS
from shared.settings import Settings
from shared.storage.base import PHOTO_FOLDER, Storage
from worker.depth.estimator import Photo
from worker.stages.leases import Leases
from worker.stages.photos import pixels_from_stored

log = logging.getLogger(__name__)

T = TypeVar("T")
GZIP_LEVEL = 4  # half the time of the default, for 2 % more bytes of a cloud


@dataclass(frozen=True)
class StageContext:
    """What a run of a stage works with: records, claims, files, wake-ups, and the leases of what it holds."""

    jobs: Jobs
    claims: Claims
    storage: Storage
    removals: Removals
    wakeups: WakeUps
    settings: Settings
    leases: Leases
    reserve_is_gone: Callable[[], bool]

    def claim(self, stage: Stage, limit: int, *, take_retried: bool = True, held: Sequence[Claim] = ()) -> list[Claim]:
        """Take waiting jobs and keep their leases; with those that are held they have no more pixels than a batch."""
        claims = self.claims.claim(
            stage,
            limit=limit,
            lease_s=self.settings.lease_s,
            stage_limit_s=self.settings.stage_limit_s,
            take_retried=take_retried,
            limit_px=round(self.settings.depth_batch_mp * 1e6),
            held_px=sum(claim.job.pixels for claim in held),
        )
        self.leases.keep(claims)
        return claims

    def pixels(self, claim: Claim) -> np.ndarray:
        """The job's photo, decoded: (H, W, 3) uint8."""
        return pixels_from_stored(self.storage.read(claim.job.id, PHOTO_FOLDER, PHOTO))

    def photo(self, claim: Claim) -> Photo:
        """The job's photo, decoded, with what its user said of it."""
        job = claim.job
        said = job.photo.model_dump(include={"focal_35mm", "focal_doubt", "damage"})
        photo = Photo(self.pixels(claim), **said, **job.depth.for_photo())
        if job.disparity is None:
            return photo
        file = self.storage.read(job.id, PHOTO_FOLDER, DISPARITY)
        return replace(photo, disparity=read_disparity(file, photo.size_wh))

    def result(self, claim: Claim, name: str) -> bytes:
        """A file that an earlier stage of the job left."""
        file = claim.job.files[name]
        data = self.storage.read(claim.job.id, file.folder, name)
        return gzip.decompress(data) if RESULTS[name].gzipped else data

    def show_rough(self, claim: Claim, files: dict[str, bytes]) -> None:
        """Write the run's rough point cloud, and have it count until the job has its points.

        Where that fails the job goes on without it. Where Redis does not answer, it may count: the file stays.
        """
        try:
            for name, data in files.items():
                [stored] = self._stored(claim, {name: data}, claim.rough_folder)
                self.claims.show_rough(claim, stored)
        except RedisError as error:
            log.warning("a rough point cloud may not count, redis does not answer: %s", error)
        except (ClaimLostError, OSError) as error:
            log.info("no rough point cloud: %s", error)
            self.removals.remove(claim.job.id, claim.rough_folder)

    def finish(
        self,
        claim: Claim,
        files: dict[str, bytes],
        report: dict[str, Any],
        *,
        model_name: str | None = None,
        own_s: float | None = None,
    ) -> None:
        """Write the run's files to its own folder, make them count, and wake up the next stage.

        own_s: see `Finished`.

        Raises:
            ClaimLostError: the job is no longer this run's; nothing counts.
        """
        job = claim.job
        self._check_reserve()
        stored = self._stored(claim, files, claim.folder)
        replaced = self._replaced(claim)  # while the job is ours: what comes later is of runs that may count
        following = self.claims.finish(claim, Finished(stored, report, model_name, replaced, own_s))
        self.leases.let_go(claim)
        log.info("%s done by %s", job.stage, claim.run)
        if following:
            self.wakeups.send(following)
        for folder in replaced:
            self.removals.remove(job.id, folder)

    def guarded(self, claim: Claim, step: Callable[[Claim], T]) -> T | None:
        """Run one job's step so that its failure is its own; None where it failed or was taken away."""
        with log_as(claim):
            return self._guarded(claim, step)

    def _guarded(self, claim: Claim, step: Callable[[Claim], T]) -> T | None:
        try:
            self._check_reserve()
            return step(claim)
        except ClaimLostError as error:
            log.info("dropped: %s", error)
            self._drop(claim)
        except RedisError as error:
            log.warning("left to its lease, redis does not answer: %s", error)
            self.leases.let_go(claim)
        except ReliefError as error:
            self.fail(claim, problem_of(error))
        except OSError as error:
            if error.errno is None:  # no refusal of the system's: a decoder calls its own so
                log.exception("stage %s failed", claim.job.stage)
                self.fail(claim, BUG)
            elif self.claims.renew(claim, self.settings.lease_s):
                log.error("storage failed in stage %s: %s", claim.job.stage, error)
                self._wait_for_storage(claim)
            else:  # its files went with it
                log.info("dropped, the job was deleted or canceled: %s", error)
                self._drop(claim)
        except Exception:  # a bug in one job must not take the batch's others down; the job says so and the log has it
            log.exception("stage %s failed", claim.job.stage)
            self.fail(claim, BUG)
        return None

    def try_again(self, claim: Claim, problem: Problem) -> None:
        """Give the job back to run alone, or fail it where its attempts are used up."""
        if claim.job.attempt >= self.settings.attempts:
            self.fail(claim, problem)
            return
        self.leases.let_go(claim)
        if self.claims.hand_back(claim):
            self.wakeups.send(claim.job.stage)
        self._remove_files(claim)

    def _wait_for_storage(self, claim: Claim) -> None:
        """Give the job back for later, or fail it where it has waited for too long."""
        if not self.claims.put_off(claim, self.settings.storage_wait_s):
            self.fail(claim, STORAGE)
            return
        self.leases.let_go(claim)
        self._remove_files(claim)

    def fail(self, claim: Claim, problem: Problem) -> None:
        """End the job as failed, unless it is no longer this run's."""
        try:
            self.claims.fail(claim, problem)
            log.info("%s failed: %s", claim.job.stage, problem.type)
        except ClaimLostError as error:
            log.info("not failed: %s", error)
        self._drop(claim)

    def _check_reserve(self) -> None:
        """Leave the last space on the disk to deletion.

        Raises:
            OSError: there is no other.
        """
        if self.reserve_is_gone():
            raise OSError(errno.ENOSPC, "the disk of Redis is full, what was kept free is for deletion")

    def _stored(self, claim: Claim, files: dict[str, bytes], folder: str) -> list[StoredFile]:
        whole = {
            name: gzip.compress(data, GZIP_LEVEL) if RESULTS[name].gzipped else data for name, data in files.items()
        }
        sizes = self.storage.write_all(claim.job.id, folder, whole)
        return [StoredFile(name=name, folder=folder, bytes=size, stage=claim.job.stage) for name, size in sizes.items()]

    def _drop(self, claim: Claim) -> None:
        """Forget a run that does not count, and its files."""
        self.leases.let_go(claim)
        try:
            counted = {file.folder for file in self.jobs.get(claim.job.id).files.values()}
        except JobNotFoundError:
            counted = set()
        if claim.folder not in counted:
            self._remove_files(claim)

    def _remove_files(self, claim: Claim) -> None:
        for folder in (claim.folder, claim.rough_folder):
            self.removals.remove(claim.job.id, folder)

    def _replaced(self, claim: Claim) -> list[str]:
        """The folders of earlier runs of this stage, of all runs of later ones, and of rough clouds."""
        stages = list(Stage)[list(Stage).index(claim.job.stage) :]
        own = (claim.folder, claim.rough_folder)
        folders = [folder for folder in self.storage.folders(claim.job.id) if folder not in own]
        return [folder for folder in folders if folder.partition("-")[0] in stages or folder.endswith(ROUGH_FOLDER_END)]


def problem_of(error: ReliefError) -> Problem:
    """What a person should be told of an error that ended a job."""
    title = "The photo cannot be used" if isinstance(error, PhotoError) else "The photo could not be processed"
    words = type(error).__name__.removesuffix("Error")
    kind = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in words).strip("-")
    return Problem(type=kind, title=title, detail=str(error))
