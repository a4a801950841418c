"""While the disk of Redis is full, the space that was kept is for deletion and expiry: nothing new is taken."""

from __future__ import annotations

from flask import Flask, request

from shared.errors import BusyError
from shared.redis.reserve import reserve_is_gone
from web.services import services

FREEING = {"jobs.cancel"}  # endpoints; so do those of DELETE


def register(app: Flask) -> None:
    """Refuse what would store something while there is no room but for deletion."""
    app.before_request(_refuse_without_reserve)


def _refuse_without_reserve() -> None:
    """Each of these requests would be recorded on the full disk.

    Raises:
        BusyError: the reserve is gone.
    """
    if request.method == "POST" and request.endpoint not in FREEING and reserve_is_gone(services().redis):
        raise BusyError("our disk is full, so that jobs can be read, canceled and deleted only; try again later")
