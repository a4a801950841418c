"""Memory of the workers: of the child that does the work at rest and at most, and of all of a worker's processes."""

from __future__ import annotations

import time

from bench.compare import processes
from bench.compare.figures import Figures, table
from bench.compare.services import client, portrait, running, send, wait_for_end
from bench.compare.trees import Tree

SIDES_PX = (1024, 3000)
JOBS = 3  # of each size, with all steps
REST_S = 4  # freed memory may go back to the system only when a worker has been idle for a while
WORKERS = ("depth0", "model0")


def print_memory(base: Tree, this: Tree, rounds: int) -> None:
    """Print the table."""
    pairs = [(_figures(base), _figures(this)) for _ in range(rounds)]
    print(f"### Memory of workers, MB\n\n{table(pairs, base.name)}\n", flush=True)


def _figures(tree: Tree) -> Figures:
    with running(tree) as services, client(services) as visitor:
        pids = {name.rstrip("0"): services.processes[name] for name in WORKERS}
        figures = {f"{name}'s child, started": _child_mb(pid) for name, pid in pids.items()}
        for side_px in SIDES_PX:
            photo = portrait(side_px)
            for _ in range(JOBS):
                wait_for_end(visitor, send(visitor, photo))
            time.sleep(REST_S)
            for name, pid in pids.items():
                child = processes.child_of(pid)
                figures[f"{name}'s child, at rest after {side_px} px"] = processes.resident_mb(child)
                figures[f"{name}'s child, at most until then, {side_px} px"] = processes.most_mb(child)
        return figures | {f"{name}, all its processes": processes.proportional_mb(pid) for name, pid in pids.items()}


def _child_mb(pid: int) -> float:
    return processes.resident_mb(processes.child_of(pid))
