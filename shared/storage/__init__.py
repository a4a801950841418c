"""Files of jobs: the photo, and what the workers made of it."""

from __future__ import annotations

from shared.settings import Settings
from shared.storage.base import Storage
from shared.storage.folder import FolderStorage


def storage_from(settings: Settings) -> Storage:
    """The storage that the settings choose."""
    return FolderStorage(settings.data)
