"""A small, quick stack to break: short leases, small photos."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from shared.redis.connection import connect
from stack.local import Plan, Stack, is_ready
from stack.processes import wait_until
from tests.support.jobs import Store

LEASE_S = 3.0


@contextmanager
def breakable_stack(folder: Path, depth: int = 1, model: int = 1, web: int = 1, **settings: str) -> Iterator[Stack]:
    """A stack of the wanted size, with short leases; its processes may be killed."""
    chosen = {"RELIEF_LEASE": str(LEASE_S), "RELIEF_RATE": "100000/minute", **settings}  # the tests poll quickly
    with Stack(Plan(folder / "data", depth, model, web, settings=chosen)) as stack:
        yield stack


@pytest.fixture(scope="module")
def module_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with breakable_stack(tmp_path_factory.mktemp("faults")) as stack:
        yield stack


@pytest.fixture
def stack(module_stack: Stack) -> Stack:
    """The module's stack, all of it up again after what the test before did to it."""
    wait_until("the stack", lambda: is_ready(module_stack.url))
    return module_stack


@pytest.fixture
def client(stack: Stack) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=stack.url, timeout=30) as client:
        yield client


@pytest.fixture
def job_store(stack: Stack) -> Iterator[Store]:
    """The records of the stack, for looking behind the API."""
    redis = connect(stack.redis_url)
    yield Store.of(redis)
    redis.close()
