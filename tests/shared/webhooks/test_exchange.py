"""One call of a receiver: its deadline, how little of an answer is read, and which addresses are never called."""

import socket
import ssl
import time
from functools import partial

import anyio
import httpx
import pytest

from shared.errors import WebhookUrlError
from shared.webhooks.delivery import DEADLINE_S, post
from shared.webhooks.queue import IN_FLIGHT_S, Delivery
from tests.support.webhooks import CONTINUE, delivery_to, drips, seconds_until


def status_of(delivery: Delivery, *, private: bool = True) -> int:
    return anyio.run(partial(post, delivery, ssl.create_default_context(), private=private))


@pytest.mark.parametrize(
    ("scheme", "first", "then"),
    [
        ("http", b"", b""),
        ("http", b"HTTP/1.1", b" "),
        ("http", b"HTTP/1.1 200 OK\r\nX-Header: ", b"x"),
        ("http", CONTINUE, CONTINUE),
        ("http", CONTINUE * 1000, CONTINUE),
        ("https", b"", b""),
        ("https", b"\x16\x03\x03\x40\x00", b"\x02"),  # a long TLS record, byte by byte
    ],
)
def test_the_whole_exchange_ends_at_the_deadline_however_slowly_the_receiver_sends(monkeypatch, scheme, first, then):
    monkeypatch.setattr("shared.webhooks.delivery.DEADLINE_S", 1.0)
    with drips(first, then) as dripper:
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            status_of(delivery_to(f"{scheme}://{dripper.netloc}/"))
        assert 0.9 < time.monotonic() - began < 3
        assert seconds_until(lambda: not dripper.open) < 5  # the connection is closed


def test_the_deadline_counts_for_the_resolution_of_the_name(monkeypatch):
    monkeypatch.setattr("shared.webhooks.delivery.DEADLINE_S", 0.5)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(3))
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        status_of(delivery_to("http://slow.example/"))
    assert time.monotonic() - began < 2


def test_the_deadline_is_well_below_the_time_after_which_another_worker_takes_over():
    assert DEADLINE_S * 4 < IN_FLIGHT_S


@pytest.mark.parametrize("flood", [b"x", b"HTTP/1.1 100 ", b"\r\n", b"HTTP/1.1 200 OK\r\nX-Header: "])
def test_of_an_answer_whose_headers_do_not_end_little_is_read(flood):
    with drips(flood, b"x" * 1_000_000, 0.001) as dripper, pytest.raises(httpx.RemoteProtocolError):
        status_of(delivery_to(f"http://{dripper.netloc}/"))


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", 200),
        (b"HTTP/1.1 202 OK\r\nContent-Length: 1000000000\r\n\r\n", 202),
        (b"HTTP/1.0 204 \n\n", 204),
        (CONTINUE + b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 500 Oh\r\n\r\nHTTP/1.1 200 OK", 500),
    ],
)
def test_the_body_of_the_answer_is_not_waited_for(answer, status):
    with drips(answer, b"x", 3) as dripper:
        began = time.monotonic()
        assert status_of(delivery_to(f"http://{dripper.netloc}/")) == status
        assert time.monotonic() - began < 2


@pytest.mark.parametrize("netloc", ["127.0.0.1", "[::1]", "7f.example"])
def test_a_host_with_an_ip_address_that_is_not_public_is_never_called(receiver, names, netloc):
    names["7f.example"] = [["93.184.216.34", "127.0.0.1"]]
    with pytest.raises(WebhookUrlError, match="not public"):
        status_of(delivery_to(f"http://{netloc}:{receiver.server_port}/"), private=False)
    assert receiver.received == []


def test_a_name_is_resolved_once_so_that_its_ip_address_cannot_change_after_the_check(receiver, names):
    names["rebound.example"] = [["127.0.0.1"], ["192.0.2.1"]]
    assert status_of(delivery_to(f"http://rebound.example:{receiver.server_port}/")) == 200
    assert receiver.received[0][1]["Host"] == f"rebound.example:{receiver.server_port}"
    assert names["rebound.example"] == [["192.0.2.1"]]


def test_proxies_of_the_environment_are_not_used(monkeypatch, receiver):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert status_of(delivery_to(receiver.url)) == 200
