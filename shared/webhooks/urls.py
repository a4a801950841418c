"""Which URLs webhooks may have: of hosts in the public internet, unless private ones are allowed."""

from __future__ import annotations

import re

import httpx

from shared.errors import WebhookUrlError
from shared.webhooks.addresses import is_public

LONGEST_NAME = 253  # RFC 1035
LABEL = "[a-z0-9_-]{1,63}"
NAME = re.compile(rf"{LABEL}(\.{LABEL})*\.?")


def check_url(url: str, *, private: bool) -> str:
    """Refuse early what can never be called, or would be refused by its IP addresses when it is called.

    Of the URL, the error tells the host at most: the rest may hold a secret, and errors go into logs.

    Args:
        url: as the client gave it.
        private: hosts of private networks, and this machine, are allowed.
    Returns:
        The URL's host, in lower case and ASCII.
    Raises:
        WebhookUrlError: a space, a control or a non-ASCII character, not http or https, no host or a wrong one,
            a user, a wrong port, or an IP address that is not public.
    """
    if any(character <= " " or character == "\x7f" for character in url):
        raise WebhookUrlError("the webhook's URL has a space or a control character in it; percent-encode it")
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        raise WebhookUrlError("the webhook is no URL: its host or its port cannot be read") from None
    host = parsed.raw_host.decode("ascii")
    if parsed.scheme not in ("http", "https") or not host or parsed.userinfo:
        raise WebhookUrlError("the webhook is no http or https URL with a host and without a user")
    if parsed.port is not None and not 1 <= parsed.port <= 65535:
        raise WebhookUrlError(f"the webhook's port is {parsed.port}; from 1 to 65535 are allowed")
    _, *target = re.split("[/?#]", url.partition("://")[2], maxsplit=1)
    if not "".join(target).isascii():
        # Refused, not encoded: only its owner knows the bytes that are meant, and we call what was given or nothing.
        raise WebhookUrlError("the webhook's path or query is not ASCII; percent-encode it")
    _check_host(host, private=private)
    return host


def check_ip(address: str) -> None:
    """Refuse an IP address that is not public.

    Raises:
        WebhookUrlError: it is not public.
        ValueError: it is no IP address.
    """
    if not is_public(address):
        raise WebhookUrlError(f"the webhook's IP address {address} is not public")


def _check_host(host: str, *, private: bool) -> None:
    is_ipv6 = ":" in host  # which httpx has checked, but for a zone
    if "%" in host or not (is_ipv6 or (NAME.fullmatch(host) and len(host) <= LONGEST_NAME)):
        raise WebhookUrlError(
            f"the webhook's host {host[:LONGEST_NAME]!r} is none: an IPv6 address without a zone, or letters, digits, "
            f"'-', '_' and dots, up to {LONGEST_NAME} in all and 63 between dots"
        )
    if private:
        return
    name = host.rstrip(".")
    if name == "localhost" or name.endswith(".localhost") or ("." not in name and not is_ipv6):
        raise WebhookUrlError(f"the webhook's host {host!r} is not public")
    try:
        check_ip(name)
    except ValueError:
        return  # a name: its IP addresses are checked when it is called
