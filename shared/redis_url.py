"""Where Redis is: one server, or the sentinels that know which of several is the primary.

    redis://:PASSWORD@HOST:6379/0
    sentinel://:PASSWORD@HOST:26379,HOST:26379,HOST:26379/0?primary=relief

Own parameters behind the `?`: `replicas`, how many must have what is acknowledged (0, with sentinels 1); of a sentinel
URL also `primary`, the name that the sentinels know it by, and `sentinel_password`, where they ask for one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

SENTINEL = "sentinel"
PLAIN = ("redis", "rediss", "unix")
OWN = {"replicas", "primary", "sentinel_password"}
SENTINEL_PORT = 26379
SEVERAL_HOSTS = re.compile(rf"({SENTINEL}://(?:[^/?#]*@)?)([^/?#]*)(.*)", re.DOTALL)
"""All before the hosts, the hosts, all behind; the standard library takes brackets round the first of them alone."""


@dataclass(frozen=True)
class RedisAddress:
    """A REDIS_URL, read. Without sentinels, `url` says all but `replicas`; with them, the fields below it do."""

    url: str
    replicas: int
    sentinels: tuple[tuple[str, int], ...] = ()
    primary: str = ""
    username: str | None = None
    password: str | None = None
    database: int = 0
    sentinel_password: str | None = None

    @classmethod
    def of(cls, url: str) -> Self:
        """Read a URL.

        Raises:
            ValueError: it is none of the two forms; the message has no part of it, since it may hold a password.
        """
        several = SEVERAL_HOSTS.fullmatch(url)
        parts = urlsplit(f"{several[1]}sentinels{several[3]}" if several else url)
        if parts.scheme not in (SENTINEL, *PLAIN):
            raise ValueError(f"the address of Redis begins with one of {', '.join((*PLAIN, SENTINEL))}, and ://")
        given = dict(parse_qsl(parts.query))
        if several:
            return cls._of_sentinels(url, several[2].split(","), parts, given)
        query = urlencode({name: value for name, value in given.items() if name != "replicas"})
        return cls(parts._replace(query=query).geturl(), _whole_number("replicas", given.get("replicas", "0")))

    @classmethod
    def _of_sentinels(cls, url: str, hosts: Sequence[str], parts: SplitResult, given: Mapping[str, str]) -> Self:
        if unknown := set(given) - OWN:
            raise ValueError(f"a sentinel URL has no {', '.join(sorted(unknown))}; known: {', '.join(sorted(OWN))}")
        if not given.get("primary"):
            raise ValueError("a sentinel URL names the primary, as ?primary=NAME")
        return cls(
            url,
            _whole_number("replicas", given.get("replicas", "1")),
            sentinels=tuple(_host_and_port(host) for host in hosts),
            primary=given["primary"],
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            database=_whole_number("the database", parts.path.strip("/") or "0"),
            sentinel_password=given.get("sentinel_password"),
        )

    @property
    def broker_url(self) -> str:
        """The same for Celery, which names each sentinel by a URL of its own."""
        if not self.sentinels:
            return self.url
        who = f"{quote(self.username or '', '')}:{quote(self.password, '')}@" if self.password else ""
        return ";".join(f"{SENTINEL}://{who}{_netloc(*each)}/{self.database}" for each in self.sentinels)


def checked_url(url: str) -> str:
    """The URL, where it can be read.

    Raises:
        ValueError: see `RedisAddress.of`.
    """
    RedisAddress.of(url)
    return url


def _host_and_port(text: str) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host:
        raise ValueError("a sentinel URL names its sentinels as HOST:PORT, with commas between")
    return host, port or SENTINEL_PORT


def _netloc(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _whole_number(what: str, text: str) -> int:
    if not text.isdecimal():
        raise ValueError(f"{what} in the address of Redis is no whole number")
    return int(text)
