"""Deliveries arrive once and signed, are tried again, do not hold up each other, and keep what is secret."""

import logging
import re
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import standardwebhooks

from shared.logs import configure_logging
from shared.webhooks.delivery import DEADLINE_S, WebhookSender
from shared.webhooks.queue import ATTEMPTS, RETRIES_S, DeliveryQueue
from tests.support.logs import json_lines, logging_as_it_was
from tests.support.webhooks import (
    CONTINUE,
    SECRET,
    drips,
    due_now,
    finish_job_with_webhook,
    in_flight_too_long,
    keys_of_deliveries,
    seconds_until,
    silent_hosts,
)

SELF_SIGNED = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"]
SELF_SIGNED += ["-addext", "subjectAltName=DNS:localhost", "-days", "1"]
DOCUMENTATION = Path(__file__).parents[3] / "docs" / "webhooks.md"


def sender(store, *, private: bool = True) -> WebhookSender:
    return WebhookSender(DeliveryQueue(store.redis), private=private)


@pytest.fixture
def running_sender(store) -> Iterator[None]:
    """The threads of a worker that deliver; they end with the test, so that they take nothing of the next one."""
    running = sender(store)
    running.start()
    yield
    running.stop()


def test_a_job_that_ended_is_delivered_once_and_a_receivers_library_accepts_its_signature(store, receiver):
    finish_job_with_webhook(store, receiver.url)
    webhooks = sender(store)
    assert (webhooks.deliver_due(), webhooks.deliver_due()) == (1, 0)
    [(path, headers, body)] = receiver.received
    assert (path, headers["Content-Type"]) == ("/hook?a=1", "application/json")
    message = standardwebhooks.Webhook(SECRET.encode()).verify(body, headers)
    assert message["event"] == "job.succeeded"
    assert keys_of_deliveries(store) == []


def test_a_delivery_is_logged_with_the_job_and_the_request_that_it_came_with(store, receiver, capsys):
    job_id = finish_job_with_webhook(store, receiver.url, request_id="client-0004")
    with logging_as_it_was():
        configure_logging("json")
        sender(store).deliver_due()
    [line] = json_lines(capsys.readouterr().err)
    assert (line["job_id"], line["request_id"]) == (job_id, "client-0004")
    assert "delivered to 127.0.0.1" in line["message"] and "?a=1" not in line["message"]


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
        assert seconds_until(lambda: receiver.received) < DEADLINE_S / 2


@pytest.mark.parametrize("owners", [1, 4])
def test_two_hundred_silent_hosts_do_not_hold_up_the_receiver_of_another_owner(store, receiver, owners):
    with silent_hosts(200) as urls:
        for number, url in enumerate(urls):
            finish_job_with_webhook(store, url, owner=f"hostile{number % owners}")
        webhooks = sender(store)
        webhooks.start()
        finish_job_with_webhook(store, receiver.url, owner="honest")
        assert seconds_until(lambda: receiver.received) < DEADLINE_S / 2
        assert 0 < store.redis.zcard("relief:news-in-flight") <= 8 * owners
    webhooks.stop()


def test_many_deliveries_to_a_slow_host_do_not_hold_up_the_others(store, receiver, running_sender):
    with drips(CONTINUE, CONTINUE, 0.5) as dripper:
        for number in range(8):
            finish_job_with_webhook(store, f"http://{dripper.netloc}/{number}")
        seconds_until(lambda: dripper.calls)
        finish_job_with_webhook(store, receiver.url)
        assert seconds_until(lambda: receiver.received) < 4
        assert (dripper.calls, dripper.most_open) == (1, 1)


def test_a_webhook_of_a_private_host_is_given_up_without_a_call(store, receiver):
    finish_job_with_webhook(store, receiver.url)
    assert sender(store, private=False).deliver_due() == 1
    assert (receiver.received, keys_of_deliveries(store)) == ([], [])


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
