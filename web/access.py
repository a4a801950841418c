"""Who sends a request, and which jobs are theirs: a visitor has a signed cookie, a program an API key."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, ip_address, ip_network
from urllib.parse import urlsplit

from flask import Flask, g, request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Forbidden, Unauthorized

from shared.errors import JobNotFoundError
from shared.jobs.jobs import SHARE_PREFIX
from shared.jobs.record import Job
from web import cookies
from web.file_links import FILE_PREFIX, job_of_file_token
from web.services import services

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
TOKENS = (SHARE_PREFIX, cookies.OWN_PREFIX, FILE_PREFIX)  # what may stand in place of a job's id begins so
IPV6_PREFIX_BITS = 64  # the smallest network that a provider gives; its holder may send from each of 2^64 addresses


def register(app: Flask) -> None:
    """Identify the caller of every request."""
    cookies.register(app)
    app.before_request(_identify)


def register_refusals(app: Flask) -> None:
    """Refuse unknown keys, and writes that another site made a browser send; after they were counted as requests."""
    app.before_request(_refuse_unknown_key)
    app.before_request(_refuse_cross_site_writes)


def caller() -> str | None:
    """Whose jobs this request may see; None for a visitor without a cookie."""
    return g.key_owner or cookies.identity()


def owner() -> str:
    """The caller, to make something theirs; a new visitor gets a cookie with this answer."""
    return caller() or cookies.new_identity()


def requester() -> str:
    """Whose limits this request counts against: the caller's, or those of the IP address where there is no cookie."""
    return caller() or client_ip()


def client_ip() -> str:
    """Where the request comes from: its IPv4 address, or the network of its IPv6 one; no owner is called like that."""
    return f"address-{network_of(request.remote_addr or '')}"


def client_group() -> str:
    """Whom the request is counted with beside its own owner: all of its address, or nobody where it has an API key."""
    return g.key_owner or client_ip()


def own_job(id_or_token: str) -> Job:
    """A job of the caller, by their identity, by the cookie of the job alone, or by its token.

    Raises:
        JobNotFoundError: there is none of that id, or it is another's: the answer is the same.
    """
    by_token = cookies.job_of_token(id_or_token)
    job = services().jobs.get(by_token or id_or_token)
    if not by_token and job.owner != caller() and not cookies.has_job_cookie(job.id):
        raise JobNotFoundError(f"there is no job {job.id}; it may have been deleted")
    return job


def readable_job(id_or_token: str) -> Job:
    """A job of the caller, or one that was shared under this token; to be read only.

    Raises:
        JobNotFoundError: there is none that the caller may see.
    """
    if id_or_token.startswith(SHARE_PREFIX):
        return services().jobs.shared(id_or_token)
    return own_job(id_or_token)


def job_of_file(id_or_token: str, name: str) -> Job:
    """A job of which the caller may read this file: as `readable_job`, or by a link to the file alone.

    Raises:
        JobNotFoundError: there is none, or the link is too old, or another file's.
    """
    if not id_or_token.startswith(FILE_PREFIX):
        return readable_job(id_or_token)
    named = job_of_file_token(id_or_token, name)
    if named is None:
        raise JobNotFoundError("this link to a file is too old, or is not for this file; ask for another one")
    return services().jobs.shared(named) if named.startswith(SHARE_PREFIX) else services().jobs.get(named)


def check_key_again() -> None:
    """For a request that goes on for long: its API key may have been revoked meanwhile.

    Raises:
        Unauthorized: it was.
    """
    _identify()
    _refuse_unknown_key()


def name_of(job: Job) -> str:
    """What the caller names a job by: its id, or the token that opens it."""
    given = _named()
    return given if given.startswith(TOKENS) else cookies.own_token(job.id) or job.id


def is_shared() -> bool:
    """True where this request reads a job that is not the caller's, by the token of its link."""
    return _named().startswith(SHARE_PREFIX)


def _named() -> str:
    return str((request.view_args or {}).get("job_id", ""))


@lru_cache(1000)
def network_of(address: str) -> str:
    """An IPv4 address, also one written as IPv6; of another IPv6 address the /64, which one household or server has."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:  # of a Unix socket
        return address
    if isinstance(ip, IPv4Address):
        return str(ip)
    return str(ip.ipv4_mapped or ip_network((ip, IPV6_PREFIX_BITS), strict=False))


def _identify() -> None:
    """Look up the API key, if one was sent. Other schemes of authorization are left to a proxy."""
    g.key_owner, g.key_unknown = None, False
    if not request.headers.get("Authorization", "").lower().startswith("bearer"):
        return
    given = request.authorization
    name = services().keys.name_of(given.token) if given and given.token else None
    g.key_owner, g.key_unknown = name and f"key-{name}", name is None


def _refuse_unknown_key() -> None:
    """Refuse a key that is no key, also where a valid cookie was sent with it.

    Raises:
        Unauthorized: the key is unknown or was revoked.
    """
    if g.key_unknown:
        raise Unauthorized(
            "The API key is unknown or was revoked. Send: Authorization: Bearer <key>.",
            www_authenticate=WWWAuthenticate("bearer"),
        )


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
