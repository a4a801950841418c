"""What one client does to the front alone, as `make run` starts it, and what all others notice of it: nothing."""

import re
import resource
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import pytest

from shared.jobs.record import Stage
from stack.processes import Supervised, wait_until
from tests.support.fronts import running_front
from tests.support.raw_http import connect, read_answer
from tests.support.requests import API, assert_problem, finish_stage, upload
from web.page.routes import PLOTLY_URL
from web.server.server import CONNECTIONS

OTHERS_WAIT_S = 5  # at most; measured: 0.1 to 0.6
GROWTH_MB = 100  # at most; measured: 10
UPLOAD = b"POST /api/v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\n"
CHUNKED = UPLOAD + b"Content-Type: image/png\r\nTransfer-Encoding: chunked\r\n\r\n"
STATUS = re.compile(rb"HTTP/1\.\d (\d{3})")
FOLLOWING = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@pytest.fixture
def front(store, settings) -> Iterator[tuple[Supervised, str]]:
    with running_front(settings) as running:
        yield running


@pytest.fixture
def client(front) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=front[1], timeout=30) as client:
        yield client


@pytest.fixture
def shared(client, store, storage, settings, portrait) -> str:
    """The path of a job with a depth map of 20 MB and a cloud of 2 MB, by its share token."""
    made = upload(client, portrait, steps="depth,model").json()
    finish_stage(store, storage, Stage.DEPTH, "depth.png")
    finish_stage(store, storage, Stage.MODEL, "cloud.rlf")
    for name, size in (("depth.png", 20_000_000), ("cloud.rlf", 2_000_000)):
        [path] = settings.data.rglob(name)
        path.write_bytes(bytes(size))
    return f"{API}/jobs/{client.post(made['links']['self'] + '/share').json()['token']}"


@pytest.fixture
def many_files() -> Iterator[None]:
    """Room for a connection of this process to each that the front takes, and more."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS + 1000
    if before[1] != resource.RLIM_INFINITY and before[1] < wanted:
        pytest.skip(f"this process may not open {wanted:,} files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def memory_mb(front: tuple[Supervised, str]) -> float:
    return int(subprocess.check_output(["ps", "-o", "rss=", "-p", str(front[0].pid)])) / 1024


def assert_others_are_served(client: httpx.Client, path: str) -> None:
    """Somebody at the same address is answered, on the connection that is there and on a new one."""
    for url in ("/healthz", path):
        assert_answered(client.get(url))
    assert_newcomers_are_served(client, path)


def assert_newcomers_are_served(client: httpx.Client, path: str) -> None:
    for url in ("/healthz", path):
        assert_answered(httpx.get(client.base_url.join(url), timeout=30))


def assert_answered(answer: httpx.Response) -> None:
    assert answer.status_code == 200
    assert answer.elapsed.total_seconds() < OTHERS_WAIT_S


def ask_without_reading(url: str, request: bytes, times: int) -> ExitStack:
    held = ExitStack()
    for _ in range(times):
        connection = held.enter_context(socket.socket())
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        host, _, port = url.removeprefix("http://").partition(":")
        connection.connect((host, int(port)))
        connection.sendall(request)
    return held


@pytest.mark.parametrize(
    ("method", "name", "headers"),
    [
        ("HEAD", "view.html", ""),
        ("GET", "view.html", ""),
        ("GET", "view.html", "Range: bytes=0-0\r\n"),
        ("GET", "all.zip", ""),
    ],
)
def test_many_who_ask_for_a_result_and_do_not_read_it_cost_nothing(front, client, shared, method, name, headers):
    assert client.get(f"{shared}/results/{name}").status_code == 200
    before = memory_mb(front)
    request = f"{method} {shared}/results/{name} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}\r\n"
    with ask_without_reading(front[1], request.encode(), 300):
        assert_others_are_served(client, shared)
        assert memory_mb(front) < before + GROWTH_MB


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_many_who_do_not_read_the_largest_script_cost_nothing(front, client, shared, encoding):
    headers = {"Accept-Encoding": encoding}
    assert client.get(PLOTLY_URL, headers=headers).headers["Content-Type"] == "text/javascript; charset=utf-8"
    before = memory_mb(front)
    request = f"GET {PLOTLY_URL} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: {encoding}\r\n\r\n"
    with ask_without_reading(front[1], request.encode(), 300):
        assert_others_are_served(client, shared)
        assert memory_mb(front) < before + GROWTH_MB


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: 127"])
def test_silent_connections_make_room_for_others(front, client, shared, many_files, sent):
    with ExitStack() as held:
        for _ in range(CONNECTIONS + 200):
            connection = held.enter_context(connect(front[1]))
            with suppress(ConnectionError):  # closed again to make room
                connection.sendall(sent)
        assert_others_are_served(client, shared)


def test_connections_that_were_answered_and_stay_make_room_for_others(front, client, shared, many_files):
    with ExitStack() as held:
        for _ in range(CONNECTIONS + 200):
            connection = held.enter_context(connect(front[1]))
            with suppress(ConnectionError):
                connection.sendall(FOLLOWING)
        assert_newcomers_are_served(client, shared)


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("application/x-www-form-urlencoded", f"{API}/jobs"),
        ("application/json", f"{API}/jobs/{'0' * 32}/model"),
        ("image/png", "/"),
    ],
)
def test_a_large_body_where_none_belongs_is_not_kept(front, client, kind, path):
    before = memory_mb(front)
    answer = client.post(path, content=b"a=1&" * 5_000_000, headers={"Content-Type": kind})
    assert answer.elapsed.total_seconds() < OTHERS_WAIT_S
    assert answer.status_code in (404, 405, 413)
    assert answer.status_code == 413 or path != f"{API}/jobs"
    assert memory_mb(front) < before + GROWTH_MB


@pytest.mark.parametrize(
    "fields",
    [{f"a{number}": "1" for number in range(100)}, {"webhook": "x" * 200_000}],
)
def test_a_form_has_so_many_settings_of_such_a_size(client, portrait, fields):
    assert_problem(upload(client, portrait, **fields), 413, "parts")


@pytest.mark.parametrize(
    "bad",
    [
        b"Z\r\n",
        b"1\r\nxx\r\n0\r\n\r\n",
        b"-1\r\nx\r\n",
        b"0\r\nno field\r\n\r\n",
        b"1\r\nx\r\n" * 100_000,
        b"1;" + b"a" * 100_000,
    ],
)
def test_a_bad_chunk_gets_one_answer_and_the_connection_is_closed(front, bad):
    with connect(front[1]) as connection:
        with suppress(ConnectionError):  # it may be closed before all is sent
            connection.sendall(CHUNKED + bad + FOLLOWING)
        answer = read_answer(connection)
    assert (answer.status, answer.headers["content-type"]) == (400, "application/problem+json")
    assert not STATUS.search(answer.body)


def test_a_request_behind_another_is_answered_too(front):
    with connect(front[1]) as connection:
        connection.sendall(FOLLOWING + CHUNKED + b"1\r\nx\r\n0\r\nExpires: 0\r\n\r\n" + FOLLOWING + b"GET\r\n\r\n")
        answers = b"".join(iter(lambda: connection.recv(65536), b""))
    assert STATUS.findall(answers) == [b"200", b"415", b"200", b"400"]


def test_files_of_requests_are_closed_with_their_connections(front, client):
    files = Path(f"/proc/{front[0].pid}/fd")
    if not files.is_dir():
        pytest.skip("this system does not tell which files a process has open")
    before = len([*files.iterdir()])
    for _ in range(50):
        with connect(front[1]) as connection:
            connection.sendall(UPLOAD + b"Content-Type: image/png\r\nContent-Length: 999999\r\n\r\n" + bytes(200_000))
    wait_until("the end of the connections", lambda: len([*files.iterdir()]) < before + 25)
