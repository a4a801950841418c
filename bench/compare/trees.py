"""The two trees that are compared, and the drivers that run in them and speak JSON."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Self

from shared.settings import WeightsSettings

PROJECT = Path(__file__).parents[2]
DRIVERS = Path(__file__).parent / "drivers"
CACHE = Path("~/.cache/relief/compare").expanduser()  # weights of other commits, a folder each
REQUIREMENTS = "*/requirements*.txt"
MODEL = "portrait"


@dataclass(frozen=True)
class Tree:
    """A checkout, the folder of the weights that it reads, and how tables call it."""

    name: str
    folder: Path
    weights: Path

    @property
    def environment(self) -> dict[str, str]:
        """Variables for a process that runs this tree's code."""
        own = {"PYTHONPATH": str(self.folder), "RELIEF_WEIGHTS": str(self.weights), "DEPTH_MODEL": MODEL}
        return {**os.environ, **own}


@contextmanager
def trees(base: str) -> Iterator[tuple[Tree, Tree]]:
    """The commit `base` in a worktree that is gone at the end, and this checkout."""
    commit = _git("rev-parse", "--short", f"{base}^{{commit}}")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, commit)
        _git("worktree", "add", "--detach", str(folder), commit)
        try:
            other = Tree(commit, folder, CACHE / commit)
            _add_packages(folder)
            _fetch_weights(other)
            yield other, Tree("this", PROJECT, WeightsSettings().weights)
        finally:
            _git("worktree", "remove", "--force", str(folder))


class Driver:
    """A script of `drivers` that runs on a tree's own modules, one line of JSON for each answer."""

    def __init__(self, tree: Tree, script: str, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(DRIVERS / script), *arguments],
            cwd=tree.folder,
            env=tree.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()  # the end of its input ends it

    def answer(self) -> Any:
        """The next line that it writes.

        Raises:
            RuntimeError: it has ended; what it said is on standard error.
        """
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise RuntimeError(f"the driver ended with code {self._process.wait()}")
        return json.loads(line)

    def ask(self, request: Any) -> Any:
        """Its answer to a line."""
        if self._process.stdin:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        return self.answer()


def _add_packages(folder: Path) -> None:
    """Install into a tree what it requires and this Python lacks."""
    lines = [line for file in folder.glob(REQUIREMENTS) for line in file.read_text().splitlines() if "==" in line]
    if absent := [line.split()[0] for line in lines if not _installed(re.split(r"[=\[]", line)[0])]:
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder), *absent]
        subprocess.run(install, check=True, stdout=sys.stderr)


def _installed(name: str) -> bool:
    try:
        return bool(version(name))
    except PackageNotFoundError:
        return False


def _fetch_weights(tree: Tree) -> None:
    """Let the tree's own command download what it lacks."""
    fetch = [sys.executable, "-m", "worker.depth.weights", "fetch", MODEL]
    subprocess.run(fetch, cwd=tree.folder, env=tree.environment, check=True, stdout=sys.stderr)


def _git(*arguments: str) -> str:
    return subprocess.run(
        ["git", "-C", str(PROJECT), *arguments], check=True, stdout=subprocess.PIPE, text=True
    ).stdout.strip()
