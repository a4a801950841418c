"""Deliveries arrive signed, within a deadline, at IP addresses that were checked, and never along redirects."""

import logging
import re
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import anyio
import httpx
import pytest
import standardwebhooks

from shared.errors import WebhookUrlError
from shared.webhooks.delivery import DEADLINE_S, WebhookSender, post, signed_headers
from shared.webhooks.queue import ATTEMPTS, IN_FLIGHT_S, RETRIES_S, Delivery, DeliveryQueue
from tests.support.webhooks import (
    SECRET,
    Receiver,
    drips,
    due_now,
    finish_job_with_webhook,
    in_flight_too_long,
    keys_of_deliveries,
    serving,
    silent_hosts,
)

SELF_SIGNED = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"]
SELF_SIGNED += ["-addext", "subjectAltName=DNS:localhost", "-days", "1"]
DOCUMENTATION = Path(__file__).parents[3] / "docs" / "webhooks.md"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


def delivery_to(url: str, secret: str = SECRET) -> Delivery:
    return Delivery(number="1", id="1f-1", url=url, secret=secret, body='{"state": "é"}', attempt=1)


def status_of(delivery: Delivery, *, private: bool = True) -> int:
    return anyio.run(partial(post, delivery, ssl.create_default_context(), private=private))


def sender(store, *, private: bool = True) -> WebhookSender:
    return WebhookSender(DeliveryQueue(store.redis), private=private)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with serving(Receiver()) as server:
        yield server


@pytest.fixture
def running_sender(store) -> Iterator[None]:
    """The threads of a worker that deliver; they end with the test, so that they take nothing of the next one."""
    running = sender(store)
    running.start()
    yield
    running.stop()


@pytest.fixture
def names(monkeypatch) -> dict[str, list[list[str]]]:
    """IP addresses of names that no name server knows: what each is resolved to, the first time, the second time..."""
    names, system = {}, socket.getaddrinfo

    def resolve(host, *how, **options):
        addresses = names[host].pop(0) if host in names else [host]
        return [entry for address in addresses for entry in system(address, *how, **options)]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return names


def wait_until(condition, limit_s: float = 30) -> float:
    """Seconds until it is true."""
    began = time.monotonic()
    while not condition() and time.monotonic() - began < limit_s:
        time.sleep(0.02)
    return time.monotonic() - began


def test_a_job_that_ended_is_delivered_once_and_a_receivers_library_accepts_its_signature(store, receiver):
    finish_job_with_webhook(store, receiver.url)
    webhooks = sender(store)
    assert (webhooks.deliver_due(), webhooks.deliver_due()) == (1, 0)
    [(path, headers, body)] = receiver.received
    assert (path, headers["Content-Type"]) == ("/hook?a=1", "application/json")
    message = standardwebhooks.Webhook(SECRET.encode()).verify(body, headers)
    assert message["event"] == "job.succeeded"
    assert keys_of_deliveries(store) == []


def test_the_receivers_code_in_the_documentation_works(store, receiver):
    [code] = re.findall(r"```python\n(.*?)```", DOCUMENTATION.read_text(), re.DOTALL)
    exec(code, documented := {})
    finish_job_with_webhook(store, receiver.url)
    sender(store).deliver_due()
    [(_, headers, body)] = receiver.received
    assert documented["message_of"](headers, body.encode())["state"] == "succeeded"
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        documented["message_of"](headers | {"webhook-id": "another"}, body.encode())


def test_the_documented_attempts_are_those_that_are_made():
    *first, last = RETRIES_S
    text = " ".join(DOCUMENTATION.read_text().split())
    assert f"after {', '.join(map(str, first))} and {last} s, seven attempts in all" in text
    assert f"complete {DEADLINE_S:g} s after" in text
    assert ATTEMPTS == 7


@pytest.mark.parametrize("encoded", ["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "c2VjcmV0IG9mIHR3ZW50eSBieXRlcw"])
def test_a_secret_in_the_specifications_form_is_decoded_as_the_receivers_library_does(encoded):
    delivery = delivery_to("http://a.example/", f"whsec_{encoded}")
    headers = signed_headers(delivery, int(time.time()))
    library = standardwebhooks.Webhook(f"whsec_{encoded}")
    assert library.verify(delivery.body, headers) == {"state": "é"}
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        library.verify(delivery.body.replace("é", "e"), headers)


@pytest.mark.parametrize("secret", ["whsec_not Base64!", "whsec_abcde", "ein gehütetes Geheimnis"])
def test_any_other_secret_signs_with_its_own_bytes(secret):
    delivery = delivery_to("http://a.example/", secret)
    headers = signed_headers(delivery, int(time.time()))
    assert standardwebhooks.Webhook(secret.encode()).verify(delivery.body, headers)


def test_a_signature_agrees_with_one_made_by_openssl():
    # printf '1f-1.1700000000.{}' | openssl dgst -sha256 -hmac 'a secret of sixteen' -binary | base64
    headers = signed_headers(Delivery("1", "1f-1", "http://a.example/", SECRET, "{}", 1), 1700000000)
    assert headers["webhook-signature"] == "v1,bJLtqMXiQKTjzjRhicZJ/kDdK+KM775F+SMa4O1bOPk="


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_delivery_that_is_refused_is_tried_again_and_then_given_up_and_redirects_are_not_followed(
    store, receiver, status
):
    receiver.status = status
    finish_job_with_webhook(store, receiver.url)
    webhooks = sender(store)
    for _ in range(ATTEMPTS):
        assert (webhooks.deliver_due(), webhooks.deliver_due()) == (1, 0)
        due_now(store)
    assert keys_of_deliveries(store) == []
    assert [path for path, _, _ in receiver.received] == ["/hook?a=1"] * ATTEMPTS
    assert len({headers["webhook-id"] for _, headers, _ in receiver.received}) == 1


def test_a_delivery_is_given_up_when_too_many_workers_died_with_it(store, receiver):
    finish_job_with_webhook(store, receiver.url)
    for _ in range(ATTEMPTS):
        assert DeliveryQueue(store.redis).take()
        in_flight_too_long(store)
    assert sender(store).deliver_due() == 1
    assert (receiver.received, keys_of_deliveries(store)) == ([], [])


def test_a_slow_receiver_does_not_hold_up_the_others(store, receiver, running_sender):
    with silent_hosts(1) as [silent]:
        finish_job_with_webhook(store, silent)
        finish_job_with_webhook(store, receiver.url)
        assert wait_until(lambda: receiver.received) < DEADLINE_S / 2


@pytest.mark.parametrize("owners", [1, 4])
def test_two_hundred_silent_hosts_do_not_hold_up_the_receiver_of_another_owner(store, receiver, owners):
    with silent_hosts(200) as urls:
        for number, url in enumerate(urls):
            finish_job_with_webhook(store, url, owner=f"hostile{number % owners}")
        webhooks = sender(store)
        webhooks.start()
        finish_job_with_webhook(store, receiver.url, owner="honest")
        assert wait_until(lambda: receiver.received) < DEADLINE_S / 2
        assert 0 < store.redis.zcard("relief:news-in-flight") <= 8 * owners
    webhooks.stop()


def test_many_deliveries_to_a_slow_host_do_not_hold_up_the_others(store, receiver, running_sender):
    with drips(CONTINUE, CONTINUE, 0.5) as dripper:
        for number in range(8):
            finish_job_with_webhook(store, f"http://{dripper.netloc}/{number}")
        wait_until(lambda: dripper.calls)
        finish_job_with_webhook(store, receiver.url)
        assert wait_until(lambda: receiver.received) < 4
        assert (dripper.calls, dripper.most_open) == (1, 1)


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
        assert wait_until(lambda: not dripper.open) < 5  # the connection is closed


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


def test_a_webhook_of_a_private_host_is_given_up_without_a_call(store, receiver):
    finish_job_with_webhook(store, receiver.url)
    assert sender(store, private=False).deliver_due() == 1
    assert (receiver.received, keys_of_deliveries(store)) == ([], [])


def test_a_name_is_resolved_once_so_that_its_ip_address_cannot_change_after_the_check(receiver, names):
    names["rebound.example"] = [["127.0.0.1"], ["192.0.2.1"]]
    assert status_of(delivery_to(f"http://rebound.example:{receiver.server_port}/")) == 200
    assert receiver.received[0][1]["Host"] == f"rebound.example:{receiver.server_port}"
    assert names["rebound.example"] == [["192.0.2.1"]]


def test_proxies_of_the_environment_are_not_used(monkeypatch, receiver):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert status_of(delivery_to(receiver.url)) == 200


@pytest.mark.parametrize(
    ("host", "trusted", "delivered"),
    [
        ("localhost", True, True),
        ("localhost.", True, True),
        ("localhost", False, False),
        ("other.example", True, False),
        ("127.0.0.1", True, False),
    ],
)
def test_https_needs_a_trusted_certificate_for_the_urls_host(
    store, receiver, names, tmp_path, monkeypatch, host, trusted, delivered
):
    names |= {"localhost.": [["127.0.0.1"]], "other.example": [["127.0.0.1"]]}
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run([*SELF_SIGNED, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    receiver.socket = context.wrap_socket(receiver.socket, server_side=True)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    finish_job_with_webhook(store, f"https://{host}:{receiver.server_port}/")
    assert sender(store).deliver_due() == 1
    assert (len(receiver.received), keys_of_deliveries(store) == []) == (delivered, delivered)


@pytest.mark.parametrize(
    "rest", ["/secret token/xyz", "/secret\r\nX: y", "/secr\u00e9t", ":0/secret", ":secret/", "]/secret"]
)
def test_a_wrong_url_that_an_older_release_accepted_is_given_up_and_not_logged(store, caplog, rest):
    finish_job_with_webhook(store, f"http://127.0.0.1{rest}")
    assert sender(store).deliver_due() == 1
    assert "webhook" in caplog.text and "secr" not in caplog.text
    assert keys_of_deliveries(store) == []


@pytest.mark.parametrize("status", [200, 404])
def test_the_path_of_a_url_is_not_logged(store, receiver, caplog, status):
    receiver.status = status
    caplog.set_level(logging.INFO)
    finish_job_with_webhook(store, f"http://127.0.0.1:{receiver.server_port}/secret?token=secret")
    finish_job_with_webhook(store, "http://127.0.0.1:1/secret")
    assert sender(store).deliver_due() == 2
    assert len(receiver.received) == 1
    assert "127.0.0.1" in caplog.text and "secret" not in caplog.text
