"""Child processes that are restarted when they die, and killed with all that they started at the end."""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from shared.errors import ReliefError

log = logging.getLogger(__name__)

STOP_S = 30.0
CHECK_EVERY_S = 0.2
LONGEST_PAUSE_S = 5.0
START_S = 120.0
POLL_S = 0.1
WITHHELD = frozenset({"RELIEF_SECRET"})  # of our environment: only a process whose command names it has it


class StackError(ReliefError):
    """The local stack could not be started."""


@dataclass(frozen=True)
class Command:
    """What to run: argv, variables added to our environment, file of its output, descriptors that it inherits."""

    name: str
    argv: Sequence[str]
    environment: Mapping[str, str]
    log_file: Path
    keep_open: Sequence[int] = ()


class Supervised:
    """A child process in a process group of its own; restarted after growing pauses until `stop`."""

    def __init__(self, command: Command) -> None:
        self.command = command
        self._stopping = threading.Event()
        self._process = self._start()
        self._restarter = threading.Thread(target=self._restart, name=f"restart-{command.name}", daemon=True)
        self._restarter.start()

    @property
    def pid(self) -> int:
        """Process id of the child that runs now; another one after a restart."""
        return self._process.pid

    def stop(self, timeout_s: float = STOP_S) -> None:
        """SIGTERM, and SIGKILL to the whole group for what is left after `timeout_s`."""
        self._stopping.set()
        self._restarter.join()
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            log.warning("%s did not stop within %.0f s, killing it", self.command.name, timeout_s)
        _kill_group(self._process.pid)
        self._process.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        self.command.log_file.parent.mkdir(parents=True, exist_ok=True)
        with self.command.log_file.open("ab") as output:
            return subprocess.Popen(
                self.command.argv,
                env={**_inherited(), **self.command.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=self.command.keep_open,
            )

    def _restart(self) -> None:
        pause_s, started = 0.0, time.monotonic()
        while not self._stopping.wait(CHECK_EVERY_S):
            if self._process.poll() is None:
                continue
            pause_s = 0.0 if time.monotonic() - started > LONGEST_PAUSE_S else min(pause_s * 2 + 0.5, LONGEST_PAUSE_S)
            log.warning("%s died with code %s, restarting it", self.command.name, self._process.returncode)
            _kill_group(self._process.pid)  # what it left behind
            if self._stopping.wait(pause_s):
                return
            self._process, started = self._start(), time.monotonic()


def _inherited() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in WITHHELD}


def wait_until(what: str, ready: Callable[[], bool], timeout_s: float = START_S) -> None:
    """Call `ready` until it is true.

    Raises:
        StackError: it is not after `timeout_s`; the message names `what`.
    """
    deadline = time.monotonic() + timeout_s
    while not ready():
        if time.monotonic() > deadline:
            raise StackError(f"{what} is not ready after {timeout_s:.0f} s; see the logs in the data folder")
        time.sleep(POLL_S)


def free_port() -> int:
    """A port of 127.0.0.1 that no process listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def check_free(port: int) -> None:
    """Check that no process listens on a port of 127.0.0.1.

    Raises:
        StackError: one does.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections that have just ended do not count
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise StackError(f"port {port} is taken; choose another one, or 0 for any that is free") from error


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return  # none of it is left
    except PermissionError:
        log.debug("group %d has only zombies left", pid)  # macOS says so
