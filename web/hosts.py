"""Which names this service answers to: a name of somebody else's, pointed at us, must not make a browser ours."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import ip_address

from flask import Flask, request
from werkzeug.exceptions import BadRequest, MisdirectedRequest
from werkzeug.sansio.utils import host_is_trusted

from web.services import services

LOCAL = ("localhost", ".localhost")  # names that browsers never look up (RFC 6761, section 6.3)
ANY = "*"
PORT = re.compile(r":\d*$")
ABSOLUTE = re.compile(r"[^/?#]*://(?:[^/?#]*@)?([^/?#]*)")  # a request target that is a URL (RFC 9112, section 3.2.2)


def register(app: Flask) -> None:
    """Refuse every request that names another host; register this before what reads the host."""
    app.before_request(_refuse_other_hosts)


@lru_cache(100)
def is_ours(host: str, names: tuple[str, ...]) -> bool:
    """Whether a host, with or without a port, is among the names, an IP address, or this machine's own name.

    An IP address needs no name, and DNS rebinding needs one. A name that begins with a dot stands for all below it.
    """
    name = PORT.sub("", host).strip("[]").rstrip(".").lower()
    return ANY in names or _is_ip(name) or host_is_trusted(name, [*LOCAL, *names])


def _refuse_other_hosts() -> None:
    """Links are made from the host that was asked for, and browsers tell sites apart by it.

    Raises:
        BadRequest: the request names no host, or one that is not written as a host is.
        MisdirectedRequest: it names one that is not ours, in its Host or in an absolute URL.
    """
    if not request.host:
        raise BadRequest("The Host header is missing, or is no host.")
    for host in (request.host, _host_of_target()):
        if host is not None and not is_ours(host, services().settings.hosts):
            raise MisdirectedRequest(
                f"This service does not answer to the host {host}. Its operator lists the names of it in RELIEF_HOSTS."
            )


def _host_of_target() -> str | None:
    """The host of a request target that is a URL; None of any other."""
    found = ABSOLUTE.match(request.environ.get("REQUEST_URI", ""))
    return found[1] if found else None


def _is_ip(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
