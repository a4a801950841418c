"""Workers whose stages only wait, as if others computed: `celery -A bench.scale.standin worker -Q ...`.

They stand in for machines that are not here: queue, claims, batches, messages, storage and Redis are the real ones. How
long a photo takes in each stage, in seconds, is in SECONDS, an environment variable.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from functools import cache, partial
from random import Random

from redis import Redis

from bench.batches import Sleeping
from bench.scale.recorded import BATCHES, RUNS, SECONDS
from shared.errors import PhotoError
from shared.jobs.claims import Claim
from shared.jobs.record import Stage
from shared.jobs.wakeups import WakeUps
from shared.redis.connection import connect
from shared.storage import storage_from
from worker import tasks
from worker.app import app, served_stages, settings
from worker.depth.estimator import DepthMap, Early, Photo
from worker.stages import runner
from worker.stages.context import StageContext

SPREAD = 0.5  # each takes up to this part more or less
STAGES_S = dict(zip(Stage, map(float, os.environ[SECONDS].split(",")), strict=True))


class Waiting(Sleeping):
    """Waits in place of a network, and notes the size of each batch and how long it waited."""

    def __init__(self, redis: Redis) -> None:
        self._redis, self._chance = redis, Random()

    def estimate(self, photos: Sequence[Photo], early: Early | None = None) -> list[DepthMap | PhotoError]:
        """One batch."""
        waits_s = sum(_about(STAGES_S[Stage.DEPTH], self._chance) for _ in photos)
        self._redis.rpush(BATCHES, f"{len(photos)} {waits_s}")
        time.sleep(waits_s)
        return self.ramps(photos)


def _about(mean_s: float, chance: Random) -> float:
    return mean_s * chance.uniform(1 - SPREAD, 1 + SPREAD)


def _wait(stage: Stage, context: StageContext, claim: Claim) -> None:
    _redis().rpush(RUNS, f"{os.getpid()} {claim.job.id} {stage}")
    time.sleep(_about(STAGES_S[stage], Random(claim.job.id)))
    context.finish(claim, {}, {})


@cache
def _redis() -> Redis:
    return connect(settings.redis_url)


@cache
def _runner() -> runner.StageRunner:
    estimator = Waiting(_redis())
    return runner.StageRunner(
        _redis(),
        storage_from(settings),
        WakeUps(app),
        settings,
        stopping=tasks.stopping.is_set,
        serves=served_stages(),
        load=lambda _: estimator,
    )


for stage in runner.SINGLE_JOB_STAGES:
    runner.SINGLE_JOB_STAGES[stage] = partial(_wait, stage)
tasks.runner = _runner
