"""This release and the one before on the same records and files, while a service is upgraded process by process."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from shared.jobs.record import Stage
from shared.redis.connection import connect
from shared.storage.folder import FolderStorage
from stack.local import PROJECT
from stack.processes import Supervised, wait_until
from stack.valkey import start_valkey
from tests.support.fronts import answers
from tests.support.hosts import Host, a_network, require_hosts
from tests.support.invariants import assert_settled, assert_whole, is_tidy
from tests.support.jobs import Store, all_jobs
from tests.support.releases import Release, is_alive, unpack_release_before
from tests.support.users import at_work, each_has_done_one_more

require_hosts()

WORKERS = {"depth": Stage.DEPTH, "model,head,export": Stage.EXPORT}
SETTINGS = {"RELIEF_THREADS": "1", "RELIEF_RATE": "100000/minute"}  # the release before answers long-polls too soon
QUICK, ALL = "depth,model", "depth,model,head,export"


@dataclass
class Service:
    """A front and workers on one host, which are replaced while they work."""

    host: Host
    store: Store
    environment: dict[str, str]
    urls: list[str] = field(default_factory=list)  # of the fronts that are up
    fronts: list[Supervised] = field(default_factory=list)
    workers: list[Supervised] = field(default_factory=list)
    started: int = 0

    def replace_fronts(self, tree: Path, meanwhile: Callable[[], None]) -> None:
        """Start a front of this tree; when both have been there for a while, end the one before."""
        before, self.started = self.fronts, self.started + 1
        front, url = Release(tree, self.environment).front(self.host, 8000 + self.started)
        wait_until("the front", lambda: answers(url))
        self.fronts = [front]
        self.urls.append(url)
        meanwhile()
        del self.urls[:-1]
        self.host.network.stop(before)

    def replace_workers(self, tree: Path, meanwhile: Callable[[], None]) -> None:
        """Start workers of this tree; when both have been there for a while, end those before."""
        before, self.started = self.workers, self.started + 1
        release = Release(tree, self.environment)
        self.workers = [release.worker(self.host, queues, self.started) for queues in WORKERS]
        for process, stage in zip(self.workers, WORKERS.values(), strict=True):
            wait_until(f"a worker of {stage}", partial(is_alive, process, self.host, stage, self.store))
        meanwhile()
        self.host.network.stop(before)


ROLLS = {  # whether the release before follows, and what is replaced first
    "upgraded, workers first": (False, (Service.replace_workers, Service.replace_fronts)),
    "upgraded, fronts first": (False, (Service.replace_fronts, Service.replace_workers)),
    "rolled back": (True, (Service.replace_fronts, Service.replace_workers)),
}


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpack_release_before(tmp_path_factory.mktemp("releases") / "before")


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with a_network(tmp_path) as network:
        host = network.host("all")
        with host.inside():
            valkey, redis_url = start_valkey(host.folder / "valkey", host=host.address)
            network.servers.append(valkey)
            redis = connect(redis_url)
            places = {"REDIS_URL": redis_url, "RELIEF_DATA": str(host.folder / "data")}
            yield Service(host, Store.of(redis), {**places, **SETTINGS})
            redis.close()


@pytest.fixture
def photo(tmp_path: Path, small_photo: bytes) -> Path:
    path = tmp_path / "photo.png"
    path.write_bytes(small_photo)
    return path


def test_the_release_before_runs_its_own_sources(before):
    code = "import shared, web, worker; print(shared.__file__, web.__file__, worker.__file__)"
    files = subprocess.check_output(Release(before, {}).command(sys.executable, "-c", code), text=True).split()
    assert files == [str(before / room / "__init__.py") for room in ("shared", "web", "worker")]


def is_settled(store: Store) -> bool:
    """True where nothing is left of the queue, nor of what is counted of it."""
    with suppress(AssertionError):
        assert_settled(store)
        return True
    return False


def nothing() -> None:
    """There are no users yet."""


@pytest.mark.parametrize(("back", "order"), ROLLS.values(), ids=ROLLS)
def test_no_job_is_lost_while_one_release_takes_the_others_place(service, before, photo, back, order):
    first, then = (PROJECT, before) if back else (before, PROJECT)
    for replace in order:
        replace(service, first, nothing)
    with at_work(service.urls, photo, QUICK, ALL) as users:
        for replace in order:
            replace(service, then, partial(each_has_done_one_more, users))
            each_has_done_one_more(users)
    jobs, storage = all_jobs(service.store), FolderStorage(service.host.folder / "data")
    assert sorted(job.id for job in jobs) == sorted(job["id"] for user in users for job in user.jobs)
    wait_until("the last runs have tidied up", lambda: all(is_tidy(job, storage) for job in jobs))
    for job in jobs:
        assert_whole(job, storage)
    if back:
        service.store.upkeep.check_counts()  # as this release's workers will
    wait_until("the counts are mended", partial(is_settled, service.store))
