"""Files of jobs: the photo, and what the workers made of it."""

from __future__ import annotations

from shared.places import Bucket
from shared.settings import Settings
from shared.storage.base import Storage
from shared.storage.folder import FolderStorage


def storage_from(settings: Settings) -> Storage:
    """The storage that the settings choose."""
    if isinstance(settings.data, Bucket):
        from shared.storage.s3 import S3Storage  # loads boto3: half a second, 40 MB

        return S3Storage(settings.data, settings.s3_encryption)
    return FolderStorage(settings.data)
