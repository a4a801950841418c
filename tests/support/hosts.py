"""Hosts of their own on this machine: network namespaces on a bridge, of which this machine's network sees nothing.

Whoever is `inside` a host has its network and its hostname, with all threads and processes that are started there.
"""

from __future__ import annotations

import ctypes
import fcntl
import itertools
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from stack.processes import Command, Supervised, wait_until
from tests.support.browser_setup import in_ci

MISSING = (
    "NO HOSTS OF THEIR OWN, so the tests of several are left out. They need root on Linux, and iproute2: "
    "apt-get install iproute2"
)
NAMESPACE = re.compile(r"relief-(\d+)-\S+")  # the pid of the test, a number, a host
NETWORKS = itertools.count()
ANY_HOSTNAME, ANY_NETWORK = 0x04000000, 0x40000000  # CLONE_NEWUTS and CLONE_NEWNET of sched.h
BLOCKED, FORWARDING = "0", "3"  # states of a bridge's port
LOCK = Path(tempfile.gettempdir()) / "relief-hosts.lock"
LIBC = ctypes.CDLL(None, use_errno=True)


def require_hosts() -> None:
    """Skip the module that asks where there can be no hosts; fail in CI."""
    if sys.platform == "linux" and os.geteuid() == 0 and shutil.which("ip") and shutil.which("bridge"):
        return
    if in_ci():
        pytest.fail(MISSING, pytrace=False)
    pytest.skip(MISSING, allow_module_level=True)


@dataclass(frozen=True)
class Host:
    """A host with an address and a folder, which nobody else is told."""

    name: str
    address: str
    folder: Path
    network: Network
    namespaces: tuple[int, int]  # descriptors

    @contextmanager
    def inside(self) -> Iterator[Host]:
        """Let this thread be on the host for the block."""
        before = _own_namespaces()
        _enter(self.namespaces)
        try:
            yield self
        finally:
            _enter(before)
            for descriptor in before:
                os.close(descriptor)

    def start(self, name: str, argv: Sequence[str], environment: dict[str, str]) -> Supervised:
        """Run a process until the network ends, started again when it dies; its output is in `folder`."""
        command = Command(name, argv, environment, self.folder / f"{name}.log")
        with self.inside():
            process = Supervised(command)
        self.network.processes.append(process)
        return process

    def cut(self) -> None:
        """No packet goes in or out from now, and nobody is told: connections hang."""
        self.network.set_port(self.name, BLOCKED)

    def join(self) -> None:
        """Packets go in and out again."""
        self.network.set_port(self.name, FORWARDING)


class Network:
    """A bridge in a namespace of its own, and the hosts on it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._prefix = f"relief-{os.getpid()}-{next(NETWORKS)}"
        self._switch = f"{self._prefix}-switch"
        self._hosts: list[Host] = []
        self.processes: list[Supervised] = []
        self.servers: list[Supervised] = []  # which end after the processes that use them
        _ip("netns", "add", self._switch)
        _ip("-n", self._switch, "link", "add", "bridge", "up", "type", "bridge")

    def host(self, name: str) -> Host:
        """A new host."""
        namespace, port, address = f"{self._prefix}-{name}", _port(name), f"10.0.0.{len(self._hosts) + 1}"
        _ip("netns", "add", namespace)
        _ip("-n", self._switch, "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", namespace)
        _ip("-n", self._switch, "link", "set", port, "master", "bridge", "up")
        _ip("-n", namespace, "address", "add", f"{address}/24", "dev", "eth0")
        for link in ("lo", "eth0"):
            _ip("-n", namespace, "link", "set", link, "up")
        folder = self._folder / name
        folder.mkdir(parents=True)
        self._hosts.append(Host(name, address, folder, self, _namespaces(namespace, name)))
        return self._hosts[-1]

    def set_port(self, host: str, state: str) -> None:
        """Let the bridge forward a host's packets, or drop them."""
        subprocess.run(["bridge", "-n", self._switch, "link", "set", "dev", _port(host), "state", state], check=True)

    def stop(self, processes: Sequence[Supervised]) -> None:
        """End some of the processes, all at once."""
        with ThreadPoolExecutor() as pool:
            list(pool.map(Supervised.stop, processes))
        self.processes = [process for process in self.processes if process not in processes]

    def close(self) -> None:
        """End all processes and the hosts."""
        self.stop(self.processes)
        self.stop(self.servers)
        for host in self._hosts:
            for descriptor in host.namespaces:
                os.close(descriptor)
        _remove(lambda name: name.startswith(f"{self._prefix}-"))


@contextmanager
def a_network(folder: Path) -> Iterator[Network]:
    """A network for the block; what tests that were killed have left behind is ended first."""
    _remove(lambda name: (found := NAMESPACE.fullmatch(name)) and not psutil.pid_exists(int(found[1])))
    with ExitStack() as ends:
        network = Network(folder)
        ends.callback(network.close)
        yield network


def _port(host: str) -> str:
    """The name of a host's port at the bridge, 15 characters at most."""
    return f"to-{host}"


def _remove(wanted: Callable[[str], object]) -> None:
    """Kill what runs in namespaces of these names, and remove them; one test at a time, since two may find the same."""
    with LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        names = [line.split()[0] for line in _ip("netns", "list").splitlines()]
        for name in filter(wanted, names):
            wait_until(f"the end of {name}", lambda name=name: not _kill_all(name), timeout_s=10)
            _ip("netns", "delete", name)


def _kill_all(namespace: str) -> list[str]:
    pids = _ip("netns", "pids", namespace).split()
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(int(pid), signal.SIGKILL)
    return pids


def _namespaces(network: str, hostname: str) -> tuple[int, int]:
    """Descriptors of the network's namespace and of one with this hostname."""
    with ThreadPoolExecutor(1) as thread:
        hostname_namespace = thread.submit(_new_hostname, hostname).result()
    return os.open(f"/run/netns/{network}", os.O_RDONLY), hostname_namespace


def _new_hostname(name: str) -> int:
    """Give this thread a hostname of its own; a descriptor of its namespace, which lives as long as that is open."""
    _checked(LIBC.unshare(ANY_HOSTNAME))
    socket.sethostname(name)
    return os.open("/proc/thread-self/ns/uts", os.O_RDONLY)


def _own_namespaces() -> tuple[int, int]:
    network, hostname = (os.open(f"/proc/thread-self/ns/{kind}", os.O_RDONLY) for kind in ("net", "uts"))
    return network, hostname


def _enter(namespaces: tuple[int, int]) -> None:
    network, hostname = namespaces
    _checked(LIBC.setns(network, ANY_NETWORK))
    _checked(LIBC.setns(hostname, ANY_HOSTNAME))


def _checked(returned: int) -> None:
    if returned:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _ip(*arguments: str) -> str:
    return subprocess.run(["ip", *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout
