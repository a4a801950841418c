"""What the application holds for its requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flask import current_app

from shared.queue import Hints
from shared.settings import Settings
from shared.storage import Storage
from shared.store import JobStore
from web.changes import Changes
from web.decoding import Decoding
from web.expected import Paces

KEY = "relief"


@dataclass(frozen=True)
class Services:
    """The doors to Redis, storage and the workers."""

    settings: Settings
    store: JobStore
    storage: Storage
    hints: Hints
    changes: Changes
    decoding: Decoding
    paces: Paces


def services() -> Services:
    """The services of the application that handles this request."""
    return cast(Services, current_app.extensions[KEY])
