"""What a stack that was killed by force leaves behind, and its end: by a watcher, or else by the next start.

Two files in the data folder are locked. `lock` belongs to the stack alone. `processes.lock` is inherited by all that it
starts, so whoever has that file open while nobody holds `lock` was left behind; a stranger with a pid of old has not.
"""

from __future__ import annotations

import fcntl
import logging
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

import psutil

from stack.processes import StackError

log = logging.getLogger(__name__)

OWN, INHERITED = "lock", "processes.lock"
WATCHER_S = 3.0  # the watcher of a stack that was just killed has its lock for less
LETS_GO_S = 1.0  # after which the lock of a stack that was killed is surely free: its pipe may close before that
END_S = 10.0  # for what was killed to be gone
POLL_S = 0.05


class DataLock:
    """Both locks of a data folder, and the watcher, which ends what has inherited the second if we are killed.

    Raises:
        StackError: another stack has the folder; or a process that was left behind does not end.
    """

    def __init__(self, data: Path) -> None:
        self._own = _locked(data / OWN, WATCHER_S)
        if self._own is None:
            raise StackError(f"another Relief runs on {data}; stop it first")
        end_leftovers(data)
        self._inherited = _locked(data / INHERITED)
        if self._inherited is None:
            self._own.close()
            raise StackError(f"another process has {data / INHERITED} open and locked; stop it first")
        self._watcher = _watch(data)

    def fileno(self) -> int:
        """The descriptor that processes of this stack inherit."""
        return self._inherited.fileno() if self._inherited else -1

    def close(self) -> None:
        """Give the folder back, once all that inherited the lock has ended."""
        for file in (self._inherited, self._own):
            if file:
                file.close()
        self._watcher.communicate()


def end_leftovers(data: Path) -> None:
    """Kill every process that a killed stack left behind on this folder, and say which; call it with its lock held."""
    ended: dict[int, str] = {}
    deadline = time.monotonic() + END_S
    while (free := _locked(data / INHERITED)) is None and time.monotonic() < deadline:
        for process in list(_that_inherited(data / INHERITED)):
            with suppress(psutil.NoSuchProcess):
                ended[process.pid] = " ".join(process.cmdline()[:6])
                process.kill()  # psutil looks first whether the pid is still the same process
        time.sleep(POLL_S)
    if free:
        free.close()
    if ended:
        words = "".join(f"\n  {pid}: {command}" for pid, command in ended.items())
        log.warning("ended %d processes that a killed Relief had left behind:%s", len(ended), words)


def _that_inherited(path: Path) -> Iterator[psutil.Process]:
    """Processes that have the file open, and all that they started; never this one."""
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.pid != psutil.Process().pid and any(file.path == str(path) for file in process.open_files()):
                yield from process.children(recursive=True)  # before it is killed, which would hide them
                yield process


def _locked(path: Path, wait_s: float = 0) -> IO[str] | None:
    """The file, open and locked; None where another process has it for longer than `wait_s`."""
    file, deadline = path.open("a"), time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return file
        except OSError:
            if time.monotonic() >= deadline:
                file.close()
                return None
            time.sleep(POLL_S)


def _watch(data: Path) -> subprocess.Popen[bytes]:
    """Start the watcher: its standard input is a pipe of ours, which closes when we end, however that is."""
    command = [sys.executable, "-m", "stack.leftovers", str(data)]
    project = Path(__file__).parent.parent
    return subprocess.Popen(command, stdin=subprocess.PIPE, cwd=project, start_new_session=True)


def main(data: Path) -> None:
    """Wait for the end of the stack that started this, and end what is left, unless a new one is at it already."""
    sys.stdin.read()
    if own := _locked(data / OWN, LETS_GO_S):
        end_leftovers(data)
        own.close()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    main(Path(sys.argv[1]))
