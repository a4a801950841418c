"""`python -m web.intake.decoder LOG_FORMAT`: decodes uploads, each in a process of its own that can do nothing else.

The front starts one of these, and sends it one end of a pair of sockets for each upload. It forks; the child takes on
limits that the system enforces, reads the upload from its socket, answers there, and ends. What an upload does to its
child happens to nobody else, and nothing of one upload meets the next.
"""

from __future__ import annotations

import ctypes
import io
import json
import os
import resource
import signal
import socket
import sys
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import cast

import numpy as np
from PIL import Image

from shared.errors import DisparityError, PhotoError
from shared.logs import LogFormat, configure_logging
from shared.photo.samples import FORMATS
from shared.results import DISPARITY, PHOTO
from web.intake.files import PART_BYTES
from web.intake.upload import Upload, read_upload

CONTROL = 0  # the file descriptor of the socket to the front
NOBODY = 65534
OPENING_S = 2  # CPU seconds until the number of pixels is known
SECONDS_PER_MP = 0.2  # measured: 0.07 for progressive JPEGs of 49 megapixels with a colour profile; machines differ
MEMORY_BYTES = 150_000_000  # beside what the pixels take
BYTES_PER_PIXEL = 16  # measured at 49 megapixels: 7 to 8, 12 for a progressive JPEG in CMYK, below 16 for 16-bit PNG
NOTHING = ("RLIMIT_CORE", "RLIMIT_FSIZE", "RLIMIT_NPROC", "RLIMIT_NOFILE")  # no file, socket or process can be had
NO_NEW_PRIVILEGES = 38  # PR_SET_NO_NEW_PRIVS of Linux's prctl


def main(log_format: LogFormat) -> None:
    """Serve until the front has ended."""
    configure_logging(log_format)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the front ends this one
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children leave no zombies
    _load_everything()
    _give_up_rights()
    memory_bytes, null = _memory_bytes(), os.open(os.devnull, os.O_RDWR)
    control = socket.socket(fileno=CONTROL)
    while True:
        message, [*given], *_ = socket.recv_fds(control, 1, 1)
        if not message:
            return
        if os.fork() == 0:
            for standard in (0, 1, 2):
                os.dup2(null, standard)
            try:
                _answer(Connection(given[0]), memory_bytes)
            finally:
                os._exit(0)
        os.close(given[0])


def _answer(connection: Connection, memory_bytes: int | None) -> None:
    """Read one upload and send what is to be stored of it, or why it cannot be used."""
    request = json.loads(connection.recv_bytes())
    _limit(request["limit_mp"], memory_bytes)
    photo, *disparity = (_received(connection, size) for size in request["sizes"])
    try:
        _allow_seconds(_megapixels(photo))
        upload = read_upload(photo, disparity[0] if disparity else None, request["limit_mp"])
    except (PhotoError, DisparityError) as error:
        _refuse(connection, error)
    except Exception as error:  # a bug of ours, which the front logs; the upload is refused as damaged
        _refuse(connection, PhotoError("the photo cannot be read; save it anew and try again"), repr(error)[:500])
    else:
        _send(connection, upload)


def _refuse(connection: Connection, error: PhotoError | DisparityError, bug: str = "") -> None:
    refusal = {"error": type(error).__name__, "detail": str(error), "bug": bug}
    connection.send_bytes(json.dumps(refusal).encode())


def _received(connection: Connection, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        data += connection.recv_bytes()
    return bytes(data)


def _send(connection: Connection, upload: Upload) -> None:
    known = {name: each.model_dump() for name in ("photo", "disparity") if (each := getattr(upload, name))}
    sizes = {name: len(data) for name, data in upload.files.items()}
    connection.send_bytes(json.dumps({**known, "files": sizes}).encode())
    for data in upload.files.values():
        for begin in range(0, len(data), PART_BYTES):
            connection.send_bytes(data[begin : begin + PART_BYTES])


def _megapixels(photo: bytes) -> float:
    """By the file's header; 0 where that cannot be read."""
    try:
        with Image.open(io.BytesIO(photo), formats=FORMATS) as image:
            return image.width * image.height / 1e6
    except Exception:  # whatever a decoder raises: read_upload will say it in words
        return 0.0


def _limit(limit_mp: float, memory_bytes: int | None) -> None:
    """Take on all limits; they cannot be raised again."""
    for name in NOTHING:
        resource.setrlimit(getattr(resource, name), (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (OPENING_S, _seconds(limit_mp)))
    if memory_bytes is not None:
        limit = memory_bytes + round(BYTES_PER_PIXEL * 1e6 * limit_mp)
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _allow_seconds(megapixels: float) -> None:
    _, longest_s = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (min(longest_s, _seconds(megapixels)), longest_s))


def _seconds(megapixels: float) -> int:
    """CPU seconds that so many pixels may take."""
    return OPENING_S + round(SECONDS_PER_MP * megapixels)


def _memory_bytes() -> int | None:
    """What a child may have beside its pixels: address space, which Linux alone limits."""
    if sys.platform != "linux":
        return None
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize() + MEMORY_BYTES


def _give_up_rights() -> None:
    """No rights of root, and none to be had by running a program."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)


def _load_everything() -> None:
    """Read a small upload of each kind, so that a child need not open the files of any module."""
    photo, ramp = io.BytesIO(), np.add.outer(np.arange(64.0), np.arange(64.0))
    Image.new("RGB", (64, 64)).save(photo, "PNG")
    maps = [io.BytesIO() for _ in range(3)]
    Image.linear_gradient("L").save(maps[0], "PNG")
    np.save(maps[1], ramp)
    np.savez_compressed(maps[2], ramp)
    for disparity in maps:
        upload = read_upload(photo.getvalue(), disparity.getvalue(), 1)
    stored = bytes(upload.files[PHOTO])
    read_upload(stored, bytes(upload.files[DISPARITY]), 1)
    for broken in (photo.getvalue()[:60], stored[:300], stored[:-30]):
        with suppress(PhotoError):
            read_upload(broken, None, 1)


if __name__ == "__main__":
    main(cast(LogFormat, sys.argv[1]))
