"""Delivers webhooks, from threads in every worker's parent process."""

from __future__ import annotations

import http.client
import logging
import socket
import ssl
import threading
import time
from urllib.parse import SplitResult, urlsplit

from redis.exceptions import RedisError

from shared.webhooks import Deliveries, Delivery, WebhookAddressError, check_address, check_url, signature

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
COURIERS = 4
TIMEOUT_S = 5.0


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
        try:
            check_url(delivery.url, private=self._private)
            host = urlsplit(delivery.url).hostname  # the rest of the URL may hold a secret
            status = post(delivery, private=self._private)
        except WebhookAddressError as error:
            log.warning("webhook given up: %s", error)
            self._deliveries.done(delivery)
        except OSError as error:
            self._failed(delivery, f"{host}: {error}")
        except (ValueError, http.client.HTTPException) as error:  # their text may hold the path
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

    Raises:
        WebhookAddressError: an address of the host is not public.
        OSError, http.client.HTTPException: it does not answer.
        ValueError: the URL cannot be written as a request.
    """
    url = urlsplit(delivery.url)
    connection = http.client.HTTPConnection(url.netloc, timeout=TIMEOUT_S)
    connection.sock = _connected(url, private=private)
    try:
        at_s = int(time.time())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Relief",
            "Relief-Delivery": delivery.id,
            "Relief-Signature": signature(delivery.secret, delivery.body, at_s),
        }
        target = (url.path or "/") + (f"?{url.query}" if url.query else "")
        connection.request("POST", target, delivery.body.encode(), headers)
        return connection.getresponse().status
    finally:
        connection.close()


def _connected(url: SplitResult, *, private: bool) -> socket.socket:
    """A connection to the host by an address that is allowed; its name is asked for once, so it cannot change."""
    port = url.port or (443 if url.scheme == "https" else 80)
    found = socket.getaddrinfo(url.hostname, port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    if not private:
        for address in addresses:
            check_address(address)
    plain = socket.create_connection((addresses[0], port), TIMEOUT_S)
    if url.scheme == "http":
        return plain
    try:
        return ssl.create_default_context().wrap_socket(plain, server_hostname=url.hostname)
    except BaseException:
        plain.close()
        raise
