"""Delivers webhooks, from threads in every worker's parent process, signed as https://www.standardwebhooks.com says."""

from __future__ import annotations

import base64
import contextlib
import hmac
import logging
import socket
import ssl
import threading
import time
from functools import partial
from typing import Any

import anyio
import httpx
from redis.exceptions import RedisError

from shared.errors import WebhookUrlError
from shared.webhooks.queue import ATTEMPTS, Delivery, DeliveryQueue
from shared.webhooks.urls import check_ip, check_url

log = logging.getLogger(__name__)

THREADS = 4  # so that a slow receiver does not hold up the others
POLL_S = 1.0  # between looks into an empty queue
DEADLINE_S = 10.0  # of one attempt; well below IN_FLIGHT_S, when another worker would deliver it too
SECRET_PREFIX = "whsec_"  # of secrets in Base64


class WebhookSender:
    """Takes deliveries from the queue and sends them, some at once."""

    def __init__(self, queue: DeliveryQueue, *, private: bool) -> None:
        self._queue, self._private = queue, private
        self._tls = ssl.create_default_context()  # takes 20 ms, so once
        self._stopped = threading.Event()
        self._threads = [
            threading.Thread(target=self._deliver_until_stopped, name=f"webhooks-{number}", daemon=True)
            for number in range(THREADS)
        ]

    def start(self) -> None:
        """Begin; ends with the process, or by stop()."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Take no more deliveries, and wait for those in flight."""
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def deliver_due(self) -> int:
        """Try every delivery that is due; gives how many were tried."""
        tried = 0
        while not self._stopped.is_set() and (delivery := self._queue.take()):
            self._deliver(delivery)
            tried += 1
        return tried

    def _deliver(self, delivery: Delivery) -> None:
        try:
            failure = _attempt(delivery, self._tls, private=self._private)
        except WebhookUrlError as error:
            log.warning("webhook given up: %s", error)
            failure = None
        if failure is None:
            self._queue.remove(delivery)
            return
        wait_s = self._queue.retry_later(delivery)
        next_attempt = f"again in {wait_s} s" if wait_s else "given up"
        log.warning("webhook failed (attempt %d, %s): %s", delivery.attempt, next_attempt, failure)

    def _deliver_until_stopped(self) -> None:
        while not self._stopped.is_set():
            try:
                self.deliver_due()
            except RedisError as error:
                log.warning("webhooks put off, redis does not answer: %s", error)
            self._stopped.wait(POLL_S)


def _attempt(delivery: Delivery, tls: ssl.SSLContext, *, private: bool) -> str | None:
    """Send it once.

    Returns:
        Why it failed; None where the receiver has it. Of the URL it has the host only: the rest may hold a secret.

    Raises:
        WebhookUrlError: the URL must not be called.
    """
    if delivery.attempt > ATTEMPTS:
        return "the worker that tried last has died"
    host = check_url(delivery.url, private=private)
    try:
        status = anyio.run(partial(post, delivery, tls, private=private))
    except (OSError, httpx.HTTPError) as error:
        return f"{host}: {error!r:.200}"
    return None if 200 <= status < 300 else f"{host} answered {status}"


async def post(delivery: Delivery, tls: ssl.SSLContext, *, private: bool) -> int:
    """Send it; gives the status of the answer, whose body is not read. Redirects are not followed, proxies not used.

    Name resolution, connection, TLS, request and the answer's headers have DEADLINE_S in all.

    Raises:
        WebhookUrlError: an IP address of the host is not public.
        TimeoutError: DEADLINE_S are over.
        OSError, httpx.HTTPError: the host has no IP address, does not answer, or not in HTTP.
    """
    url = httpx.URL(delivery.url)
    host = url.raw_host.decode("ascii")
    headers = {"Host": url.netloc.decode("ascii")} | signed_headers(delivery, int(time.time()))
    async with contextlib.AsyncExitStack() as connections:

        async def close_in_the_end(event: str, info: dict[str, Any]) -> None:
            # httpcore leaves the connection open where the deadline breaks off a TLS handshake.
            if event == "connection.connect_tcp.complete":
                connections.push_async_callback(info["return_value"].aclose)

        extensions = {"sni_hostname": host.rstrip("."), "trace": close_in_the_end}
        with anyio.fail_after(DEADLINE_S):
            to_ip = url.copy_with(host=await _checked_ip(host, private))
            request = httpx.Request("POST", to_ip, headers=headers, content=delivery.body, extensions=extensions)
            # Not by httpx.AsyncClient, which would write the whole URL into the log.
            async with httpx.AsyncHTTPTransport(verify=tls, trust_env=False) as transport:
                answer = await transport.handle_async_request(request)
                await answer.aclose()
                return answer.status_code


async def _checked_ip(host: str, private: bool) -> str:
    """The first of the host's IP addresses, all of which were checked."""
    resolve = partial(socket.getaddrinfo, host, None, type=socket.SOCK_STREAM)
    found = await anyio.to_thread.run_sync(resolve, abandon_on_cancel=True)
    addresses = [str(entry[4][0]) for entry in found]
    if not private:
        for address in addresses:
            check_ip(address)
    return addresses[0]


def signed_headers(delivery: Delivery, at_s: int) -> dict[str, str]:
    """Headers of an attempt at a Unix time: signature and what it covers, as Standard Webhooks 1.0 has them."""
    signed = f"{delivery.id}.{at_s}.{delivery.body}".encode()
    signature = base64.b64encode(hmac.digest(_key(delivery.secret), signed, "sha256")).decode()
    return {
        "User-Agent": "Relief",
        "Content-Type": "application/json",
        "webhook-id": delivery.id,
        "webhook-timestamp": str(at_s),
        "webhook-signature": f"v1,{signature}",
    }


def _key(secret: str) -> bytes:
    """The bytes that sign: of whsec_ and Base64, what is encoded; of any other text, its own in UTF-8."""
    encoded = secret.removeprefix(SECRET_PREFIX)
    if encoded != secret:
        with contextlib.suppress(ValueError):
            return base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    return secret.encode()
