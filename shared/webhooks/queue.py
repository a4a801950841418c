"""Webhooks: what a client wishes to be told, and the list of what is still to be told, in Redis.

The scripts that end a job put its news on the list; a worker takes each from there for a while, so that another one
takes it over where it dies, and strikes it off when it was delivered or is given up. Hosts take turns: while one is
told, its other news wait, and those for other hosts go first.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict
from redis import Redis

from shared.errors import ReliefError
from shared.redis.scripts import Scripts

LUA = Path(__file__).parent / "lua"
TAKEN_S = 60.0
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052
LONGEST_NAME = 253  # RFC 1035
NAME = re.compile(r"[a-z0-9._-]+", re.IGNORECASE)
RETRIES_S = (5, 20, 80, 320, 1280, 5120)  # after each failed try; then it is given up
TRIES = len(RETRIES_S) + 1
Event = Literal["succeeded", "failed", "canceled"]


class WebhookAddressError(ReliefError):
    """The URL of a webhook is none that is called."""


class Webhook(BaseModel):
    """Where to tell of a job's end, which ends, the secret that signs, and the link of the job that is told too."""

    model_config = ConfigDict(frozen=True)

    url: str
    link: str
    secret: str
    events: tuple[Event, ...]


@dataclass(frozen=True)
class Delivery:
    """One piece of news on its way."""

    id: str
    url: str
    secret: str
    body: str
    attempt: int


class Deliveries:
    """The news that are still to be told: one at a time to each host, and one after the other where hosts are slow."""

    def __init__(self, redis: Redis) -> None:
        self._scripts = Scripts(redis, LUA, libraries=[LUA / "common" / "queue.lua"])

    def take(self) -> Delivery | None:
        """News that is due, for this worker alone for a while, as is its host; None where there is none."""
        answer = self._scripts.call("take", round(TAKEN_S * 1000))
        if answer is None:
            return None
        number, *fields = (part.decode() for part in answer)
        row = dict(zip(fields[::2], fields[1::2], strict=True))
        news = {"event": f"job.{row['state']}", "job": row["job"], "state": row["state"]}
        news |= {"link": row["link"], "at_ms": int(row["at_ms"])}
        return Delivery(number, row["url"], row["secret"], json.dumps(news), int(row["attempt"]))

    def done(self, delivery: Delivery) -> None:
        """Strike it off, if it was not taken over."""
        self._scripts.call("put_back", delivery.id, delivery.attempt, "")

    def failed(self, delivery: Delivery) -> bool:
        """Put it off, longer each time; False where it was the last try."""
        if delivery.attempt >= TRIES:
            self.done(delivery)
            return False
        self._scripts.call("put_back", delivery.id, delivery.attempt, RETRIES_S[delivery.attempt - 1] * 1000)
        return True


def signature(secret: str, body: str, at_s: int) -> str:
    """Value of the header Relief-Signature: HMAC-SHA256 of "<time>.<body>"; who receives it should refuse old times."""
    digest = hmac.new(secret.encode(), f"{at_s}.{body}".encode(), hashlib.sha256).hexdigest()
    return f"t={at_s},v1={digest}"


def check_url(url: str, *, private: bool) -> None:
    """Refuse early what can never be called, or will be refused by its addresses when it is.

    Of the URL, the error tells the host at most: the rest may hold a secret, and errors go into logs.

    Raises:
        WebhookAddressError: a space, a control or a non-ASCII character, not http or https, no host or a wrong one,
            a user, a port that is none, or an address that is not public.
    """
    if any(character <= " " or character == "\x7f" for character in url):
        raise WebhookAddressError("the webhook's URL has a space or a control character in it; percent-encode it")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise WebhookAddressError("the webhook is no URL: its host, or its port (1 to 65535), cannot be read") from None
    if parts.scheme not in ("http", "https") or not host or parts.username is not None:
        raise WebhookAddressError("the webhook is no http or https URL with a host and without a user")
    if port == 0:
        raise WebhookAddressError("the webhook's port is 0; from 1 to 65535 are allowed")
    if not (parts.path + parts.query + parts.fragment).isascii():
        # Refused, not encoded: only its owner knows the bytes that are meant, and we call what was given or nothing.
        raise WebhookAddressError("the webhook's path or query is not ASCII; percent-encode it")
    _check_host(host, private=private)


def _check_host(host: str, *, private: bool) -> None:
    if ":" in host:
        _check_ipv6(host)
        name = host
    else:
        name = _ascii_name(host).rstrip(".")
    if private:
        return
    if name == "localhost" or name.endswith(".localhost") or ("." not in name and ":" not in name):
        raise WebhookAddressError(f"the webhook's host {host!r} is not public")
    try:
        check_address(name)
    except ValueError:
        return  # a name: its addresses are looked at when it is called


def _check_ipv6(host: str) -> None:
    try:
        zone = ipaddress.IPv6Address(host).scope_id
    except ValueError as error:
        raise WebhookAddressError(f"the webhook's host {host!r} is no IPv6 address") from error
    if zone is not None:  # names a network card of ours
        raise WebhookAddressError(f"the webhook's host {host!r} has a zone; an address without one is allowed")


def _ascii_name(host: str) -> str:
    """The name as name servers know it."""
    try:
        name = host.encode("idna").decode()
    except UnicodeError as error:
        raise WebhookAddressError(f"the webhook's host {host!r} is no name: {error}") from error
    if len(name) > LONGEST_NAME or not NAME.fullmatch(name):
        raise WebhookAddressError(
            f"the webhook's host {host!r} is no name: letters, digits, '-', '_' and dots, {LONGEST_NAME} in all"
        )
    return name


def check_address(address: str) -> None:
    """Refuse an IP address that is not public: private, loopback, link-local, site-local, multicast, reserved.

    Raises:
        WebhookAddressError: it is not public.
        ValueError: it is no IP address.
    """
    ip = _embedded(ipaddress.ip_address(address.partition("%")[0]))
    site_local = isinstance(ip, ipaddress.IPv6Address) and ip.is_site_local  # which Python 3.11 takes for global
    if not ip.is_global or ip.is_multicast or ip.is_reserved or site_local:
        raise WebhookAddressError(f"the webhook's address {address} is not public")


def _embedded(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The IPv4 address that an IPv6 one leads to, mapped, by 6to4 or by NAT64; else itself."""
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    if ip in NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or ip
