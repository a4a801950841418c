"""The application behind a real HTTP server, on a real Valkey and real storage, without workers."""

from collections.abc import Iterator

import httpx
import pytest

from shared.jobs.record import Stage
from shared.settings import Settings
from shared.storage.base import Storage
from shared.storage.folder import FolderStorage
from tests.support.fronts import serving
from tests.support.jobs import Store
from tests.support.requests import finish_stage, upload


@pytest.fixture
def url(store: Store, settings: Settings) -> Iterator[str]:
    with serving(settings) as url:
        yield url


@pytest.fixture
def client(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, timeout=20) as client:
        yield client


@pytest.fixture
def stranger(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, timeout=20) as client:
        yield client


@pytest.fixture
def storage(settings: Settings) -> Storage:
    return FolderStorage(settings.data)


@pytest.fixture
def job(client: httpx.Client, store: Store, storage: Storage, portrait: bytes) -> dict:
    """A job of the client that has a depth map."""
    made = upload(client, portrait, steps="depth").json()
    finish_stage(store, storage, Stage.DEPTH, "depth.png")
    return client.get(made["links"]["self"]).json()
