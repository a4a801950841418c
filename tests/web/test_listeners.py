"""Many who listen to one front process, and some who mean it ill: a real gunicorn, started as `make run` starts it."""

import json
import socket
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx
import pytest

from stack.processes import Supervised
from tests.support.fronts import running_front
from tests.support.requests import assert_problem, upload

LISTENERS = 40
RECEIVE_S = 8
OTHER_ADDRESS = "127.0.0.1" if sys.platform == "darwin" else "127.0.0.2"  # whose share the client does not have
STALLED = b"POST /api/v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: 100000\r\n\r\nabc"


@pytest.fixture
def front(store, settings) -> Iterator[tuple[Supervised, str]]:
    """A front process, and its URL."""
    places = {"RELIEF_LISTENERS": str(LISTENERS), "RELIEF_OWNER_LISTENERS": str(LISTENERS)}
    with running_front(settings, **places, RELIEF_RECEIVE=str(RECEIVE_S)) as running:
        yield running


@pytest.fixture
def client(front) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=front[1], timeout=20, limits=httpx.Limits(max_connections=None)) as client:
        yield client


def listen(client: httpx.Client, url: str, held: ExitStack) -> Iterator[str]:
    """The lines of a stream that is open until `held` ends; its first event has come."""
    response = held.enter_context(client.stream("GET", url))
    assert response.status_code == 200
    lines = response.iter_lines()
    while not next(lines).startswith("data: "):
        pass
    return lines


def test_with_all_places_taken_a_listener_more_is_refused_and_all_else_is_answered(client, store, portrait):
    job = upload(client, portrait).json()
    with ExitStack() as held:
        streams = [listen(client, job["links"]["events"], held) for _ in range(LISTENERS)]
        refused = client.get(job["links"]["events"])
        assert_problem(refused, 503, "poll")
        assert refused.headers["Retry-After"] == "5"
        began = time.monotonic()
        assert client.get(f"{job['links']['self']}?wait=20").status_code == 200
        assert upload(client, portrait).status_code == 202
        assert time.monotonic() - began < 5
        assert store.redis.pubsub_numsub("relief:changed") == [(b"relief:changed", 1)]
        store.jobs.cancel(job["id"])
        assert all('"state":"canceled"' in "".join(lines) for lines in streams)


def send_raw(url: str, data: bytes, held: ExitStack) -> socket.socket:
    """A connection on which so much was sent, and nothing more will be."""
    host, _, port = url.removeprefix("http://").partition(":")
    source = (OTHER_ADDRESS, 0)
    connection = held.enter_context(socket.create_connection((host, int(port)), timeout=20, source_address=source))
    connection.sendall(data)
    return connection


def answer_on(connection: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of what comes on a connection until it is closed."""
    head, _, body = b"".join(iter(lambda: connection.recv(65536), b"")).partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    return (
        int(status.split()[1]),
        {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)},
        body,
    )


@pytest.mark.skipif(sys.platform == "darwin", reason="there is one loopback address only")
def test_who_sends_slowly_holds_up_nobody_for_long_and_is_given_up(front, client):
    url = front[1]
    with ExitStack() as held:
        began = time.monotonic()
        slow = [send_raw(url, STALLED, held) for _ in range(2 * LISTENERS)]
        for _ in range(5):
            assert client.get("/healthz").status_code == 200
        assert time.monotonic() - began < RECEIVE_S  # as soon as they are seen to be slow
        one_more = send_raw(url, STALLED, held)
        assert answer_on(one_more)[0] == 503
        answers = [answer_on(connection) for connection in slow]
        assert {status for status, _, _ in answers} == {400, 503}  # too late, and too many of one address
        for status, headers, body in answers:
            assert headers["content-type"] == "application/problem+json"
            assert json.loads(body)["status"] == status
        assert time.monotonic() - began < RECEIVE_S + 10


def test_many_who_come_at_the_same_moment_are_all_answered(front, portrait):
    clients = 3 * LISTENERS  # more than there are threads, and all of one address
    with ThreadPoolExecutor(clients) as crowd:

        def come(_: int) -> int:
            return httpx.post(f"{front[1]}/api/v1/jobs", files={"photo": portrait}, timeout=60).status_code

        assert set(crowd.map(come, range(clients))) == {202}


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        (b"GET /%s HTTP/1.1\r\nHost: x\r\n\r\n" % (b"a" * 5000), 414),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: %s\r\n\r\n" % (b"a" * 9000), 431),
        (b"get / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nA: \0\r\n\r\n", 400),
        (STALLED.replace(b"Content-Length: 100000\r\n\r\nabc", b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n"), 400),
    ],
)
def test_what_is_no_http_is_refused_by_a_problem_too(front, request_line, status):
    with ExitStack() as held:
        got, headers, body = answer_on(send_raw(front[1], request_line, held))
        assert got == json.loads(body)["status"] == status
        assert headers["content-type"] == "application/problem+json"
        assert headers["x-request-id"] == json.loads(body)["request_id"]


def test_at_sigterm_streams_end_and_the_process_exits(front, client, portrait):
    job = upload(client, portrait).json()
    with ExitStack() as held:
        lines = listen(client, job["links"]["events"], held)
        began = time.monotonic()
        front[0].stop()
        assert time.monotonic() - began < 10  # gunicorn would wait for 20 s, then cut them off
        assert "data: " not in "".join(lines)  # the end of an answer that is whole
