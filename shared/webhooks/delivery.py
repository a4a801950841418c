"""Delivers webhooks, from every worker's parent process, signed as https://www.standardwebhooks.com says."""

from __future__ import annotations

import base64
import contextlib
import hmac
import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import anyio
import httpx
from anyio import CapacityLimiter
from anyio.abc import TaskGroup
from redis.exceptions import RedisError

from shared.errors import WebhookUrlError
from shared.logs import log_context
from shared.webhooks.queue import ATTEMPTS, Delivery, DeliveryQueue
from shared.webhooks.urls import check_ip, check_url

log = logging.getLogger(__name__)

T = TypeVar("T")
AT_ONCE = 256  # deliveries of one worker; a client group has a few of them at the most
ASKING_AT_ONCE = 4  # threads that ask Redis
RESOLVING_AT_ONCE = 128  # names; each takes a thread, which goes on where it is waited for no longer
POLL_S = 0.5  # between looks into an empty queue
DEADLINE_S = 10.0  # of one attempt; well below IN_FLIGHT_S, when another worker would deliver it too
CONNECT_S = 5.0  # of it, for the name, and again for the connection with TLS
CONNECT_TO_SILENT_S = 2.0  # the same, where the host was silent before
SECRET_PREFIX = "whsec_"  # of secrets in Base64


class WebhookSender:
    """Takes deliveries from the queue and sends them, many at once, in one thread's event loop."""

    def __init__(self, queue: DeliveryQueue, *, private: bool) -> None:
        self._queue, self._private = queue, private
        self._tls = ssl.create_default_context()  # takes 20 ms, so once
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._deliver_until_stopped, name="webhooks", daemon=True)

    def start(self) -> None:
        """Begin; ends with the process, or by stop()."""
        self._thread.start()

    def stop(self) -> None:
        """Take no more deliveries, and wait for those in flight."""
        self._stopped.set()
        self._thread.join()

    def deliver_due(self) -> int:
        """Try every delivery that is due; gives how many were tried."""
        return anyio.run(self._deliver_due)

    async def _deliver_due(self) -> int:
        begun = 0
        async with anyio.create_task_group() as in_flight:
            begun = await _Flights(in_flight, self._queue, self._tls, self._private).begin_due()
        return begun

    def _deliver_until_stopped(self) -> None:
        while not self._stopped.is_set():
            try:
                anyio.run(self._poll)
            except Exception:  # the worker's other threads go on without this one, and nobody would know
                log.exception("the sending of webhooks begins anew")
                self._stopped.wait(POLL_S)

    async def _poll(self) -> None:
        async with anyio.create_task_group() as in_flight:
            flights = _Flights(in_flight, self._queue, self._tls, self._private)
            while not self._stopped.is_set():
                try:
                    await flights.begin_due()
                except RedisError as error:
                    log.warning("webhooks put off, redis does not answer: %s", error)
                await anyio.sleep(POLL_S)


class _Flights:
    """The deliveries in flight of one event loop."""

    def __init__(self, in_flight: TaskGroup, queue: DeliveryQueue, tls: ssl.SSLContext, private: bool) -> None:
        self._in_flight, self._queue, self._tls, self._private = in_flight, queue, tls, private
        self._slots = anyio.Semaphore(AT_ONCE)
        self._asking = anyio.CapacityLimiter(ASKING_AT_ONCE)
        self._resolving = anyio.CapacityLimiter(RESOLVING_AT_ONCE)

    async def begin_due(self) -> int:
        """Begin every delivery that is due; gives how many."""
        begun = 0
        while delivery := await self._taken():
            self._in_flight.start_soon(self._deliver, delivery)
            begun += 1
        return begun

    async def _taken(self) -> Delivery | None:
        """A delivery that is due, with a slot for it; waits for one where all are taken."""
        await self._slots.acquire()
        delivery = None
        try:
            delivery = await self._ask(self._queue.take)
        finally:
            if delivery is None:
                self._slots.release()
        return delivery

    async def _deliver(self, delivery: Delivery) -> None:
        with log_context(job_id=delivery.job_id, request_id=delivery.request_id):
            await self._deliver_logged(delivery)

    async def _deliver_logged(self, delivery: Delivery) -> None:
        failure, silent = await self._attempt(delivery)
        try:
            await self._ask(partial(self._settle, delivery, failure, silent))
        except RedisError as error:
            log.warning("webhook attempted, but redis does not answer: %s", error)
        finally:
            self._slots.release()

    async def _attempt(self, delivery: Delivery) -> tuple[str | None, bool]:
        """Send it once.

        Returns:
            Why it failed, or None where it is done with; and whether the host was silent. Of the URL the reason has the
            host only: the rest may hold a secret.
        """
        if delivery.attempt > ATTEMPTS:
            return "the worker that tried last has died", False
        host = "?"
        try:
            host = check_url(delivery.url, private=self._private)
            status = await post(delivery, self._tls, private=self._private, resolving=self._resolving)
        except WebhookUrlError as error:
            log.warning("webhook given up: %s", error)
            return None, False
        except Exception as error:  # whatever a receiver or its name server does must not end the others' deliveries
            return f"{host}: {error!r:.200}", isinstance(error, (TimeoutError, httpx.TimeoutException))
        if not 200 <= status < 300:
            return f"{host} answered {status}", False
        log.info("webhook delivered to %s", host)
        return None, False

    def _settle(self, delivery: Delivery, failure: str | None, silent: bool) -> None:
        if failure is None:
            self._queue.remove(delivery)
            return
        wait_s = self._queue.retry_later(delivery, silent=silent)
        next_attempt = f"again in {wait_s} s" if wait_s else "given up"
        log.warning("webhook failed (attempt %d, %s): %s", delivery.attempt, next_attempt, failure)

    async def _ask(self, act: Callable[[], T]) -> T:
        """Redis, from a thread: while it does not answer, deliveries in flight go on."""
        return await anyio.to_thread.run_sync(act, limiter=self._asking)


async def post(
    delivery: Delivery, tls: ssl.SSLContext, *, private: bool, resolving: CapacityLimiter | None = None
) -> int:
    """Send it; gives the status of the answer, whose body is not read. Redirects are not followed, proxies not used.

    Name resolution, connection, TLS, request and the answer's headers have DEADLINE_S in all; name and connection have
    less, and the least where the host was silent before.

    Raises:
        WebhookUrlError: an IP address of the host is not public.
        TimeoutError, httpx.TimeoutException: the time is over.
        OSError, httpx.HTTPError: the host has no IP address, does not answer, or not in HTTP.
    """
    url = httpx.URL(delivery.url)
    host = url.raw_host.decode("ascii")
    headers = {"Host": url.netloc.decode("ascii")} | signed_headers(delivery, int(time.time()))
    connect_s = CONNECT_TO_SILENT_S if delivery.silent else CONNECT_S
    async with contextlib.AsyncExitStack() as connections:

        async def close_in_the_end(event: str, info: dict[str, Any]) -> None:
            # httpcore leaves the connection open where the deadline breaks off a TLS handshake.
            if event == "connection.connect_tcp.complete":
                connections.push_async_callback(info["return_value"].aclose)

        extensions = {"sni_hostname": host.rstrip("."), "trace": close_in_the_end, "timeout": {"connect": connect_s}}
        with anyio.fail_after(DEADLINE_S):
            with anyio.fail_after(connect_s):
                ip = await _checked_ip(host, private, resolving)
            request = httpx.Request(
                "POST", url.copy_with(host=ip), headers=headers, content=delivery.body, extensions=extensions
            )
            # Not by httpx.AsyncClient, which would write the whole URL into the log.
            async with httpx.AsyncHTTPTransport(verify=tls, trust_env=False) as transport:
                answer = await transport.handle_async_request(request)
                await answer.aclose()
                return answer.status_code


async def _checked_ip(host: str, private: bool, resolving: CapacityLimiter | None) -> str:
    """The first of the host's IP addresses, all of which were checked."""
    resolve = partial(socket.getaddrinfo, host, None, type=socket.SOCK_STREAM)
    found = await anyio.to_thread.run_sync(resolve, abandon_on_cancel=True, limiter=resolving)
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
