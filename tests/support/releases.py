"""Relief's processes on hosts of their own, of this release and of the one before."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pytest

from shared.jobs.record import Stage
from stack.local import PROJECT
from stack.processes import Supervised
from tests.conftest import SECRET
from tests.support.hosts import Host
from tests.support.jobs import Store

RELEASE_BEFORE = "043850e5bd458cc2c18aeefe5dd2c07079b2b8eb"
PORT = 8000
GIT = ("git", "-C", str(PROJECT), "-c", f"safe.directory={PROJECT}")
UNKNOWN = (
    f"the release before, {RELEASE_BEFORE}, is neither in this clone nor to be fetched from origin; "
    f"git fetch --depth 1 origin {RELEASE_BEFORE}"
)
QUIET = ("--without-gossip", "--without-mingle", "--without-heartbeat")


@dataclass(frozen=True)
class Release:
    """A tree of Relief's sources, and what its processes are told."""

    tree: Path
    environment: dict[str, str]

    def front(self, host: Host, port: int = PORT) -> tuple[Supervised, str]:
        """A web process, and its URL."""
        argv = [sys.executable, "-m", "web", "--host", host.address, "--port", str(port)]
        environment = {"RELIEF_SECRET": SECRET, **self.environment}
        return self._start(host, f"front{port}", argv, environment), f"http://{host.address}:{port}"

    def worker(self, host: Host, queues: str, number: int = 0) -> Supervised:
        """A worker of these queues."""
        name = f"{queues.partition(',')[0]}{number}"
        argv = [sys.executable, "-m", "celery", "-A", "worker.app", "worker", "-Q", queues, "-n", f"{name}@%h", *QUIET]
        return self._start(host, name, [*argv, "-l", "INFO"], self.environment)

    def command(self, *argv: str) -> list[str]:
        """The command in its tree, since Python and Celery look for modules in the working directory first."""
        return ["env", f"--chdir={self.tree}", f"PYTHONPATH={self.tree}", *argv]

    def _start(self, host: Host, name: str, argv: Sequence[str], environment: dict[str, str]) -> Supervised:
        return host.start(f"{name}-{self.tree.name}", self.command(*argv), environment)


def is_alive(worker: Supervised, host: Host, stage: Stage, store: Store) -> bool:
    """True where the worker has said that it is there for the stage."""
    return f"{host.name}:{worker.pid}".encode() in store.statistics.by_stage()[stage].workers


def unpack_release_before(folder: Path) -> Path:
    """The sources of the release before, from the history; fetched where a shallow clone lacks them."""
    if subprocess.run([*GIT, "cat-file", "-e", RELEASE_BEFORE], stderr=subprocess.DEVNULL).returncode:
        subprocess.run([*GIT, "fetch", "-q", "--depth", "1", "origin", RELEASE_BEFORE])
    packed = subprocess.run([*GIT, "archive", RELEASE_BEFORE, "shared", "web", "worker"], stdout=subprocess.PIPE)
    if packed.returncode:
        pytest.fail(UNKNOWN, pytrace=False)
    with tarfile.open(fileobj=BytesIO(packed.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder
