"""Whatever becomes of a request and its body, the connection can be used again, or the answer says that it closes."""

import http.client
import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import product

import pytest

from shared.settings import Settings
from tests.support.fronts import running_front
from tests.support.raw_http import connect

JOBS = "/api/v1/jobs"
REQUESTS = {  # of each status: method, path, type of the body, one more header
    200: ("GET", JOBS, "text/plain", ""),
    304: ("GET", JOBS, "text/plain", "If-None-Match: *"),
    401: ("POST", JOBS, "image/jpeg", "Authorization: Bearer nobody"),
    403: ("POST", JOBS, "image/jpeg", "Origin: http://elsewhere.example"),
    404: ("POST", f"{JOBS}/{'0' * 32}/model", "application/json", ""),
    405: ("PUT", JOBS, "text/plain", ""),
    415: ("POST", JOBS, "text/plain", ""),
    422: ("GET", f"{JOBS}?limit=many", "text/plain", ""),
    421: ("POST", JOBS, "image/jpeg", "Host: elsewhere.example"),
}
BODIES = {0: b"", 1000: bytes(1000), 100_000: bytes(100_000)}
TOO_LARGE = 30_000_000  # for a photo; the server reads ten times the limit to its end
HUGE = 300_000_000


@dataclass(frozen=True)
class Told:
    """What an answer tells: its status, and whether the connection is closed behind it."""

    status: int
    closes: bool


@pytest.fixture(scope="module")
def url(redis_url, tmp_path_factory) -> Iterator[str]:
    settings = Settings(redis_url=redis_url, data=tmp_path_factory.mktemp("data"))
    with running_front(settings, RELIEF_RATE="100000/minute", RELIEF_UPLOAD_RATE="100000/minute") as (_, url):
        yield url


def head(request: tuple[str, str, str, str], *more: str) -> bytes:
    method, path, kind, header = request
    host = () if header.startswith("Host:") else ("Host: localhost",)
    lines = [f"{method} {path} HTTP/1.1", *host, f"Content-Type: {kind}", *filter(None, [header]), *more]
    return "\r\n".join([*lines, "", ""]).encode()


def chunked(body: bytes) -> bytes:
    parts = [body[start : start + 8192] for start in range(0, len(body), 8192)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def answer(connection: socket.socket) -> Told:
    """Read one answer, and no byte more."""
    response = http.client.HTTPResponse(connection)
    response.begin()
    response.read()
    return Told(response.status, response.will_close)


def send(connection: socket.socket, way: str, request: tuple[str, str, str, str], body: bytes) -> Told:
    if way == "chunked":
        connection.sendall(head(request, "Transfer-Encoding: chunked") + chunked(body))
    elif way == "at once":
        connection.sendall(head(request, f"Content-Length: {len(body)}") + body)
    else:
        connection.sendall(head(request, f"Content-Length: {len(body)}", "Expect: 100-continue"))
    if way == "expecting" and body:
        assert connection.recv(25, socket.MSG_WAITALL) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
    return answer(connection)


@pytest.mark.parametrize("status", REQUESTS)
def test_a_connection_can_be_used_again_whatever_was_refused_and_how_its_body_came(url, status):
    with closing(connect(url)) as connection:
        for way, body in product(("at once", "chunked", "expecting"), BODIES.values()):
            told = send(connection, way, REQUESTS[status], body)
            assert (told.closes, told.status) == (False, status) or status in (415, 421), (way, len(body))
            assert send(connection, "at once", ("GET", "/healthz", "text/plain", ""), b"") == Told(200, False)


@pytest.mark.parametrize("way", ["at once", "chunked", "expecting"])
@pytest.mark.parametrize("path", [JOBS, f"{JOBS}/{'0' * 32}/model"])
def test_a_body_that_is_too_large_is_read_to_its_end(url, path, way):
    with closing(connect(url)) as connection:
        told = send(connection, way, ("POST", path, "image/jpeg", ""), bytes(TOO_LARGE))
        assert told == Told(413 if path == JOBS else 404, False)
        assert send(connection, "at once", ("GET", "/healthz", "text/plain", ""), b"") == Told(200, False)


@pytest.mark.parametrize("expects", [(), ("Expect: 100-continue",)])
def test_one_that_is_much_too_large_is_refused_before_it_comes_and_the_connection_closes(url, expects):
    with closing(connect(url)) as connection:
        connection.sendall(head(("POST", JOBS, "image/jpeg", ""), f"Content-Length: {HUGE}", *expects))
        assert answer(connection) == Told(413, True)
        assert connection.recv(1) == b""


def test_python_s_own_client_goes_on_after_a_refusal(url):
    host, _, port = url.removeprefix("http://").partition(":")
    with closing(http.client.HTTPConnection(host, int(port), timeout=20)) as client:
        client.connect()
        first = client.sock
        for method, path, expected in (("PUT", JOBS, 405), ("POST", f"{JOBS}/none", 405), ("GET", "/healthz", 200)):
            client.request(method, path, BODIES[100_000])
            response = client.getresponse()
            response.read()
            assert (response.status, client.sock is first) == (expected, True)
