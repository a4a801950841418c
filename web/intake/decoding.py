"""Uploads are decoded in processes of their own: the front itself reads no byte of a photo."""

from __future__ import annotations

import json
import logging
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, BinaryIO

from shared.errors import BusyError, DisparityError, PhotoError, PhotoTooLargeError, PhotoTypeError
from shared.jobs.record import DisparityInfo, PhotoInfo
from shared.logs import LogFormat
from web.intake.files import PART_BYTES, file_size, parts
from web.intake.upload import Upload

log = logging.getLogger(__name__)

PROJECT = Path(__file__).parents[2]
LONGEST_S = 60.0  # of one upload, on a busy machine; the system ends its process after fewer CPU seconds
MOST_BYTES = 200_000_000  # of a file that a child gives
LONGEST_HEADER = 100_000
ENDS_WITHIN_S = 0.1
ATTEMPTS = 3  # a process that forks may be killed too
TOO_COSTLY = (
    "the photo takes more memory or time to read than any photo of its size should; save it anew with another program "
    "and try again"
)
REFUSALS = {kind.__name__: kind for kind in (PhotoError, PhotoTooLargeError, PhotoTypeError, DisparityError)}
ENVIRONMENT = {"PYTHONPATH": str(PROJECT), "OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}


@dataclass(frozen=True)
class Forker:
    """The process that forks a child for each upload, and the socket by which it is asked to."""

    process: subprocess.Popen[bytes]
    control: socket.socket

    @classmethod
    def started(cls, log_format: LogFormat) -> Forker:
        """A new one; it takes uploads at once, and reads them when it has loaded what it needs."""
        control, theirs = socket.socketpair()
        with theirs:
            argv = [sys.executable, "-m", "web.intake.decoder", log_format]
            process = subprocess.Popen(argv, stdin=theirs.fileno(), stdout=subprocess.DEVNULL, env=ENVIRONMENT)
        return cls(process, control)

    @contextmanager
    def child(self) -> Iterator[Connection]:
        """A connection to a new child, which ends with the block at the latest.

        Raises:
            OSError: this process has ended.
        """
        ours, theirs = socket.socketpair()
        with Connection(ours.detach()) as connection:
            with theirs:
                socket.send_fds(self.control, [b"\0"], [theirs.fileno()])
            yield connection

    @property
    def ended(self) -> bool:
        """True where the process has ended, or ends just now."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(ENDS_WITHIN_S)
        return self.process.returncode is not None

    def end(self) -> None:
        """End the process; what its children have in hand goes on."""
        self.control.close()
        self.process.wait()


class Decoding:
    """Decodes uploads; the server bounds how many at once."""

    def __init__(self, log_format: LogFormat = "text") -> None:
        self._log_format = log_format
        self._lock = threading.Lock()
        self._forker: Forker | None = None

    def start(self) -> Forker:
        """The process that forks; started unless it runs."""
        with self._lock:
            if self._forker and self._forker.process.poll() is not None:
                self._forker.end()
                self._forker = None
            self._forker = self._forker or Forker.started(self._log_format)
            return self._forker

    def close(self) -> None:
        """End the process that forks, if it runs."""
        with self._lock:
            if self._forker:
                self._forker.end()
                self._forker = None

    def decode(self, photo: BinaryIO, disparity: BinaryIO | None, *, limit_mp: float) -> Upload:
        """Have a child decode what was sent.

        Args:
            photo: the file that was sent; it is read from its beginning, in parts.
            disparity: the disparity map that came with it.
            limit_mp: most megapixels of a photo.
        Raises:
            PhotoError, DisparityError: one cannot be used, or costs more memory or time than it may.
            BusyError: the machine is too busy.
        """
        for _ in range(ATTEMPTS):
            forker = self.start()
            try:
                with forker.child() as child:
                    return _asked(child, photo, disparity, limit_mp)
            except (EOFError, OSError):  # the child's end, or that of the process that forks
                if not forker.ended:
                    raise PhotoError(TOO_COSTLY) from None
        raise BusyError("photos cannot be read just now; try again in a minute")


def _asked(child: Connection, photo: BinaryIO, disparity: BinaryIO | None, limit_mp: float) -> Upload:
    """What the child answers; EOFError or OSError where it ended before."""
    files = [file for file in (photo, disparity) if file]
    sizes = [file_size(file) for file in files]
    with suppress(OSError):  # it may have refused without reading all
        child.send_bytes(json.dumps({"limit_mp": limit_mp, "sizes": sizes}).encode())
        for file in files:
            for part in parts(file):
                child.send_bytes(part)
    if not child.poll(LONGEST_S):
        raise BusyError("the photo could not be read in time; try again in a minute")
    answer: dict[str, Any] = json.loads(child.recv_bytes(LONGEST_HEADER))
    if "error" in answer:
        if answer["bug"]:
            log.error("an upload could not be decoded: %s", answer["bug"])
        raise REFUSALS[answer["error"]](answer["detail"])
    stored = {name: _file(child, size) for name, size in answer["files"].items()}
    size = answer.get("disparity")
    return Upload(stored, PhotoInfo(**answer["photo"]), DisparityInfo(**size) if size else None)


def _file(child: Connection, size_bytes: int) -> bytearray:
    """A file that the child sends in parts; it is in memory once."""
    if size_bytes > MOST_BYTES:
        raise EOFError("the child announces more than any file has")
    data, begin = bytearray(size_bytes), 0
    while begin < size_bytes:
        part = child.recv_bytes(min(PART_BYTES, size_bytes - begin))
        data[begin : begin + len(part)] = part
        begin += len(part)
    return data
