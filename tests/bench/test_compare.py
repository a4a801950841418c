import subprocess
import sys
import threading

import pytest

from bench.compare import processes
from bench.compare.drivers.networks import NetworkTime
from bench.compare.figures import table

ROUNDS = [({"wall": 2.0, "cpu": 1.0}, {"wall": 1.0}), ({"wall": 4.0}, {"wall": 1.0}), ({"wall": 3.0}, {"wall": 3.0})]


def test_ratios_are_those_of_rounds_and_not_of_medians():
    assert "| wall | 3 | 1 | 0.50 | 0.25, 1.00 |" in table(ROUNDS, "v1").splitlines()


def test_a_figure_that_one_tree_lacks_has_no_ratio():
    assert "| cpu | 1 | none | | |" in table(ROUNDS, "v1").splitlines()


def test_networks_that_run_at_once_are_counted_once():
    spent, both_run = NetworkTime(), threading.Barrier(2, timeout=30)

    def run():
        with spent.counted():
            both_run.wait()
            assert spent.wall_s == 0, "counted while another one still ran"
            both_run.wait()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert spent.wall_s > 0


@pytest.fixture
def parent():
    """A process with a child of 60 MB, which has had 160."""
    child = "most = bytearray(100_000_000); kept = bytearray(60_000_000); del most; print(flush=True); input()"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        yield process.pid
        process.communicate(b"\n")


def test_the_memory_of_a_child_is_told_at_rest_and_at_most(parent):
    child = processes.child_of(parent)
    assert 60 < processes.resident_mb(child) < 120
    assert 160 < processes.most_mb(child) < 220
    assert processes.proportional_mb(parent) > 60


def test_cpu_seconds_have_those_of_children(parent):
    assert processes.cpu_s(parent) >= processes.cpu_s(processes.child_of(parent)) > 0
