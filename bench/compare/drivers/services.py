"""Runs in a tree: its own local stack, until standard input ends; says its URL and the processes by name."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

from stack import local


def main() -> None:
    """Start the stack with the settings that the first argument has as JSON; the second one may name a Celery app."""
    settings = json.loads(sys.argv[1])
    for app in sys.argv[2:]:
        _work_with(app)
    with tempfile.TemporaryDirectory() as folder, local.Stack(local.Plan(Path(folder), settings=settings)) as stack:
        processes = {name: process.pid for name, process in stack.processes.items()}
        print(json.dumps({"url": stack.url, "processes": processes}), flush=True)
        sys.stdin.read()


def _work_with(app: str) -> None:
    """Have the workers run an app of this folder in place of their own."""
    command = local._celery
    local._celery = lambda *what: [app if part == "worker.app" else part for part in command(*what)]
    local.PROJECT = f"{local.PROJECT}{os.pathsep}{Path(__file__).parent}"


if __name__ == "__main__":
    main()
