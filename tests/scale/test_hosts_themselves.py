"""The hosts of the tests: what they share, what a cut does, and that nothing of them is left behind."""

import socket
import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from stack.local import PROJECT
from tests.support.hosts import Host, Network, a_network, require_hosts

require_hosts()


@pytest.fixture
def network(tmp_path) -> Iterator[Network]:
    with a_network(tmp_path / "hosts") as network:
        yield network


def connects(server: socket.socket) -> bool:
    try:
        socket.create_connection(server.getsockname(), timeout=1).close()
    except OSError:
        return False
    return True


def test_hosts_have_networks_and_names_of_their_own_and_can_be_cut_off(network):
    front, worker = network.host("front"), network.host("worker")
    with front.inside():
        server = socket.create_server((front.address, 0))
    with server, worker.inside():
        assert connects(server)
        front.cut()
        assert not connects(server)
        front.join()
        assert connects(server)
    assert (hostname(front), hostname(worker)) == ("front", "worker")


def test_what_a_killed_test_has_left_behind_is_ended_by_the_next(tmp_path):
    code = (
        "import sys, time; from pathlib import Path; from tests.support.hosts import a_network\n"
        f"with a_network(Path({str(tmp_path)!r})) as network:\n"
        "    print(network.host('left').start('sleep', ['sleep', '1000'], {}).pid, flush=True); time.sleep(1000)"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=PROJECT, stdout=subprocess.PIPE, text=True) as killed:
        left = int(killed.stdout.readline())
        killed.kill()
    assert runs(left)
    with a_network(tmp_path / "next"):
        assert not runs(left)
        assert f"relief-{killed.pid}-" not in subprocess.check_output(["ip", "netns", "list"], text=True)


def runs(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def hostname(host: Host) -> str:
    with host.inside():
        return subprocess.check_output(["uname", "-n"], text=True).strip()
