"""Jobs and claims as the tests of records and queue make them."""

import json
import random
import time
import uuid
from dataclasses import dataclass, replace
from pathlib import Path

from redis import Redis

from shared.jobs.claims import Claim, Claims, Finished
from shared.jobs.jobs import Jobs
from shared.jobs.limits import UNLIMITED
from shared.jobs.new_job import NewJob
from shared.jobs.record import Job, PhotoInfo, Stage, StoredFile
from shared.jobs.scripts import LUA
from shared.jobs.statistics import Statistics
from shared.jobs.upkeep import Upkeep
from shared.options import DepthOptions, ModelOptions

BOTH = (Stage.DEPTH, Stage.MODEL)
ALL = (*BOTH, Stage.HEAD, Stage.EXPORT)
NOTHING = Finished(files=(), report={})
STORED = Path(__file__).parents[1] / "data" / "jobs"


@dataclass(frozen=True)
class Store:
    """Everything that works on the job records of one Redis."""

    redis: Redis
    jobs: Jobs
    claims: Claims
    upkeep: Upkeep
    statistics: Statistics

    @classmethod
    def of(cls, redis: Redis, lua: Path = LUA) -> "Store":
        return cls(redis, Jobs(redis, lua), Claims(redis, lua), Upkeep(redis, lua), Statistics(redis, lua))

    def waiting(self, stage: Stage) -> int:
        """How many jobs wait for the stage."""
        return self.statistics.by_stage()[stage].waiting


def a_job(owner: str = "ann", steps=BOTH, **more) -> NewJob:
    """A job to be created, under an id of its own."""
    job = NewJob(
        id=uuid.uuid4().hex,
        owner=owner,
        steps=steps,
        photo=PhotoInfo(width=640, height=480),
        depth=DepthOptions(),
        model=ModelOptions(),
        keep_s=24 * 3600,
    )
    return replace(job, **more)


def new_job(store: Store, owner: str = "ann", steps=BOTH, **more) -> Job:
    """A job that waits."""
    return store.jobs.create(a_job(owner, steps, **more), UNLIMITED)


def random_id(chance: random.Random) -> str:
    """The id of a job, the same with each run of a seeded test."""
    return f"{chance.getrandbits(128):032x}"


def all_jobs(store: Store) -> list[Job]:
    """All jobs, by their ids."""
    return [store.jobs.get(job_id.decode()) for job_id in sorted(store.redis.zrange("relief:jobs", 0, -1))]


def claim(
    store: Store, stage: Stage = Stage.DEPTH, limit: int = 1, lease_s: float = 5, limit_s: float = 60, **more
) -> list[Claim]:
    return store.claims.claim(stage, limit=limit, lease_s=lease_s, stage_limit_s=limit_s, **more)


def crash(store: Store, limit: int = 1) -> list[Claim]:
    """Claim jobs and let their leases run out; gives the claims, which are lost."""
    lost = claim(store, limit=limit, lease_s=0.02)
    time.sleep(0.05)
    store.upkeep.sweep(attempts=3)
    return lost


def finish(store: Store, stage: Stage, *names: str) -> None:
    """Do the work of the next job's stage; its files are in the record alone."""
    [held] = claim(store, stage)
    files = [StoredFile(name=name, folder=held.folder, bytes=1, stage=stage) for name in names]
    store.claims.finish(held, Finished(files, {}))


def restore(redis: Redis, name: str) -> None:
    """Put all keys of a Redis back that an earlier release has written, from tests/data/jobs."""
    for key, stored in json.loads((STORED / name).read_text()).items():
        value = stored["value"]
        match stored["type"]:
            case "hash":
                redis.hset(key, mapping=value)
            case "zset":
                redis.zadd(key, dict(value))
            case "list":
                redis.rpush(key, *value)
            case "string":
                redis.set(key, value)
