"""CRC-32 of stored files, for archives; those that were asked for last are remembered."""

from __future__ import annotations

import zlib
from functools import lru_cache

from shared.storage.base import Storage

KEPT = 10_000  # numbers; a job has some twenty files
PART_BYTES = 1 << 18


class Checksums:
    """Files never change under their name, so that what was counted stays right."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self.crc32 = lru_cache(KEPT)(self._crc32)

    def _crc32(self, job_id: str, folder: str, name: str) -> int:
        crc = 0
        with self._storage.open(job_id, folder, name) as file:
            while part := file.read(PART_BYTES):
                crc = zlib.crc32(part, crc)
        return crc
