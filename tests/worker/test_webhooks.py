"""Webhooks are told, signed, retried; never to addresses that are not public, never along redirects."""

import json
import socket
import ssl
import subprocess
import threading
import time
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from shared.jobs import Finished, PhotoInfo, Stage
from shared.options import DepthOptions, ModelOptions
from shared.store import JobStore
from shared.webhooks import (
    RETRIES_S,
    Deliveries,
    Delivery,
    Webhook,
    WebhookAddressError,
    check_address,
    check_url,
    signature,
)
from tests.shared.test_store import claim
from worker.webhooks import TIMEOUT_S, Courier, post

SELF_SIGNED = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"]
SELF_SIGNED += ["-addext", "subjectAltName=DNS:localhost", "-days", "1"]
SECRET = "a secret of sixteen"
LINK = "https://relief.example/api/v1/jobs/1"


class Receiver(ThreadingHTTPServer):
    """Keeps what it is sent, and answers as told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status, self.got = 200, []
        self.url = f"http://127.0.0.1:{self.server_port}/hook?a=1"


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.got.append((self.path, dict(self.headers), body))
        self.send_response(self.server.status)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def couriers(store) -> Iterator[Courier]:
    """The threads of a worker at their work; they end with the test, so that they take no news of the next one."""
    courier = Courier(Deliveries(store.redis), private=True)
    courier.start()
    yield courier
    courier.stop()


def job_with_webhook(store: JobStore, url: str, events=("succeeded", "failed")) -> str:
    return store.create(
        uuid.uuid4().hex,
        owner="ann",
        steps=(Stage.DEPTH,),
        photo=PhotoInfo(width=640, height=480),
        depth=DepthOptions(),
        model=ModelOptions(),
        webhook=Webhook(url=url, link=LINK, secret=SECRET, events=events),
    ).id


def test_the_end_of_a_job_is_told_once_and_signed(store, receiver):
    job_id = job_with_webhook(store, receiver.url)
    courier = Courier(Deliveries(store.redis), private=True)
    assert courier.deliver_due() == 0
    store.finish(claim(store)[0], Finished((), {}))
    assert (courier.deliver_due(), courier.deliver_due()) == (1, 0)
    [(path, headers, body)] = receiver.got
    assert path == "/hook?a=1"
    assert json.loads(body) | {"at_ms": 0} == {
        "event": "job.succeeded",
        "job": job_id,
        "state": "succeeded",
        "link": LINK,
        "at_ms": 0,
    }
    at_s = int(headers["Relief-Signature"].split(",")[0].removeprefix("t="))
    assert abs(at_s - time.time()) < 10
    assert headers["Relief-Signature"] == signature(SECRET, body, at_s)
    assert not store.redis.keys("relief:news:*")


def test_a_slow_receiver_does_not_hold_up_the_others(store, receiver, couriers):
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections, and never answers
        for url in (f"http://127.0.0.1:{silent.getsockname()[1]}/", receiver.url):
            job_with_webhook(store, url)
            store.finish(claim(store)[0], Finished((), {}))
        begun = time.monotonic()
        while not receiver.got and time.monotonic() - begun < 30:
            time.sleep(0.02)
    assert len(receiver.got) == 1
    assert time.monotonic() - begun < TIMEOUT_S


@pytest.mark.parametrize(("trusted", "left"), [(True, 0), (False, 1)])
def test_https_is_told_where_the_certificate_is_trusted(store, receiver, tmp_path, monkeypatch, trusted, left):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run([*SELF_SIGNED, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    receiver.socket = context.wrap_socket(receiver.socket, server_side=True)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    job_with_webhook(store, receiver.url.replace("http:", "https:").replace("127.0.0.1", "localhost"))
    store.finish(claim(store)[0], Finished((), {}))
    assert Courier(Deliveries(store.redis), private=True).deliver_due() == 1
    assert store.redis.zcard("relief:news") == left
    assert len(receiver.got) == 1 - left


def test_a_signature_agrees_with_one_made_by_openssl():
    # printf '1700000000.{}' | openssl dgst -sha256 -hmac 'a secret of sixteen'
    assert signature(SECRET, "{}", 1700000000) == (
        "t=1700000000,v1=9e0f98fb6d96af0b7ebef51d30bd6c877daee8bce9b06dccbaa91614ae5b1e5b"
    )


def test_an_end_that_was_not_asked_for_is_not_told(store, receiver):
    job_id = job_with_webhook(store, receiver.url, events=("failed",))
    store.cancel(job_id)
    assert Courier(Deliveries(store.redis), private=True).deliver_due() == 0


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_receiver_that_refuses_is_told_again_later_and_redirects_are_not_followed(store, receiver, status):
    receiver.status = status
    job_with_webhook(store, receiver.url)
    store.finish(claim(store)[0], Finished((), {}))
    deliveries = Deliveries(store.redis)
    courier = Courier(deliveries, private=True)
    for attempt in range(len(RETRIES_S) + 1):
        assert courier.deliver_due() == 1
        if attempt < len(RETRIES_S):
            [(number, due_ms)] = store.redis.zrange("relief:news", 0, -1, withscores=True)
            assert RETRIES_S[attempt] - 2 < due_ms / 1000 - time.time() < RETRIES_S[attempt] + 2
            assert courier.deliver_due() == 0
            store.redis.zadd("relief:news", {number: 0})
    assert store.redis.zcard("relief:news") == 0  # given up
    assert [path for path, _, _ in receiver.got] == ["/hook?a=1"] * (len(RETRIES_S) + 1)


@pytest.mark.parametrize(
    "rest", ["/secret token/xyz", "/secret\r\nX: y", "/secr\u00e9t", ":0/secret", ":secret/", "]/secret"]
)
def test_a_secret_in_a_path_does_not_get_into_the_log(store, receiver, caplog, rest):
    job_with_webhook(store, f"http://127.0.0.1{rest}")  # as older versions let in
    store.finish(claim(store)[0], Finished((), {}))
    assert Courier(Deliveries(store.redis), private=True).deliver_due() == 1
    assert "webhook" in caplog.text and "secr" not in caplog.text
    assert not store.redis.keys("relief:news:*")  # nor is it tried again


def test_an_address_that_is_not_public_is_never_called(store, receiver):
    for host in ("127.0.0.1", "localhost"):
        with pytest.raises(WebhookAddressError, match="not public"):
            post(Delivery("1", f"http://{host}:{receiver.server_port}/", SECRET, "{}", 1), private=False)
    job_with_webhook(store, receiver.url)
    store.finish(claim(store)[0], Finished((), {}))
    Courier(Deliveries(store.redis), private=False).deliver_due()
    assert store.redis.zcard("relief:news") == 0
    assert receiver.got == []


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://10.1.2.3/",
        "http://169.254.169.254/latest",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://[fe80::1]/",
        "http://[64:ff9b::10.0.0.1]/",
        "http://[2002:7f00:1::]/",
        "http://[fec0::1]/",  # site-local
        "http://[2001:0:5ef5:79fd:0:59d:a0e5:ba1]/",  # Teredo
        "http://[64:ff9b:1::5db8:d822]/",  # NAT64 of a private network, RFC 8215
        "http://224.0.0.1/",
        "http://0.0.0.0/",
        "http://localhost:8000/",
        "http://localhost./",
        "http://redis:6379/",
        "http://１２７.0.0.1/",
    ],
)
def test_a_url_that_is_not_public_is_refused_at_once_and_taken_where_private_ones_are(url):
    with pytest.raises(WebhookAddressError, match="not public"):
        check_url(url, private=False)
    check_url(url, private=True)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "https://user@example.com/",
        "https:///x",
        "https://example.com:99999/",
        "https://example.com:0/",
        "https://example.com/a b",
        "https://example.com/a\r\nHost: x",
        "https://example.com/a\tb",
        "https://example.com/\0",
        "https://example.com/\x7f",
        " https://example.com/",
        "https://example.com/\u2028",
        "https://example.com/gr\u00fc\u00dfe",
        "https://example.com/?q=\u00fc",
        "https://exa mple.com/",
        "https://exa%6Dple.com/",
        "https://exa;mple.com/",
        "http://a..b/",
        "http://.a.b/",
        f"http://{'a' * 64}.com/",
        f"http://{'a.' * 127}com/",
        "http://[2606:4700::1%25eth0]/",
        "http://[2606:4700::1%eth0]/",
        "http://[v1.fe80::a+en1]/",
        "http://[::1/",
        "nonsense",
    ],
)
@pytest.mark.parametrize("private", [False, True])
def test_a_url_that_can_never_be_called_is_refused_at_once(url, private):
    with pytest.raises(WebhookAddressError):
        check_url(url, private=private)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "https://example.com/hook?x=1#y",
        "https://example.com./gr%C3%BC%C3%9Fe",
        "HTTPS://EXAMPLE.com:8443/",
        "https://b\u00fccher.example/",
        "https://a_b-c.example/",
        "http://93.184.216.34:8080/",
        "http://[64:ff9b::93.184.216.34]/",
    ],
)
def test_a_public_url_is_taken(url):
    check_url(url, private=False)


def test_a_refusal_keeps_the_secret_of_a_path_to_itself():
    for url in ("https://example.com/secret token", "ftp://example.com/secret", "https://example.com:0/secret"):
        with pytest.raises(WebhookAddressError) as refusal:
            check_url(url, private=False)
        assert "secret" not in str(refusal.value)


@pytest.mark.parametrize("address", ["fec0::1", "2001::1", "64:ff9b:1::5db8:d822", "fe80::1%eth0", "::10.0.0.1"])
def test_an_address_out_of_a_name_server_is_refused_where_it_is_not_public(address):
    with pytest.raises(WebhookAddressError, match="not public"):
        check_address(address)
