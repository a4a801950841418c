"""Real servers for the tests: a Valkey of their own, and on request the whole stack."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.redis.connection import connect
from shared.settings import Settings
from stack.valkey import start_valkey
from tests.support.jobs import Store

pytest_plugins = ["tests.support.browser"]

SECRET = "a secret of the tests, long enough to sign"
PORTRAIT = Path(__file__).parent.parent / "stack" / "portrait.png"


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server, url = start_valkey(tmp_path_factory.mktemp("valkey"))
    yield url
    server.stop()


@pytest.fixture
def store(redis_url: str) -> Iterator[Store]:
    redis = connect(redis_url)
    redis.flushall()
    yield Store.of(redis)
    redis.close()


@pytest.fixture
def settings(redis_url: str, tmp_path: Path) -> Settings:
    return Settings(redis_url=redis_url, data=tmp_path / "data", secret=SECRET)


@pytest.fixture(scope="session")
def portrait() -> bytes:
    return PORTRAIT.read_bytes()
