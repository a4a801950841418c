"""A storage, and runners of stages on it, without Celery."""

from collections.abc import Callable

import pytest

from shared.jobs.wakeups import WakeUps, celery_app
from shared.settings import Settings
from shared.storage.base import Storage
from shared.storage.folder import FolderStorage
from tests.support.jobs import Store
from tests.support.stages import RampNetwork
from worker.stages.runner import StageRunner


@pytest.fixture
def storage(settings: Settings) -> Storage:
    return FolderStorage(settings.data)


@pytest.fixture
def runner_of(store: Store, storage: Storage, settings: Settings) -> Callable[..., StageRunner]:
    def make(network: RampNetwork, **changed) -> StageRunner:
        chosen = settings.model_copy(update={"depth_model": "portrait", "lease_s": 0.6, **changed})
        wakeups = WakeUps(celery_app(settings.redis_url))
        return StageRunner(store.redis, storage, wakeups, chosen, load=lambda _: network)

    return make
