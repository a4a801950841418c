"""What the application holds for its requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flask import current_app

from shared.jobs.store import JobStore
from shared.jobs.wakeups import Hints
from shared.settings import Settings
from shared.storage.base import Storage
from web.changes import Changes
from web.expected import Paces
from web.intake.decoding import Decoding

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
