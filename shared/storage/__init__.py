"""Files of jobs: the photo, and what the workers made of it."""

from __future__ import annotations

import logging

from shared.places import Bucket
from shared.settings import Settings
from shared.storage.base import Storage
from shared.storage.folder import FolderStorage

log = logging.getLogger(__name__)


def storage_from(settings: Settings) -> Storage:
    """The storage that the settings choose."""
    if isinstance(settings.data, Bucket):
        from shared.storage.s3 import S3Storage  # loads boto3: half a second, 40 MB

        return S3Storage(settings.data, settings.s3_encryption)
    return FolderStorage(settings.data)


def say_if_away(storage: Storage) -> None:
    """Log at a process's start that storage cannot be used; what needs it is refused, or waits, until it can."""
    try:
        storage.check()
    except OSError as error:
        log.error("storage cannot be used, photos are refused and jobs wait until it can: %s", error)
