"""CPU time and memory of a process and of what it has started, as Linux tells them."""

from __future__ import annotations

from pathlib import Path

import psutil

MB = 1e6


def cpu_s(pid: int) -> float:
    """CPU seconds of a process, of those that it started, and of those of them that have ended."""
    process = psutil.Process(pid)
    return sum(sum(one.cpu_times()[:4]) for one in (process, *process.children(recursive=True)))


def child_of(pid: int) -> int:
    """The child that works for a Celery process: the largest."""
    return int(max(psutil.Process(pid).children(), key=lambda child: child.memory_info().rss).pid)


def resident_mb(pid: int) -> float:
    """Memory of one process, with what it shares with others."""
    return float(psutil.Process(pid).memory_info().rss / MB)


def proportional_mb(pid: int) -> float:
    """Memory of a process and of those that it started, what they share counted once."""
    process = psutil.Process(pid)
    return float(sum(one.memory_full_info().pss for one in (process, *process.children(recursive=True))) / MB)


def most_mb(pid: int) -> float:
    """The most memory that one process has had."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(dict(line.split(":", 1) for line in lines)["VmHWM"].split()[0]) * 1024 / MB
