"""The whole of Relief, as `make run` starts it, for the tests of this folder."""

from collections.abc import Iterator

import httpx
import pytest

from stack.local import Plan, Stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    settings = {"RELIEF_WEBHOOK_PRIVATE": "true"}
    with Stack(Plan(tmp_path_factory.mktemp("stack"), settings=settings)) as running:
        yield running


@pytest.fixture
def client(stack: Stack) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=stack.url, timeout=60) as client:
        yield client
