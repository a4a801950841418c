"""`python -m bench [NAME...]`: run the benchmarks and print their tables; bench/README.md records them."""

from __future__ import annotations

import os
import platform
import sys
from importlib import import_module

SCRIPTS = (
    "stages",
    "latency",
    "heads",
    "point_maps",
    "lenses",
    "measures",
    "photos",
    "midas",
    "batches",
    "load",
    "queue_cost",
    "waits",
    "scale",
    "wire",
    "first",
    "turning",
    "recovery",
    "failover",
    "storage",
    "hostile",
    "memory",
)


def main() -> None:
    """Run the named benchmarks, or all."""
    chosen = sys.argv[1:] or SCRIPTS
    unknown = set(chosen) - set(SCRIPTS)
    if unknown:
        sys.exit(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(SCRIPTS)}")
    print(f"Machine: {machine()}\n")
    for name in chosen:
        import_module(f"bench.{name}").main()


def machine() -> str:
    """The machine in one line."""
    return f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"


if __name__ == "__main__":
    main()
