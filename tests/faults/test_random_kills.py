"""Many users' jobs while something is killed every second; seeded, so that a failure can be replayed."""

import os
import random
import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from shared.jobs.record import State
from shared.redis.connection import connect
from shared.storage.folder import FolderStorage
from stack.local import Stack, is_ready
from stack.processes import wait_until
from tests.faults.conftest import breakable_stack
from tests.support.following import API
from tests.support.invariants import assert_settled, assert_whole, is_tidy, kill
from tests.support.jobs import Store

USERS = 5
JOBS = int(os.environ.get("RELIEF_CHAOS_JOBS", "200"))
SEED = int(os.environ.get("RELIEF_CHAOS_SEED", "20261122"))
VALKEY_KILLS = 2
NO_LIMITS = {"RELIEF_UPLOAD_RATE": "100000/minute", "RELIEF_OWNER_WAITING": "10000", "RELIEF_ALL_WAITING": "10000"}
KILL_EVERY_S = 1.0
KILLING_S = float(os.environ.get("RELIEF_CHAOS_KILLING_S", "40"))
LIMIT_S = KILLING_S + 200
STALLED_S = 100.0


class Killer:
    """Kills one process a second with SIGKILL, in a seeded order; Valkey twice."""

    def __init__(self, stack: Stack) -> None:
        self._stack, self._random = stack, random.Random(SEED)
        self.killed: list[str] = []
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Killer":
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        names = sorted(name for name in self._stack.processes if name != "valkey")
        ends = time.monotonic() + KILLING_S
        rounds = int(KILLING_S / KILL_EVERY_S)
        valkey_turns = set(self._random.sample(range(3, rounds - 4), VALKEY_KILLS))
        turn = 0
        while time.monotonic() < ends and not self._stopped.wait(KILL_EVERY_S):
            name = "valkey" if turn in valkey_turns else self._random.choice(names)
            kill(self._stack.processes[name].pid)
            self.killed.append(name)
            turn += 1


class User(threading.Thread):
    """Uploads its share of the jobs, each until it is accepted, as a client that retries does."""

    def __init__(self, urls: list[str], photo: bytes, count: int, number: int) -> None:
        super().__init__(daemon=True)
        self._urls, self._photo, self._count = urls, photo, count
        self._random = random.Random(SEED + number)
        self.accepted: list[str] = []
        self.answers: dict[int | str, int] = {}

    def run(self) -> None:
        clients = [httpx.Client(base_url=url, timeout=20) for url in self._urls]
        deadline = time.monotonic() + LIMIT_S
        while len(self.accepted) < self._count and time.monotonic() < deadline:
            self._upload(self._random.choice(clients))
            time.sleep(self._random.uniform(0, 0.4))
        for client in clients:
            client.close()

    def _upload(self, client: httpx.Client) -> None:
        try:
            response = client.post(
                f"{API}/jobs", files={"photo": ("p.png", self._photo)}, data={"steps": "depth,model"}
            )
        except httpx.TransportError:
            self._count_answer("connection lost")
            return
        self._count_answer(response.status_code)
        assert response.status_code in (202, 503), response.text
        if response.status_code == 202:
            self.accepted.append(response.json()["id"])

    def _count_answer(self, answer: int | str) -> None:
        self.answers[answer] = self.answers.get(answer, 0) + 1


@pytest.fixture
def big_stack(tmp_path) -> Iterator[Stack]:
    with breakable_stack(
        tmp_path, depth=2, model=2, web=2, RELIEF_ATTEMPTS="8", RELIEF_THREADS="1", **NO_LIMITS
    ) as stack:
        yield stack


def wait_until_all_ended(store: Store, ids: list[str]) -> None:
    """Wait as long as jobs end: a slow machine is no failure, a job that nothing works on is."""
    waiting, since = set(ids), time.monotonic()
    while waiting:
        assert time.monotonic() - since < STALLED_S, [store.jobs.get(job_id) for job_id in list(waiting)[:3]]
        left = {job_id for job_id in waiting if not store.jobs.get(job_id).ended}
        if left != waiting:
            waiting, since = left, time.monotonic()
        time.sleep(0.5)


@pytest.mark.timeout(4 * LIMIT_S)
def test_every_accepted_job_ends_once_and_whole_while_processes_die(big_stack, small_photo, record_property):
    users = [User(big_stack.urls, small_photo, JOBS // USERS, number) for number in range(USERS)]
    began = time.monotonic()
    with Killer(big_stack) as killer:
        for user in users:
            user.start()
        for user in users:
            user.join()
        while time.monotonic() - began < KILLING_S:
            time.sleep(0.2)
    accepted = [job_id for user in users for job_id in user.accepted]
    assert len(accepted) == len(set(accepted)) == JOBS, [user.answers for user in users]
    wait_until("the stack after the last kill", lambda: all(is_ready(url) for url in big_stack.urls))
    redis = connect(big_stack.redis_url)
    store, storage = Store.of(redis), FolderStorage(big_stack.plan.data)
    wait_until_all_ended(store, accepted)
    record_property("kills", len(killer.killed))
    record_property("seconds_for_all", round(time.monotonic() - began, 1))
    jobs = [store.jobs.get(job_id) for job_id in accepted]
    assert {job.state for job in jobs} == {State.SUCCEEDED}
    wait_until("the last runs have tidied up", lambda: all(is_tidy(job, storage) for job in jobs))
    for job in jobs:
        assert_whole(job, storage)
    assert killer.killed.count("valkey") == VALKEY_KILLS
    assert_settled(store)
    redis.close()
