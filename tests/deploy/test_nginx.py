"""The proxy's configuration on a real nginx, in front of a real front process."""

import json
import re
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx
import pytest

from shared.jobs.record import Stage
from shared.logs import request_id_from
from shared.settings import Settings
from shared.storage.folder import FolderStorage
from stack.processes import free_port
from tests.conftest import SECRET
from tests.support.fronts import running_front
from tests.support.nginx import TEMPLATE, nginx_path, running_proxy
from tests.support.raw_http import EXPECTING_HEAD, UPLOAD_HEAD, ask, await_continue, connect, dripping
from tests.support.requests import API, assert_problem, finish_stage, upload
from web.api.answers import LONGEST_WAIT_S

nginx_path()  # skips these tests where there is none
UPLOAD_MB = 1
CONNECTIONS_OF_A_CLIENT = 400


@pytest.fixture(scope="module")
def front_settings(redis_url, tmp_path_factory) -> Settings:
    """Settings of the front process that the tests of this module share."""
    data = tmp_path_factory.mktemp("data")
    return Settings(REDIS_URL=redis_url, RELIEF_DATA=data, RELIEF_SECRET=SECRET, RELIEF_UPLOAD_MB=UPLOAD_MB)


@contextmanager
def running_front_behind_proxy(settings: Settings, **more: str) -> Iterator[str]:
    """A front process that trusts its proxy; its own URL."""
    limit = str(settings.upload_mb)
    with running_front(settings, RELIEF_BEHIND_PROXY="true", RELIEF_UPLOAD_MB=limit, **more) as (_, url):
        yield url


@pytest.fixture(scope="module")
def front_url(front_settings) -> Iterator[str]:
    with running_front_behind_proxy(front_settings) as url:
        yield url


@pytest.fixture(scope="module")
def proxy_url(front_url, tmp_path_factory) -> Iterator[str]:
    with running_proxy(tmp_path_factory.mktemp("nginx"), front_url, UPLOAD_MB) as url:
        yield url


@pytest.fixture
def url(store, proxy_url) -> str:
    """The proxy's URL; Redis is empty."""
    return proxy_url


@pytest.fixture
def client(url) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, timeout=20) as client:
        yield client


@pytest.fixture
def job(client, store, front_settings, portrait) -> dict:
    """A job with two results."""
    made = upload(client, portrait, steps="depth").json()
    finish_stage(store, FolderStorage(front_settings.data), Stage.DEPTH, "depth.png", "report.json")
    return client.get(made["links"]["self"]).json()


def test_a_request_reaches_the_front_only_when_it_is_whole(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as front:
        front.settimeout(2)
        upstream = f"127.0.0.1:{front.getsockname()[1]}"
        with running_proxy(tmp_path, upstream, UPLOAD_MB) as url:
            with dripping(url, [UPLOAD_HEAD, UPLOAD_HEAD + b"\r\n"]), pytest.raises(TimeoutError):
                front.accept()
            with connect(url) as whole:
                whole.sendall(UPLOAD_HEAD + b"\r\n" + bytes(100_000))
                front.accept()[0].close()


def test_three_hundred_slow_senders_hold_up_nobody(url, client, portrait):
    with dripping(url, [UPLOAD_HEAD, UPLOAD_HEAD + b"\r\n"] * 150):
        began = time.monotonic()
        for _ in range(5):
            assert client.get("/healthz").status_code == 200
            assert upload(client, portrait).status_code == 202
        assert time.monotonic() - began < 5


def test_one_client_has_so_many_requests_at_once(url):
    with dripping(url, [EXPECTING_HEAD + b"\r\n"] * CONNECTIONS_OF_A_CLIENT) as connections:
        await_continue(connections)
        refused = httpx.get(f"{url}/healthz")
        assert_problem(refused, 429, "at once")
        assert refused.headers["Retry-After"] == "5"
    assert httpx.get(f"{url}/healthz").status_code == 200


@pytest.mark.parametrize(
    ("size", "status", "words"),
    [
        (1_000_000, 415, "not a JPEG or PNG"),  # the front has read all of it
        (1_048_577, 413, "1 MB"),
    ],
)
def test_a_body_may_have_as_many_bytes_as_the_limit_says(client, size, status, words):
    photo = bytes(size)
    assert_problem(client.post(f"{API}/jobs", content=photo, headers={"Content-Type": "image/png"}), status, words)
    chunks = (photo[at : at + 50_000] for at in range(0, size, 50_000))
    assert_problem(client.post(f"{API}/jobs", content=chunks, headers={"Content-Type": "image/png"}), status, words)


def test_the_events_of_a_stream_arrive_as_they_happen(client, store, portrait):
    job = upload(client, portrait).json()
    with client.stream("GET", job["links"]["events"]) as stream:
        lines = (line for line in stream.iter_lines() if line.startswith("data: "))
        assert json.loads(next(lines).removeprefix("data: "))["state"] == "queued"
        began = time.monotonic()
        store.jobs.cancel(job["id"])
        assert json.loads(next(lines).removeprefix("data: "))["state"] == "canceled"
        assert time.monotonic() - began < 1


def test_a_long_poll_waits_and_ends_at_a_change(client, store, portrait):
    job = upload(client, portrait).json()
    tag = client.get(job["links"]["self"]).headers["ETag"]
    waited = client.get(f"{job['links']['self']}?wait=2", headers={"If-None-Match": tag})
    assert (waited.status_code, waited.elapsed.total_seconds() >= 2) == (304, True)


def test_the_longest_wait_is_shorter_than_the_proxys():
    [seconds] = re.findall(r"proxy_read_timeout (\d+)s;", TEMPLATE.read_text())
    assert int(seconds) > LONGEST_WAIT_S


def test_a_part_of_a_result_is_sent_and_a_result_is_not_compressed_again(client, job):
    url = f"{job['links']['self']}/results/depth.png"
    whole = client.get(url, headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in whole.headers and whole.headers["Content-Length"] == "450"
    tag = whole.headers["ETag"]
    part = client.get(url, headers={"Range": "bytes=5-8", "If-Range": tag})
    assert (part.status_code, part.headers["Content-Range"]) == (206, "bytes 5-8/450")
    assert part.content == whole.content[5:9]
    assert client.get(url, headers={"Range": "bytes=5-8", "If-Range": '"another"'}).status_code == 200
    assert client.get(url, headers={"Range": "bytes=450-"}).status_code == 416


def test_text_is_compressed_and_is_known_by_its_tag_all_the_same(client, job):
    document = client.get(job["links"]["self"], headers={"Accept-Encoding": "gzip"})
    assert document.headers["Content-Encoding"] == "gzip"
    tag = document.headers["ETag"]
    assert client.get(job["links"]["self"], headers={"If-None-Match": tag}).status_code == 304


def test_many_requests_go_over_one_connection(client):
    ports = {client.get("/healthz").extensions["network_stream"].get_extra_info("client_addr") for _ in range(3)}
    assert len(ports) == 1


def test_links_name_the_host_that_was_asked(client, url, job):
    assert client.post(job["links"]["share"]).json()["url"].startswith(url)


def test_only_a_trusted_proxy_is_believed_who_asks_and_that_it_came_by_https(front_settings, store, tmp_path):
    limits = {"RELIEF_RATE": "5/minute", "RELIEF_ADDRESS_FACTOR": "1"}
    with ExitStack() as running:
        front_url = running.enter_context(running_front_behind_proxy(front_settings, **limits))
        for trusted, codes in (("192.0.2.1", {200, 429}), ("127.0.0.0/8", {200})):
            url = running.enter_context(running_proxy(tmp_path / trusted[:3], front_url, UPLOAD_MB, trusted))
            claims = [{"X-Forwarded-For": f"203.0.113.9, 198.51.100.{number}"} for number in range(10)]
            assert {httpx.get(f"{url}{API}/options", headers=claim).status_code for claim in claims} == codes
            page = httpx.get(url, headers={"X-Forwarded-Proto": "https", "Forwarded": "proto=https"})
            assert ("Secure" in page.headers["Set-Cookie"]) == (codes == {200})


def test_the_metrics_are_not_for_the_world(client, front_url):
    assert_problem(client.get("/metrics"), 404, "nothing")
    assert httpx.get(f"{front_url}/metrics").status_code == 200


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /%s HTTP/1.1\r\nHost: localhost\r\n\r\n" % (b"a" * 9000), 414),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: %s\r\n\r\n" % (b"a" * 9000), 431),
        (b"get / HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n", 400),
    ],
)
def test_what_nginx_refuses_is_a_problem_document(proxy_url, sent, status):
    answer = ask(proxy_url, sent)
    problem = json.loads(answer.body)
    assert answer.status == problem["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"] == problem["request_id"]


@pytest.mark.parametrize("given", ["client-0001", "x" * 64, "x" * 65, "short", 'a"b\\c{d}e'])
def test_proxy_and_front_agree_on_the_id_of_a_request(client, given):
    of_front, of_proxy = (
        client.get(path, headers={"X-Request-ID": given}).headers["X-Request-ID"] for path in ("/healthz", "/metrics")
    )
    kept = request_id_from(given) == given
    assert (of_front == given, of_proxy == given) == (kept, kept)


def test_what_may_change_something_is_a_line_in_the_log_without_its_path(front_url, tmp_path, store, portrait):
    with running_proxy(tmp_path, front_url, UPLOAD_MB) as url, httpx.Client(base_url=url, timeout=20) as client:
        assert upload(client, portrait).status_code == 202
        answered = client.post("/api/v1/jobs/secret/cancel", headers={"X-Request-ID": "client-0002"})
        client.get(f"{API}/jobs", headers={"X-Request-ID": "client-0003"})
    lines = (tmp_path / "nginx.log").read_text().splitlines()
    assert [
        words for line in lines if "answered" in line for words in re.findall("(POST|GET) .* with ([0-9]+)", line)
    ] == [
        ("POST", "202"),
        ("POST", str(answered.status_code)),
    ]
    assert "client-0002" in lines[-1] and "secret" not in "".join(lines) and "client-0003" not in "".join(lines)


def test_while_the_front_is_away_clients_are_told_when_to_come_back(tmp_path):
    with running_proxy(tmp_path, f"127.0.0.1:{free_port()}", UPLOAD_MB) as url:
        answer = httpx.get(f"{url}{API}/jobs")
    assert_problem(answer, 502, "does not answer")
    assert answer.headers["Retry-After"] == "5"
