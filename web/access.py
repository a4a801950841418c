"""Who sends a request, and which jobs are theirs: a visitor has a signed cookie, a program an API key."""

from __future__ import annotations

import secrets
from ipaddress import IPv4Address, ip_address, ip_network
from urllib.parse import urlsplit

from flask import Flask, g, request, session
from flask.sessions import SecureCookieSessionInterface
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Forbidden, Unauthorized

from shared.errors import JobNotFoundError
from shared.jobs.jobs import SHARE_PREFIX
from shared.jobs.record import Job
from web.services import services

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
IPV6_PREFIX_BITS = 64  # the smallest network that a provider gives; its holder may send from each of 2^64 addresses


class CookieSessions(SecureCookieSessionInterface):
    """Flask's signed cookie, marked Secure where the request came by TLS."""

    def get_cookie_secure(self, app: Flask) -> bool:
        """True where this request came encrypted; then the cookie never travels otherwise."""
        return request.is_secure


def register(app: Flask) -> None:
    """Identify the caller of every request, and refuse writes that another site made a browser send."""
    app.session_interface = CookieSessions()
    app.before_request(_identify)
    app.before_request(_refuse_cross_site_writes)


def caller() -> str | None:
    """Whose jobs this request may see; None for a visitor without a cookie."""
    return g.key_owner or session.get("owner")


def owner() -> str:
    """The caller, to make something theirs; a new visitor gets a cookie with this answer."""
    known = caller()
    if known is None:
        known = session["owner"] = secrets.token_hex(8)
        session.permanent = True
    return known


def requester() -> str:
    """Whose limits this request counts against: the caller's, or those of the IP address where there is no cookie."""
    return caller() or client_ip()


def client_ip() -> str:
    """Where the request comes from: its IPv4 address, or the network of its IPv6 one; no owner is called like that."""
    return f"address-{_network(request.remote_addr or '')}"


def client_group() -> str:
    """Whom the request is counted with beside its own owner: all of its address, or nobody where it has an API key."""
    return g.key_owner or client_ip()


def own_job(job_id: str) -> Job:
    """A job of the caller.

    Raises:
        JobNotFoundError: there is none of that id, or it is another's: the answer is the same.
    """
    job = services().jobs.get(job_id)
    if job.owner != caller():
        raise JobNotFoundError(f"there is no job {job_id}; it may have been deleted")
    return job


def readable_job(id_or_token: str) -> Job:
    """A job of the caller, or one that was shared under this token; to be read only.

    Raises:
        JobNotFoundError: there is none that the caller may see.
    """
    if id_or_token.startswith(SHARE_PREFIX):
        return services().jobs.shared(id_or_token)
    return own_job(id_or_token)


def check_key_again() -> None:
    """For a request that goes on for long: its API key may have been revoked meanwhile.

    Raises:
        Unauthorized: it was.
    """
    _identify()


def share_token() -> str | None:
    """The token that this request reads a job by; None where it is the caller's own."""
    given = str((request.view_args or {}).get("job_id", ""))
    return given if given.startswith(SHARE_PREFIX) else None


def _network(address: str) -> str:
    """An IPv4 address, also one written as IPv6; of another IPv6 address the /64, which one household or server has."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:  # of a Unix socket
        return address
    if isinstance(ip, IPv4Address):
        return str(ip)
    return str(ip.ipv4_mapped or ip_network((ip, IPV6_PREFIX_BITS), strict=False))


def _identify() -> None:
    """Look up the API key, if one was sent. Other schemes of authorization are left to a proxy.

    Raises:
        Unauthorized: the key is unknown or was revoked, also where a valid cookie was sent with it.
    """
    g.key_owner = None
    if not request.headers.get("Authorization", "").lower().startswith("bearer"):
        return
    given = request.authorization
    name = services().keys.name_of(given.token) if given and given.token else None
    if name is None:
        raise Unauthorized(
            "The API key is unknown or was revoked. Send: Authorization: Bearer <key>.",
            www_authenticate=WWWAuthenticate("bearer"),
        )
    g.key_owner = f"key-{name}"


def _refuse_cross_site_writes() -> None:
    """Browsers say where a write comes from, so no token is needed; a program sends neither header, or a key.

    Sec-Fetch-Site comes with TLS and on localhost, Origin with every cross-site write of every browser.

    Raises:
        Forbidden: the write comes from a page of another site.
    """
    if request.method in SAFE_METHODS or g.key_owner:
        return
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    allowed = site in ("same-origin", "none") if site else origin is None or _host_of(origin) == request.host
    if not allowed:
        raise Forbidden("This request came from a page of another site. Programs use an API key instead of the cookie.")


def _host_of(origin: str) -> str | None:
    """The host and port of an origin; None where it has none."""
    try:
        return urlsplit(origin).netloc or None
    except ValueError:
        return None
