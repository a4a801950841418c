"""Runs in a tree: its own local stack, until standard input ends; says its URL and the processes by name."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from stack.local import Plan, Stack


def main() -> None:
    """Start the stack with the settings that the first argument has as JSON."""
    settings = json.loads(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder, Stack(Plan(Path(folder), settings=settings)) as stack:
        processes = {name: process.pid for name, process in stack.processes.items()}
        print(json.dumps({"url": stack.url, "processes": processes}), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
