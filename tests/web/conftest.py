"""The application behind a real HTTP server, on a real Valkey and real storage, without workers."""

from collections.abc import Iterator

import httpx
import pytest

from shared.settings import Settings
from shared.storage.base import Storage
from shared.storage.folder import FolderStorage
from tests.support.fronts import serving
from tests.support.jobs import Store


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
