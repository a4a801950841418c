"""Relief on hosts that share no file: one has a front and Redis, two have workers, one has the storage."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
import pytest

from shared.jobs.record import Job, Stage, State
from shared.redis.connection import connect
from shared.results import DEPTH_VALUES
from shared.settings import Settings
from shared.storage import storage_from
from shared.storage.base import Storage
from stack.local import PROJECT
from stack.processes import Supervised, wait_until
from stack.valkey import start_valkey
from tests.support.following import API, follow, result, send
from tests.support.fronts import answers
from tests.support.hosts import Host, a_network, require_hosts
from tests.support.invariants import assert_settled, assert_whole, is_tidy, wait_for
from tests.support.jobs import Store, all_jobs
from tests.support.releases import Release, is_alive
from tests.support.seaweed import seaweed
from tests.support.users import at_work, each_has_done_one_more

require_hosts()

ALL, QUICK = "depth,model,head,export", "depth,model"
CUT_S = 6.0  # longer than a lease, and than a socket waits
SETTINGS = {"RELIEF_LEASE": "3", "RELIEF_RATE": "100000/minute", "RELIEF_THREADS": "1"}
FRONT = "front"
PARTS = (  # host, and its front, or the queues of its worker
    ("front", FRONT),
    ("worker", "depth"),
    ("worker", "model,head,export"),
    ("spare", FRONT),
    ("spare", "depth,model,head,export"),
)


@dataclass
class Service:
    """The hosts, what runs on them, and the records and files as the tests look at them."""

    hosts: dict[str, Host]
    release: Release
    store: Store
    storage: Storage

    def __post_init__(self) -> None:
        self._running: dict[tuple[str, str], Supervised] = {}
        self.urls = [f"http://{self.hosts[host].address}:8000" for host, what in PARTS if what == FRONT]

    def start(self, host: str, what: str) -> None:
        """Start one of the parts."""
        on = self.hosts[host]
        self._running[host, what] = self.release.front(on)[0] if what == FRONT else self.release.worker(on, what)

    def restart(self, host: str, what: str) -> None:
        """End one of the parts as an upgrade does, and start it again; that it is there is waited for."""
        self.hosts[host].network.stop([self._running[host, what]])
        self.start(host, what)
        wait_until(f"{what} on {host}", partial(self.is_up, host, what))

    def is_up(self, host: str, what: str) -> bool:
        """True where the part answers, or has said that it is alive."""
        if what == FRONT:
            return answers(f"http://{self.hosts[host].address}:8000")
        stage = Stage(what.partition(",")[0])
        return is_alive(self._running[host, what], self.hosts[host], stage, self.store)

    def held_by(self, host: str, job_id: str) -> Job | None:
        """The job's record while a worker of the host has it, else None."""
        job = self.store.jobs.get(job_id)
        return job if job.state is State.RUNNING and str(job.worker).startswith(f"{host}:") else None

    def assert_whole(self) -> None:
        """All jobs have succeeded, with each effect once; nothing is left over."""
        jobs = all_jobs(self.store)
        wait_until("the last runs have tidied up", lambda: all(is_tidy(job, self.storage) for job in jobs))
        for job in jobs:
            assert_whole(job, self.storage)
        assert_settled(self.store)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service, as someone sees it who is on a host of their own."""
    with ExitStack() as ends:
        network = ends.enter_context(a_network(tmp_path_factory.mktemp("network")))
        hosts = {name: network.host(name) for name in ("front", "worker", "spare", "files", "visitor")}
        with hosts["files"].inside():
            files = ends.enter_context(seaweed(hosts["files"].folder / "seaweed", hosts["files"].address))
        with hosts["front"].inside():
            valkey, redis_url = start_valkey(hosts["front"].folder / "valkey", host=hosts["front"].address)
            network.servers.append(valkey)
        environment = {"REDIS_URL": redis_url, **files.environment, **SETTINGS}
        ends.enter_context(hosts["visitor"].inside())
        patch = ends.enter_context(pytest.MonkeyPatch.context())
        for name, value in environment.items():
            patch.setenv(name, value)
        store = Store.of(ends.enter_context(connect(redis_url)))
        service = Service(hosts, Release(PROJECT, environment), store, storage_from(Settings.from_environment()))
        for part in PARTS:
            service.start(*part)
        for part in PARTS:
            wait_until(str(part), partial(service.is_up, *part))
        yield service


@pytest.fixture
def client(service: Service) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service.urls[0], timeout=60) as client:
        yield client


@pytest.fixture
def photo(tmp_path: Path, small_photo: bytes) -> Path:
    path = tmp_path / "photo.png"
    path.write_bytes(small_photo)
    return path


def sent_until_held(service: Service, client: httpx.Client, photo: bytes, host: str) -> tuple[list[dict], Job]:
    """Send photos until the host's depth worker has one; all jobs, and that one."""
    jobs: list[dict] = []

    def held() -> Job | None:
        waiting = [job for job in jobs if service.store.jobs.get(job["id"]).state is State.QUEUED]
        if len(waiting) < 2:
            jobs.append(send(client, photo, steps=QUICK))
        return next(
            (now for job in jobs if (now := service.held_by(host, job["id"])) and now.stage is Stage.DEPTH), None
        )

    return jobs, wait_for(f"{host} has a job", held)


def test_jobs_are_done_by_hosts_that_share_no_file(service, client, small_photo):
    jobs = [send(client, small_photo, steps=steps) for steps in (ALL, QUICK, QUICK)]
    for job in jobs:
        done = follow(client, job)[-1]
        assert done["state"] == "succeeded"
        stored = service.store.jobs.get(job["id"]).files[DEPTH_VALUES]
        assert result(client, done, DEPTH_VALUES) == service.storage.read(job["id"], stored.folder, DEPTH_VALUES)
    for host in ("worker", "spare"):
        assert {path.suffix for path in service.hosts[host].folder.rglob("*")} == {".log"}
    service.assert_whole()


def test_jobs_of_a_host_that_is_cut_off_run_elsewhere_and_it_comes_back(service, client, portrait, record_property):
    jobs, held = sent_until_held(service, client, portrait, "worker")
    service.hosts["worker"].cut()
    began = time.monotonic()
    again = wait_for("the other host has it", lambda: service.held_by("spare", held.id))
    record_property("elsewhere_after_s", round(time.monotonic() - began, 1))
    assert again.attempt == 2
    assert {follow(client, job)[-1]["state"] for job in jobs} == {"succeeded"}
    service.hosts["worker"].join()
    service.hosts["spare"].cut()
    began = time.monotonic()
    assert follow(client, send(client, portrait, steps=QUICK))[-1]["state"] == "succeeded"
    record_property("back_at_work_after_s", round(time.monotonic() - began, 1))
    service.hosts["spare"].join()
    service.assert_whole()


def test_jobs_wait_for_storage_that_is_cut_off(service, client, portrait, small_photo, record_property):
    jobs, _ = sent_until_held(service, client, portrait, "worker")
    service.hosts["files"].cut()
    began = time.monotonic()
    refused = client.post(f"{API}/jobs", files={"photo": small_photo})
    assert (refused.status_code, "Retry-After" in refused.headers) == (503, True)
    record_property("upload_refused_after_s", round(time.monotonic() - began, 1))
    wait_for("one waits", lambda: any(service.store.jobs.get(job["id"]).put_off_ms for job in jobs))
    record_property("job_waits_after_s", round(time.monotonic() - began, 1))
    service.hosts["files"].join()
    began = time.monotonic()
    assert {follow(client, job)[-1]["state"] for job in jobs} == {"succeeded"}
    record_property("done_after_s", round(time.monotonic() - began, 1))
    service.assert_whole()


@pytest.mark.parametrize("host", ["front", "worker"])
def test_users_lose_nothing_while_a_host_is_cut_off(service, photo, host):
    with at_work(service.urls, photo, QUICK, QUICK) as users:
        each_has_done_one_more(users)
        service.hosts[host].cut()
        time.sleep(CUT_S)
        service.hosts[host].join()
        each_has_done_one_more(users)
    service.assert_whole()


def test_restarting_all_parts_one_by_one_loses_no_request_and_no_job(service, photo):
    with at_work(service.urls, photo, QUICK, QUICK) as users:
        each_has_done_one_more(users)
        for part in PARTS:
            service.restart(*part)
    ended = [service.store.jobs.get(job["id"]) for user in users for job in user.jobs]
    assert all(job.attempt <= 1 for job in ended)  # none was cut off
    service.assert_whole()
