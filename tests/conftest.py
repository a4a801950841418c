"""Real servers for the tests: a Valkey of their own, and on request the whole stack."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.jobs.store import JobStore
from shared.jobs.wakeups import connect
from shared.settings import Settings
from stack.valkey import start_valkey

pytest_plugins = ["tests.support.browser"]

SECRET = "a secret of the tests, long enough to sign"
PORTRAIT = Path(__file__).parent.parent / "stack" / "portrait.png"


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server, url = start_valkey(tmp_path_factory.mktemp("valkey"))
    yield url
    server.stop()


@pytest.fixture
def store(redis_url: str) -> Iterator[JobStore]:
    redis = connect(redis_url)
    redis.flushall()
    yield JobStore(redis)
    redis.close()


@pytest.fixture
def settings(redis_url: str, tmp_path: Path) -> Settings:
    environ = {"REDIS_URL": redis_url, "RELIEF_DATA": str(tmp_path / "data"), "RELIEF_SECRET": SECRET}
    weights = os.environ.get("RELIEF_WEIGHTS")
    return Settings.from_environment(environ | ({"RELIEF_WEIGHTS": weights} if weights else {}))


@pytest.fixture(scope="session")
def portrait() -> bytes:
    return PORTRAIT.read_bytes()
