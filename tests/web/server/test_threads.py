"""Threads for each kind of work: what waits for its turn holds none of another kind."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import httpx
import pytest

from shared.settings import ANSWERING_THREADS
from stack.processes import wait_until
from tests.support.fronts import served
from tests.support.raw_http import connect
from tests.support.requests import assert_problem
from web.server.threads import BOUNDS, Dispatcher, Work
from web.waiting import WAITS

UPLOAD = "/api/v1/jobs"
FOR_ONE = BOUNDS[Work.UPLOAD].for_one


class Application:
    """Answers at once, but uploads when it is told to; those that say `wait` tell that they only wait."""

    def __init__(self) -> None:
        self.go_on, self.working = threading.Event(), threading.Semaphore(0)

    def __call__(self, environ, start_response):
        if environ["PATH_INFO"] == UPLOAD:
            if environ["QUERY_STRING"] == "wait":
                environ[WAITS]()
            self.working.release()
            self.go_on.wait(20)
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]


@contextmanager
def answering(application: Application, settings) -> Iterator[tuple[str, Dispatcher]]:
    with served(application, settings) as server:
        try:
            yield f"http://127.0.0.1:{server.effective_port}", server.task_dispatcher
        finally:
            application.go_on.set()


@pytest.fixture
def application() -> Application:
    return Application()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(100) as threads:
        yield threads


def post(url: str, client: str = "192.0.2.1", query: str = "") -> int:
    return httpx.post(f"{url}{UPLOAD}{query}", headers={"X-Forwarded-For": client}, timeout=60).status_code


def test_uploads_that_work_leave_threads_for_all_else(application, settings, pool):
    with answering(application, settings) as (url, _):
        uploads = [pool.submit(post, url) for _ in range(ANSWERING_THREADS + 10)]
        for _ in range(FOR_ONE):
            application.working.acquire(timeout=20)
        assert not application.working.acquire(timeout=0.2)  # no more of them have a thread
        assert httpx.get(f"{url}/healthz").elapsed.total_seconds() < 2
        assert httpx.get(f"{url}/", timeout=5).status_code == 200
        application.go_on.set()
        assert {upload.result() for upload in uploads} == {200}


def test_a_request_that_only_waits_takes_no_turn_of_those_that_work(application, settings, pool):
    with answering(application, settings) as (url, _):
        waiting = [pool.submit(post, url, query="?wait") for _ in range(3 * ANSWERING_THREADS)]
        for _ in waiting:
            assert application.working.acquire(timeout=20)
        application.go_on.set()
        assert {each.result() for each in waiting} == {200}


def test_a_client_that_sends_much_leaves_a_slot_to_others(application, settings, pool):
    with answering(application, settings.model_copy(update={"behind_proxy": True})) as (url, threads):
        many = [pool.submit(post, url, "203.0.113.1") for _ in range(30)]
        wait_until("the queue", lambda: len(threads.queue) == len(many) - FOR_ONE)
        pool.submit(post, url, "203.0.113.2")
        for _ in range(FOR_ONE + 1):
            assert application.working.acquire(timeout=20)
        application.go_on.set()
        assert {each.result() for each in many} == {200}


def test_one_client_leaves_places_to_wait_to_others_and_is_refused_at_once(application, settings):
    behind_proxy = settings.model_copy(update={"behind_proxy": True})
    with answering(application, behind_proxy) as (url, threads), ExitStack() as held:

        def send(client: str) -> None:
            head = f"POST {UPLOAD} HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {client}\r\nContent-Length: 0\r\n\r\n"
            held.enter_context(connect(url)).sendall(head.encode())

        half = (BOUNDS[Work.UPLOAD].waiting or 0) // 2
        for _ in range(FOR_ONE + half):
            send("203.0.113.1")
        wait_until("the queue", lambda: len(threads.queue) == half)
        refused = httpx.post(f"{url}{UPLOAD}", headers={"X-Forwarded-For": "203.0.113.1"}, timeout=5)
        assert_problem(refused, 503, "wait already")
        assert int(refused.headers["Retry-After"]) > 0
        for _ in range(10):
            send("203.0.113.2")
        wait_until("the queue", lambda: len(threads.queue) == half + 9)  # one of them has the slot that is kept
        assert httpx.get(f"{url}/healthz", timeout=5).status_code == 200
