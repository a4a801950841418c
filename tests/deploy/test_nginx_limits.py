"""What hostile clients do to the proxy stays there, on a real nginx with its own configuration."""

import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest

from shared.jobs.record import Stage
from shared.settings import Settings
from shared.storage.folder import FolderStorage
from tests.conftest import SECRET
from tests.support.fronts import running_front
from tests.support.nginx import TEMPLATE, nginx_path, running_proxy
from tests.support.raw_http import EXPECTING_HEAD, ask, await_continue, connect, dripping, read_answer
from tests.support.requests import API, assert_problem, finish_stage, upload

nginx_path()  # skips these tests where there is none
UPLOAD_MB = 1
CONNECTIONS_OF_A_CLIENT = 400
CHUNKED = (
    b"POST /api/v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: image/png\r\nTransfer-Encoding: chunked\r\n\r\n"
)


@pytest.fixture(scope="module")
def settings(redis_url, tmp_path_factory) -> Settings:
    """Settings of the front process that the tests of this module share."""
    return Settings(redis_url=redis_url, data=tmp_path_factory.mktemp("data"), secret=SECRET)


@pytest.fixture(scope="module")
def proxy_url(settings, tmp_path_factory) -> Iterator[str]:
    """The URL of a proxy that believes this machine who its clients are."""
    more = {"RELIEF_BEHIND_PROXY": "true", "RELIEF_UPLOAD_MB": str(UPLOAD_MB)}
    with ExitStack() as running:
        _, front_url = running.enter_context(running_front(settings, **more))
        folder = tmp_path_factory.mktemp("nginx")
        yield running.enter_context(running_proxy(folder, front_url, UPLOAD_MB, "127.0.0.0/8"))


@pytest.fixture
def client(store, proxy_url) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=proxy_url, timeout=20) as client:
        yield client


@pytest.fixture
def shared(client, store, settings, portrait) -> str:
    """The path of a job with a depth map of 5 MB, by its share token."""
    made = upload(client, portrait, steps="depth").json()
    finish_stage(store, FolderStorage(settings.data), Stage.DEPTH, "depth.png")
    [path] = settings.data.rglob(f"{made['id']}/*/depth.png")
    path.write_bytes(bytes(5_000_000))
    return f"{API}/jobs/{client.post(made['links']['self'] + '/share').json()['token']}"


def from_address(request: bytes, address: str) -> bytes:
    return request.replace(b"\r\n", f"\r\nX-Forwarded-For: {address}\r\n".encode(), 1)


def test_one_client_is_the_network_of_an_ipv6_address(proxy_url, store):
    mine = [from_address(EXPECTING_HEAD + b"\r\n", f"2001:db8::{host:x}") for host in range(CONNECTIONS_OF_A_CLIENT)]
    ask_health = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    with dripping(proxy_url, mine) as connections:
        await_continue(connections)
        statuses = {
            address: ask(proxy_url, from_address(ask_health, address)).status
            for address in ("2001:db8:0:0:ffff::1", "2001:db8:0:1::1", "::ffff:192.0.2.1", "192.0.2.1")
        }
    assert statuses == dict(zip(statuses, (429, 200, 200, 200), strict=True))


@pytest.mark.parametrize(
    "bad",
    [b"Z\r\n", b"1\r\nxx\r\n0\r\n\r\n", b"-1\r\nx\r\n", b"0x1\r\nx\r\n0\r\n\r\n", b"fffffffffffffffff\r\nx\r\n"],
)
def test_a_bad_chunk_gets_one_answer_and_the_connection_is_closed(proxy_url, bad):
    with connect(proxy_url) as connection:
        connection.sendall(CHUNKED + bad + b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        answer = read_answer(connection)
    assert answer.status == 400
    assert b"HTTP/1.1 " not in answer.body


def test_a_chunked_request_reaches_the_front_only_when_it_is_whole(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as front:
        front.settimeout(1)
        proxy = running_proxy(tmp_path, f"127.0.0.1:{front.getsockname()[1]}", UPLOAD_MB)
        with proxy as url, connect(url) as sender:
            sender.sendall(CHUNKED + b"1\r\nx\r\n" * 20_000)
            with pytest.raises(TimeoutError):
                front.accept()
            sender.sendall(b"0\r\n\r\n")
            passed_on, _ = front.accept()
            with passed_on:
                head = passed_on.recv(65536)  # while the sender waits: nginx drops what nobody waits for
    assert b"Content-Length: 20000" in head
    assert b"hunked" not in head


@pytest.mark.parametrize(
    ("path", "kind", "size", "status"),
    [
        (f"{API}/jobs", "application/x-www-form-urlencoded", 70_000, 413),
        (f"{API}/jobs", "Application/X-WWW-form-urlencoded; charset=utf-8", 70_000, 413),
        (f"{API}/jobs", "application/x-www-form-urlencoded", 60_000, 422),
        (f"{API}/jobs/{'0' * 32}/model", "application/json", 70_000, 413),
        ("/", "image/png", 70_000, 413),
        (f"{API}/jobs", "image/png", 70_000, 415),
    ],
)
def test_only_what_may_hold_a_photo_may_be_large(client, path, kind, size, status):
    body = (b"a=1&" * size)[:size]
    assert_problem(client.post(path, content=body, headers={"Content-Type": kind}), status, "")


def test_readers_that_read_nothing_hold_up_nobody(client, proxy_url, shared):
    request = f"GET {shared}/results/all.zip HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    with ExitStack() as held:
        for _ in range(300):
            held.enter_context(connect(proxy_url)).sendall(request)
        answers = [client.get("/healthz"), client.get(shared), client.get(f"{shared}/results/photo.jpg")]
    assert {answer.status_code for answer in answers} == {200}
    assert max(answer.elapsed.total_seconds() for answer in answers) < 5


def test_all_who_wait_at_one_address_are_answered(client, proxy_url, store, shared):
    request = f"GET {shared}?wait=1 HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode()
    with ExitStack() as held:
        waiting = [held.enter_context(connect(proxy_url)) for _ in range(240)]
        for each in waiting:
            each.sendall(request)
        assert {read_answer(each).status for each in waiting} == {200}


def test_slow_clients_have_less_time_than_the_front_gives_to_the_proxy():
    seconds = {name: int(value) for name, value in re.findall(r"(\w+_timeout) (\d+)s;", TEMPLATE.read_text())}
    assert max(seconds["client_header_timeout"], seconds["client_body_timeout"]) <= 10
    assert max(seconds["send_timeout"], seconds["keepalive_timeout"]) <= 60
