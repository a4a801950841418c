"""Delivers webhooks, from threads in every worker's parent process."""

from __future__ import annotations

import logging
import re
import socket
import ssl
import threading
import time
from urllib.parse import SplitResult, urlsplit

from redis.exceptions import RedisError

from shared.webhooks.queue import TRIES, Deliveries, Delivery, WebhookAddressError, check_address, check_url, signature

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
COURIERS = 4
DEADLINE_S = 10.0  # for one delivery; well below TAKEN_S, when another one would take it too
ANSWER_BYTES = 4096
STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([1-5]\d\d)(?!\S)")
END_OF_HEAD = re.compile(rb"\r?\n\r?\n")


class Courier:
    """Takes news from the list and tells it, a few at once, so that a slow receiver does not hold up the others."""

    def __init__(self, deliveries: Deliveries, *, private: bool) -> None:
        self._deliveries, self._private = deliveries, private
        self._stopped = threading.Event()
        self._threads = [
            threading.Thread(target=self._deliver_until_stopped, name=f"courier-{number}", daemon=True)
            for number in range(COURIERS)
        ]

    def start(self) -> None:
        """Begin; ends with the process, or by stop()."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Take nothing more; waits until what is in hand was told or put off."""
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def deliver_due(self) -> int:
        """Tell all news that is due; gives how many were tried."""
        tried = 0
        while not self._stopped.is_set() and (delivery := self._deliveries.take()):
            self._deliver(delivery)
            tried += 1
        return tried

    def _deliver(self, delivery: Delivery) -> None:
        if delivery.attempt > TRIES:
            self._failed(delivery, "whoever had it last never said how it went")
            return
        try:
            check_url(delivery.url, private=self._private)
            host = urlsplit(delivery.url).hostname  # the rest of the URL may hold a secret
            status = post(delivery, private=self._private)
        except WebhookAddressError as error:
            log.warning("webhook given up: %s", error)
            self._deliveries.done(delivery)
        except OSError as error:
            self._failed(delivery, f"{host}: {error}")
        except ValueError as error:  # its text may hold the path
            self._failed(delivery, f"{host}: {type(error).__name__}")
        else:
            if 200 <= status < 300:
                self._deliveries.done(delivery)
            else:
                self._failed(delivery, f"{host} answered {status}")

    def _failed(self, delivery: Delivery, reason: str) -> None:
        again = self._deliveries.failed(delivery)
        log.warning("webhook failed (try %d, %s): %s", delivery.attempt, "again" if again else "the last", reason)

    def _deliver_until_stopped(self) -> None:
        while not self._stopped.is_set():
            try:
                self.deliver_due()
            except RedisError as error:
                log.warning("webhooks put off, redis does not answer: %s", error)
            self._stopped.wait(LOOK_EVERY_S)


def post(delivery: Delivery, *, private: bool) -> int:
    """Send it to an address that was looked at first, and to no other; gives the status. Redirects are not followed.

    Connection, TLS, request and the answer's first line have DEADLINE_S in all. The resolution of the name counts too,
    but cannot be broken off: how long it takes is the system's resolver's to say (resolv.conf, 5 s a try by default).

    Raises:
        WebhookAddressError: an address of the host is not public.
        OSError: it does not answer, or not in time, or not in HTTP.
        ValueError: the URL cannot be written as a request.
    """
    url, until = urlsplit(delivery.url), time.monotonic() + DEADLINE_S
    with _connected(url, until, private=private) as connection:
        connection.settimeout(_left_s(until))
        connection.sendall(_request(delivery, url))  # its timeout is for all of it
        return _status(connection, until)


def _connected(url: SplitResult, until: float, *, private: bool) -> socket.socket:
    """A connection to the host by an address that is allowed; its name is asked for once, so it cannot change."""
    port = url.port or (443 if url.scheme == "https" else 80)
    found = socket.getaddrinfo(url.hostname, port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    if not private:
        for address in addresses:
            check_address(address)
    plain = socket.create_connection((addresses[0], port), _left_s(until))
    if url.scheme == "http":
        return plain
    try:
        plain.settimeout(_left_s(until))  # for the whole handshake
        return ssl.create_default_context().wrap_socket(plain, server_hostname=url.hostname)
    except BaseException:
        plain.close()
        raise


def _request(delivery: Delivery, url: SplitResult) -> bytes:
    """The whole request. check_url saw to it that nothing in the URL ends a line."""
    body = delivery.body.encode()
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    lines = (
        f"POST {target} HTTP/1.1",
        f"Host: {url.netloc.encode('idna').decode()}",
        "User-Agent: Relief",
        "Connection: close",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        f"Relief-Delivery: {delivery.id}",
        f"Relief-Signature: {signature(delivery.secret, delivery.body, int(time.time()))}",
    )
    return "\r\n".join((*lines, "", "")).encode("ascii") + body


def _status(connection: socket.socket, until: float) -> int:
    """The status of the answer, as soon as it is there; the rest is not waited for."""
    answer = b""
    while len(answer) < ANSWER_BYTES:
        connection.settimeout(_left_s(until))
        part = connection.recv(ANSWER_BYTES - len(answer))
        if not part:
            break
        answer += part
        if status := _final_status(answer):
            return status
    raise OSError(f"no answer of HTTP in {len(answer)} bytes")


def _final_status(answer: bytes) -> int | None:
    """The status in what has come so far, behind interim ones (100 to 199); None where it is not there yet."""
    for head in END_OF_HEAD.split(answer):
        found = STATUS_LINE.match(head)
        if not found:
            return None
        if int(found[1]) >= 200:
            return int(found[1])
    return None


def _left_s(until: float) -> float:
    left_s = until - time.monotonic()
    if left_s <= 0:
        raise TimeoutError(f"not done within {DEADLINE_S:g} s")
    return left_s
