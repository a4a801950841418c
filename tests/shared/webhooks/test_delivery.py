"""Webhooks are told, signed, retried; never to addresses that are not public, never along redirects."""

import contextlib
import json
import socket
import socketserver
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from shared.jobs.claims import Finished
from shared.jobs.record import Stage
from shared.webhooks.delivery import ANSWER_BYTES, DEADLINE_S, Courier, post
from shared.webhooks.queue import (
    RETRIES_S,
    TAKEN_S,
    Deliveries,
    Delivery,
    Webhook,
    WebhookAddressError,
    check_address,
    check_url,
    signature,
)
from tests.support.jobs import Store, claim, new_job

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


class Dripper(socketserver.ThreadingTCPServer):
    """Answers anybody with some bytes, and with some more from time to time, until it is shut down or they are gone."""

    daemon_threads = True

    def __init__(self, first: bytes, then: bytes, every_s: float) -> None:
        super().__init__(("127.0.0.1", 0), Drip)
        self.first, self.then, self.every_s = first, then, every_s
        self.over = threading.Event()
        self.lock, self.calls, self.here, self.most_here = threading.Lock(), 0, 0, 0
        self.netloc = f"127.0.0.1:{self.server_address[1]}"

    def shutdown(self):
        self.over.set()
        super().shutdown()


class Drip(socketserver.BaseRequestHandler):
    def setup(self):
        with self.server.lock:
            self.server.calls += 1
            self.server.here += 1
            self.server.most_here = max(self.server.most_here, self.server.here)

    def handle(self):
        with contextlib.suppress(OSError):
            self.request.sendall(self.server.first)
            while not self.server.over.wait(self.server.every_s):
                self.request.sendall(self.server.then)

    def finish(self):
        with self.server.lock:
            self.server.here -= 1


@contextlib.contextmanager
def serving(server: socketserver.BaseServer) -> Iterator:
    with server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def drips(first: bytes, then: bytes, every_s: float = 0.1) -> contextlib.AbstractContextManager[Dripper]:
    return serving(Dripper(first, then, every_s))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with serving(Receiver()) as server:
        yield server


@pytest.fixture
def couriers(store) -> Iterator[Courier]:
    """The threads of a worker at their work; they end with the test, so that they take no news of the next one."""
    courier = Courier(Deliveries(store.redis), private=True)
    courier.start()
    yield courier
    courier.stop()


def job_with_webhook(store: Store, url: str, events=("succeeded", "failed")) -> str:
    webhook = Webhook(url=url, link=LINK, secret=SECRET, events=events)
    return new_job(store, steps=(Stage.DEPTH,), webhook=webhook).id


def tell(store: Store, url: str) -> None:
    """A job comes to its end, and its webhook is to be told."""
    job_with_webhook(store, url)
    store.claims.finish(claim(store)[0], Finished((), {}))


def news_left(store: Store) -> list[bytes]:
    return [key for name in ("news", "news:*", "news-told", "letters:*") for key in store.redis.keys(f"relief:{name}")]


def die(store: Store) -> None:
    """The process that has news in hand dies, and its time runs out."""
    for host in store.redis.zrange("relief:news-told", 0, -1):
        store.redis.zadd("relief:news-told", {host: 1})


def test_the_end_of_a_job_is_told_once_and_signed(store, receiver):
    job_id = job_with_webhook(store, receiver.url)
    courier = Courier(Deliveries(store.redis), private=True)
    assert courier.deliver_due() == 0
    store.claims.finish(claim(store)[0], Finished((), {}))
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
    assert news_left(store) == []


def test_a_slow_receiver_does_not_hold_up_the_others(store, receiver, couriers):
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections, and never answers
        for url in (f"http://127.0.0.1:{silent.getsockname()[1]}/", receiver.url):
            job_with_webhook(store, url)
            store.claims.finish(claim(store)[0], Finished((), {}))
        begun = time.monotonic()
        while not receiver.got and time.monotonic() - begun < 30:
            time.sleep(0.02)
    assert len(receiver.got) == 1
    assert time.monotonic() - begun < DEADLINE_S / 2


CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


@pytest.mark.parametrize(
    ("scheme", "first", "then"),
    [
        ("http", b"", b""),
        ("http", b"HTTP/1.1", b" "),
        ("http", CONTINUE, CONTINUE),
        ("http", CONTINUE + b"X-Header: ", b"x"),
        ("https", b"\x16\x03\x03\x40\x00", b"\x02"),  # a long TLS record, byte by byte
    ],
)
def test_the_whole_exchange_ends_in_time_whatever_drips(monkeypatch, scheme, first, then):
    monkeypatch.setattr("shared.webhooks.delivery.DEADLINE_S", 1.0)
    with drips(first, then) as dripper:
        begun = time.monotonic()
        with pytest.raises(TimeoutError):
            post(Delivery("1", f"{scheme}://{dripper.netloc}/", SECRET, "{}", 1), private=True)
        assert 0.9 < time.monotonic() - begun < 3


def test_the_deadline_is_well_below_the_time_that_news_is_kept_for_one_process():
    assert DEADLINE_S * 4 < TAKEN_S


@pytest.mark.parametrize("flood", [CONTINUE, b"x", b"HTTP/1.1 100 ", b"\r\n"])
def test_of_an_answer_without_end_little_is_read(flood):
    refusal = pytest.raises(OSError, match=f"no answer of HTTP in {ANSWER_BYTES} bytes")
    with drips(flood * 100_000, flood) as dripper, refusal:
        post(Delivery("1", f"http://{dripper.netloc}/", SECRET, "{}", 1), private=True)


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (b"HTTP/1.1 200 OK\r\nX-Drip: ", 200),
        (b"HTTP/1.0 204\n\n", 204),
        (CONTINUE + b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 500 Oh\r\n\r\nHTTP/1.1 200 OK", 500),
    ],
)
def test_the_first_line_of_the_answer_is_enough(answer, status):
    with drips(answer, b"x", 3) as dripper:
        begun = time.monotonic()
        assert post(Delivery("1", f"http://{dripper.netloc}/", SECRET, "{}", 1), private=True) == status
        assert time.monotonic() - begun < 2


def test_much_news_for_a_slow_host_does_not_starve_the_others(store, receiver, couriers):
    with drips(CONTINUE, CONTINUE, 0.5) as dripper:
        for number in range(8):
            tell(store, f"http://{dripper.netloc}/{number}")
        while not dripper.calls:
            time.sleep(0.02)
        tell(store, receiver.url)
        begun = time.monotonic()
        while not receiver.got and time.monotonic() - begun < 60:
            time.sleep(0.02)
        assert time.monotonic() - begun < 4
        assert (dripper.calls, dripper.most_here) == (1, 1)


def test_hosts_take_turns_and_only_one_news_is_told_to_each_at_a_time(store):
    hosts = ["http://a.example", "http://A.example", "http://a.example", "http://a.example:81", "https://a.example"]
    for number, host in enumerate(hosts):
        tell(store, f"{host}/{number}?x")
    deliveries = Deliveries(store.redis)
    first, second, third = (deliveries.take() for _ in range(3))
    assert [taken.url[-3] for taken in (first, second, third)] == ["0", "3", "4"]
    assert deliveries.take() is None
    deliveries.done(first)
    tell(store, "http://b.example/5?x")
    tell(store, "http://a.example/6?x")
    fourth, fifth = deliveries.take(), deliveries.take()
    assert sorted(taken.url[-3] for taken in (fourth, fifth)) == ["1", "5"]
    assert deliveries.take() is None
    for taken in (fourth, fifth, second, third):
        deliveries.done(taken)
    for url in ("http://a.example/2?x", "http://a.example/6?x"):
        taken = deliveries.take()
        assert taken.url == url
        deliveries.done(taken)
    assert news_left(store) == []


def test_a_host_that_was_just_told_stands_behind_those_that_wait(store):
    for url in ("http://a.example/1", "http://a.example/2", "http://b.example/3"):
        tell(store, url)
    deliveries, order = Deliveries(store.redis), []
    while taken := deliveries.take():
        order.append(taken.url[-1])
        time.sleep(0.01)
        deliveries.done(taken)
    assert order == ["1", "3", "2"]


def test_new_news_for_a_host_does_not_wait_for_a_try_that_was_put_off(store, receiver):
    tell(store, receiver.url)
    courier = Courier(Deliveries(store.redis), private=True)
    receiver.status = 500
    assert courier.deliver_due() == 1
    receiver.status = 200
    tell(store, receiver.url)
    assert (courier.deliver_due(), courier.deliver_due()) == (1, 0)
    [host] = store.redis.zrange("relief:news", 0, -1)
    store.redis.zadd("relief:news", {host: 0})
    assert courier.deliver_due() == 1
    assert news_left(store) == []


def test_news_is_given_up_after_too_many_deaths_of_those_who_took_it(store, receiver):
    tell(store, receiver.url)
    deliveries = Deliveries(store.redis)
    for attempt in range(1, len(RETRIES_S) + 2):
        assert deliveries.take().attempt == attempt
        assert deliveries.take() is None
        die(store)
    Courier(deliveries, private=True).deliver_due()
    assert receiver.got == []
    assert news_left(store) == []


@pytest.mark.parametrize("told", [True, False])
def test_who_had_news_too_long_has_no_say_in_it_any_more(store, told):
    tell(store, "http://a.example/")
    deliveries = Deliveries(store.redis)
    late = deliveries.take()
    die(store)
    taken = deliveries.take()
    assert (taken.id, taken.attempt) == (late.id, 2)
    (deliveries.done if told else deliveries.failed)(late)
    assert deliveries.take() is None  # still the other one's
    deliveries.done(taken)
    assert news_left(store) == []


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
    store.claims.finish(claim(store)[0], Finished((), {}))
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
    store.jobs.cancel(job_id)
    assert Courier(Deliveries(store.redis), private=True).deliver_due() == 0


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_receiver_that_refuses_is_told_again_later_and_redirects_are_not_followed(store, receiver, status):
    receiver.status = status
    job_with_webhook(store, receiver.url)
    store.claims.finish(claim(store)[0], Finished((), {}))
    deliveries = Deliveries(store.redis)
    courier = Courier(deliveries, private=True)
    for attempt in range(len(RETRIES_S) + 1):
        assert courier.deliver_due() == 1
        if attempt < len(RETRIES_S):
            [(host, due_ms)] = store.redis.zrange("relief:news", 0, -1, withscores=True)
            assert RETRIES_S[attempt] - 2 < due_ms / 1000 - time.time() < RETRIES_S[attempt] + 2
            assert courier.deliver_due() == 0
            store.redis.zadd("relief:news", {host: 0})
    assert news_left(store) == []  # given up
    assert [path for path, _, _ in receiver.got] == ["/hook?a=1"] * (len(RETRIES_S) + 1)


@pytest.mark.parametrize(
    "rest", ["/secret token/xyz", "/secret\r\nX: y", "/secr\u00e9t", ":0/secret", ":secret/", "]/secret"]
)
def test_a_secret_in_a_path_does_not_get_into_the_log(store, receiver, caplog, rest):
    job_with_webhook(store, f"http://127.0.0.1{rest}")  # as older versions let in
    store.claims.finish(claim(store)[0], Finished((), {}))
    assert Courier(Deliveries(store.redis), private=True).deliver_due() == 1
    assert "webhook" in caplog.text and "secr" not in caplog.text
    assert news_left(store) == []  # nor is it tried again


def test_an_address_that_is_not_public_is_never_called(store, receiver):
    for host in ("127.0.0.1", "localhost"):
        with pytest.raises(WebhookAddressError, match="not public"):
            post(Delivery("1", f"http://{host}:{receiver.server_port}/", SECRET, "{}", 1), private=False)
    job_with_webhook(store, receiver.url)
    store.claims.finish(claim(store)[0], Finished((), {}))
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
