"""One file over HTTP: with a progress bar, resumed where it broke off."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO

import httpx
from tqdm import tqdm

from shared.errors import WeightsError


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
    with part.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise WeightsError(f"another process is fetching {part.stem}; wait for it, or end it") from error
        headers = {"User-Agent": "relief", "Accept-Encoding": "identity"}
        if file.tell():
            headers["Range"] = f"bytes={file.tell()}-"
        try:
            with httpx.stream("GET", url, headers=headers, timeout=timeout_s, follow_redirects=True) as response:
                if not _is_whole_already(response, file.tell()):
                    _receive(response, file, part.stem, progress)
        except (OSError, httpx.HTTPError, httpx.InvalidURL) as error:
            raise WeightsError(f"{url} could not be fetched: {error}; what came is kept, run again") from error
        finally:
            if not file.tell():
                part.unlink()


def _is_whole_already(response: httpx.Response, size: int) -> bool:
    """True where the server refuses the range because the file has no more bytes than we have."""
    total = response.headers.get("Content-Range", "").rpartition("/")[2]
    return response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE and total == str(size)


def _receive(response: httpx.Response, file: IO[bytes], name: str, progress: bool) -> None:
    if not response.is_success:
        raise WeightsError(f"{response.url} answered {response.status_code} {response.reason_phrase}")
    if response.status_code != httpx.codes.PARTIAL_CONTENT:  # the server knows no ranges: begin again
        file.truncate(0)
    done, length = file.seek(0, os.SEEK_END), response.headers.get("Content-Length")
    whole = done + int(length) if length else None
    unseen = None if progress else True  # None: tqdm shows a bar where stderr is a terminal
    with tqdm(total=whole, initial=done, desc=name, unit="B", unit_scale=True, disable=unseen) as bar:
        for chunk in response.iter_raw():
            bar.update(file.write(chunk))
