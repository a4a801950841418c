"""One weights file in the cache folder, and the hash that it is held to."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from pathlib import Path

from shared.errors import WeightsError

log = logging.getLogger(__name__)

SHA256_HEX_DIGITS = 64


@dataclass(frozen=True)
class WeightsFile:
    """A file by its name in the cache folder.

    sha256: hex digest, or its beginning, in lower case; None where nobody has published it. Where the whole digest is
        not known, the one seen first is written beside the file (`<name>.sha256`) and the file is held to it from
        then on.
    """

    name: str
    sha256: str | None = None

    def path(self, folder: Path) -> Path:
        """Where the file lies in a cache folder, whether it is there or not."""
        return folder / self.name

    def verify(self, folder: Path) -> str:
        """Check the file in a cache folder, and give its whole sha256.

        Raises:
            WeightsError: the file is absent, or its sha256 is not the expected one; the message names both.
        """
        path = self.path(folder)
        if not path.is_file():
            raise WeightsError(f"{path} is absent")
        return self.check(path, folder)

    def check(self, path: Path, folder: Path) -> str:
        """Hold the bytes at `path` to what this file should be; record their hash where the whole is not known.

        Returns:
            Their sha256.

        Raises:
            WeightsError: the sha256 is not the expected one; the message names both.
        """
        found = sha256_of(path)
        if not found.startswith(self.sha256 or ""):
            raise WeightsError(f"{path} is not {self.name}: its sha256 is {found}, {self.sha256} is expected")
        if len(self.sha256 or "") < SHA256_HEX_DIGITS:
            self._hold_to_first_sight(found, path, folder)
        return found

    def _hold_to_first_sight(self, found: str, path: Path, folder: Path) -> None:
        record = folder / f"{self.name}.sha256"
        if not record.exists():
            _write_record(record, f"{found}  {self.name}\n")
            return
        seen = record.read_text().split()[:1]
        if seen != [found]:
            raise WeightsError(
                f"{path} has changed: its sha256 is {found}, {' '.join(seen)} was seen first. "
                f"If the new file is right, delete {record}"
            )


def _write_record(record: Path, text: str) -> None:
    """Write the record; a cache folder that is mounted read-only is no reason to refuse the file."""
    try:
        record.write_text(text)
    except OSError as error:
        log.warning("the hash of %s cannot be recorded: %s", record.stem, error)


def sha256_of(path: Path) -> str:
    """The sha256 of a file's bytes, 64 hex digits in lower case."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
