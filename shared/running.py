"""Where the Redis of a Relief is that runs already, for commands beside it."""

from __future__ import annotations

import os
from pathlib import Path

from shared.errors import SettingsError

ADDRESS_FILE = "redis-url"
"""In the data folder while `make run` runs, for its user's eyes only: the URL has the password."""
DEFAULT_DATA = Path("data")  # of `make run`


def running_redis_url() -> str:
    """REDIS_URL, else what runs on RELIEF_DATA, else what runs on the folder `data`.

    Raises:
        SettingsError: REDIS_URL is not set, and no Relief of this machine runs on that folder.
    """
    if url := os.environ.get("REDIS_URL"):
        return url
    data = Path(os.environ.get("RELIEF_DATA") or DEFAULT_DATA).resolve()
    try:
        return (data / ADDRESS_FILE).read_text()
    except OSError as error:
        raise SettingsError(
            f"REDIS_URL is not set, and no Relief runs on the folder {data}. Beside `make run`, set RELIEF_DATA to its "
            "data folder; elsewhere, set REDIS_URL as the web front has it, such as redis://:PASSWORD@HOST:6379/0"
        ) from error
