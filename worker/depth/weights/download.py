"""One file over HTTP: with a progress bar, resumed where it broke off."""

from __future__ import annotations

import fcntl
import http.client
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tqdm import tqdm

from shared.errors import WeightsError

CHUNK_BYTES = 1 << 20
PARTIAL_CONTENT = 206
RANGE_NOT_SATISFIABLE = 416


def download(url: str, part: Path, timeout_s: float, progress: bool = True) -> None:
    """Bring `part` to the whole of what `url` gives; bytes that it already has are not asked for again.

    Args:
        url: http or https.
        part: the file to fill; it is left as it is when the transfer breaks off, for the next run to resume.
        timeout_s: seconds to wait for the connection, and for each further piece.
        progress: show a bar on stderr, where that is a terminal.
    Raises:
        WeightsError: the server cannot be reached or refuses, the transfer broke off, or another process is at it.
    """
    part.parent.mkdir(parents=True, exist_ok=True)
    with part.open("ab") as file, _reported(url), _locked(file, part):
        try:
            with _opened(url, file.tell(), timeout_s) as response:
                _receive(response, file, part, progress)
        except urllib.error.HTTPError as error:
            if not _is_whole_already(error, file.tell()):
                raise
        finally:
            if not file.tell():
                part.unlink()


@contextmanager
def _reported(url: str) -> Iterator[None]:
    """Turn what a transfer can raise into one error that names the address."""
    try:
        yield
    except urllib.error.HTTPError as error:
        raise WeightsError(f"{url} answered {error.code} {error.reason}") from error
    except (OSError, http.client.HTTPException) as error:
        raise WeightsError(f"{url} could not be fetched: {error}") from error


@contextmanager
def _locked(file: IO[bytes], part: Path) -> Iterator[None]:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise WeightsError(f"another process is fetching {part.stem}; wait for it, or end it") from error
    yield


def _opened(url: str, start: int, timeout_s: float) -> http.client.HTTPResponse:
    if not url.startswith(("http://", "https://")):
        raise WeightsError(f"{url} is not an http or https address")
    headers = {"User-Agent": "relief", "Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    response: http.client.HTTPResponse = urllib.request.urlopen(
        urllib.request.Request(url, headers=headers), timeout=timeout_s
    )
    return response


def _is_whole_already(error: urllib.error.HTTPError, size: int) -> bool:
    """True where the server refuses the range because the file has no more bytes than we have."""
    total = error.headers.get("Content-Range", "").rpartition("/")[2]
    return error.code == RANGE_NOT_SATISFIABLE and total == str(size)


def _receive(response: http.client.HTTPResponse, file: IO[bytes], part: Path, progress: bool) -> None:
    if response.status != PARTIAL_CONTENT:  # the server knows no ranges: begin again
        file.truncate(0)
    length = response.headers.get("Content-Length")
    whole = file.seek(0, 2) + int(length) if length else None
    unseen = None if progress else True  # None: tqdm looks whether stderr is a terminal
    with tqdm(total=whole, initial=file.tell(), desc=part.stem, unit="B", unit_scale=True, disable=unseen) as bar:
        while chunk := response.read(CHUNK_BYTES):
            file.write(chunk)
            bar.update(len(chunk))
    if whole is not None and file.tell() != whole:
        raise OSError(f"the transfer broke off after {file.tell()} of {whole} bytes; run again to go on from there")
