"""Jobs and claims as the tests of records and queue make them."""

import uuid

from shared.jobs.record import Claim, Finished, Job, PhotoInfo, Stage
from shared.jobs.store import JobStore
from shared.options import DepthOptions, ModelOptions

BOTH = (Stage.DEPTH, Stage.MODEL)
NOTHING = Finished(files=(), report={})


def new_job(store: JobStore, owner: str = "ann", steps=BOTH, rank: int = 0) -> Job:
    return store.create(
        uuid.uuid4().hex,
        owner=owner,
        steps=steps,
        photo=PhotoInfo(width=640, height=480),
        depth=DepthOptions(),
        model=ModelOptions(),
        rank=rank,
    )


def claim(
    store: JobStore, stage: Stage = Stage.DEPTH, limit: int = 1, lease_s: float = 5, limit_s: float = 60
) -> list[Claim]:
    return store.claim(stage, limit=limit, lease_s=lease_s, stage_limit_s=limit_s)
