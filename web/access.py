"""Who is asking: an anonymous visitor is known by a signed cookie."""

from __future__ import annotations

import secrets

from flask import session


def owner() -> str:
    """The visitor's own id; a new visitor gets one with this answer."""
    if "owner" not in session:
        session["owner"] = secrets.token_hex(8)
        session.permanent = True
    return str(session["owner"])
