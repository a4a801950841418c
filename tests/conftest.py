"""Real servers for the tests: a Valkey of their own, and on request the whole stack."""

import io
import os
import signal
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from shared.places import Bucket
from shared.redis.connection import connect
from shared.settings import Settings
from stack.local import Plan, Stack
from stack.valkey import start_valkey
from tests.support.jobs import Store
from tests.support.seaweed import BUCKET, Seaweed, seaweed

pytest_plugins = ["tests.support.browser"]

SECRET = "a secret of the tests, long enough to sign"
PORTRAIT = Path(__file__).parent.parent / "stack" / "portrait.png"
MOST_PROCESSES = 4  # more would wait for the tests of the two groups below
GROUPS = {"e2e": "stack", "stack": "stack", "faults": "faults"}  # by folder


def pytest_xdist_auto_num_workers() -> int:
    """Processes of `-n auto`: one a core."""
    return min(os.cpu_count() or 1, MOST_PROCESSES)


def pytest_configure() -> None:
    """Share the cores among the processes, which torch reads; let Ctrl-C end what the tests start."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in a shell script's background
        signal.signal(signal.SIGINT, signal.default_int_handler)
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if processes > 1:
        os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // processes)))


class ByGroup(LoadScopeScheduling):
    """Keeps each file's tests in one process, and those of a whole stack too, which would disturb each other."""

    def _split_scope(self, nodeid: str) -> str:
        file = Path(nodeid.partition("::")[0])
        return GROUPS.get(file.parent.name, str(file))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByGroup:
    """Which process runs which tests."""
    return ByGroup(config, log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say once, for all tests that were left out for the same reason, what they lack."""
    reasons = Counter(report.longrepr[2] for report in terminalreporter.stats.get("skipped", []))
    for reason, count in reasons.items():
        terminalreporter.write_line(f"{count} left out: {reason.removeprefix('Skipped: ')}", yellow=True, bold=True)


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
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """All of Relief, as `make run` starts it, but that it calls webhooks on this machine too, and logs as JSON."""
    settings = {"RELIEF_WEBHOOK_PRIVATE": "true", "RELIEF_LOG": "json"}
    with Stack(Plan(tmp_path_factory.mktemp("stack"), settings=settings)) as running:
        yield running


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seaweed]:
    with seaweed(tmp_path_factory.mktemp("seaweed")) as server:
        yield server


@pytest.fixture
def bucket(s3_server: Seaweed, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """A place of the test's own on a real S3 server, to which this process has the credentials."""
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)
    return Bucket(BUCKET, f"{uuid.uuid4().hex}/")


@pytest.fixture(scope="session")
def portrait() -> bytes:
    return PORTRAIT.read_bytes()


@pytest.fixture(scope="session")
def small_photo(portrait: bytes) -> bytes:
    """The face alone, 160 pixels high: quick, and real."""
    output = io.BytesIO()
    Image.open(io.BytesIO(portrait)).convert("RGB").crop((130, 0, 320, 240)).resize((127, 160)).save(output, "PNG")
    return output.getvalue()
