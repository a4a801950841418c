"""One file over HTTPS: with a progress bar, resumed where it broke off."""

from __future__ import annotations

import fcntl
import os
from ipaddress import ip_address
from pathlib import Path
from typing import IO, TYPE_CHECKING

import httpx
from tqdm import tqdm

from shared.errors import WeightsError

if TYPE_CHECKING:
    from worker.depth.weights import FetchOptions

LARGEST_BYTES = 2_000_000_000  # of a file of weights; the largest that is known, dpt_beit_large_512.pt, has 1.6e9


def download(url: str, part: Path, options: FetchOptions) -> None:
    """Bring `part` to the whole of what `url` gives; bytes that it already has are not asked for again.

    Args:
        url: https, also after every redirect.
        part: the file to fill; it is left as it is when the transfer breaks off, for the next run to resume.
        options: how long to wait, whether to show a bar on stderr where that is a terminal.
    Raises:
        WeightsError: the server cannot be reached or refuses, the transfer broke off, or another process is at it; it
            is asked by plain http; the file is larger than any of weights, or its server does not say how large.
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
            with _client(options) as client, client.stream("GET", url, headers=headers) as response:
                if not _is_whole_already(response, file.tell()):
                    _receive(response, file, part.stem, options.progress)
        except (OSError, httpx.HTTPError, httpx.InvalidURL) as error:
            raise WeightsError(f"{url} could not be fetched: {error}; what came is kept, run again") from error
        finally:
            if not file.tell():
                part.unlink()


def _client(options: FetchOptions) -> httpx.Client:
    """A client that asks nobody by plain http, whoever redirects it there."""

    def refuse_http(request: httpx.Request) -> None:
        if request.url.scheme != "https" and not (options.http_on_loopback and _is_loopback(request.url.host)):
            raise WeightsError(f"{request.url} is not https: weights that anybody on the way can change are not taken")

    return httpx.Client(timeout=options.timeout_s, follow_redirects=True, event_hooks={"request": [refuse_http]})


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _is_whole_already(response: httpx.Response, size: int) -> bool:
    """True where the server refuses the range because the file has no more bytes than we have."""
    total = response.headers.get("Content-Range", "").rpartition("/")[2]
    return response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE and total == str(size)


def _receive(response: httpx.Response, file: IO[bytes], name: str, progress: bool) -> None:
    if not response.is_success:
        raise WeightsError(f"{response.url} answered {response.status_code} {response.reason_phrase}")
    if response.status_code != httpx.codes.PARTIAL_CONTENT:  # the server knows no ranges: begin again
        file.truncate(0)
    done = file.seek(0, os.SEEK_END)
    whole = done + _bytes_to_come(response)
    if whole > LARGEST_BYTES:
        raise WeightsError(f"{response.url} has {whole:,} bytes; weights have {LARGEST_BYTES:,} at most")
    unseen = None if progress else True  # None: tqdm shows a bar where stderr is a terminal
    with tqdm(total=whole, initial=done, desc=name, unit="B", unit_scale=True, disable=unseen) as bar:
        for chunk in response.iter_raw():  # httpx ends it after the announced bytes, and raises where fewer come
            bar.update(file.write(chunk))


def _bytes_to_come(response: httpx.Response) -> int:
    """The length that the server announces: without one, the end of a file and a broken line look the same.

    Raises:
        WeightsError: it announces none.
    """
    try:
        return int(response.headers["Content-Length"])
    except (KeyError, ValueError) as error:
        raise WeightsError(f"{response.url} does not say how many bytes it sends") from error
