"""The scripts that Redis runs, with one operator turned round at a time: do the tests of the records notice?"""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parent.parent
LUA = Path("shared", "jobs", "lua")
TESTS = "tests/shared/jobs"
TURNED = {
    "<=": "<",
    ">=": ">",
    " < ": " <= ",
    " > ": " >= ",
    "==": "~=",
    "~=": "==",
    " + ": " - ",
    " - ": " + ",
    " / ": " * ",
    " and ": " or ",
    " or ": " and ",
    "not ": "",
    "true": "false",
    "false": "true",
    "'XX'": "'NX'",
    "'NX'": "'XX'",
    "math.max": "math.min",
    "math.min": "math.max",
}
OPERATOR = re.compile("|".join(map(re.escape, TURNED)))
LONGEST_S = 300  # of all tests; a script that never ends is noticed


@dataclass(frozen=True)
class Mutant:
    """One operator of a script; `start` and `end` are its place in the text."""

    script: Path
    start: int
    end: int
    line: int

    def applied(self, text: str) -> str:
        """The script's text with the operator turned round."""
        return text[: self.start] + TURNED[text[self.start : self.end]] + text[self.end :]


def mutants() -> Iterator[Mutant]:
    """All operators outside of comments."""
    for script in sorted((PROJECT / LUA).rglob("*.lua")):
        begin = 0
        for number, line in enumerate(script.read_text().splitlines(keepends=True), 1):
            for found in OPERATOR.finditer(line.partition("--")[0]):
                yield Mutant(script.relative_to(PROJECT), begin + found.start(), begin + found.end(), number)
            begin += len(line)


def row(folder: Path, sample: int | None, seed: int) -> str:
    """Try the scripts' mutants in a copy of the sources, and say in a row of the table what came of it."""
    begin, every = time.monotonic(), list(mutants())
    tried = random.Random(seed).sample(every, min(sample, len(every))) if sample else every
    for name in ("shared", "stack", "tests", "web", "worker"):
        shutil.copytree(PROJECT / name, folder / name)
    shutil.copy(PROJECT / "pyproject.toml", folder)
    survivors = [mutant for mutant in tried if survives(mutant, folder)]
    (folder / "survivors.txt").write_text("".join(f"{one.script}:{one.line} at {one.start}\n" for one in survivors))
    killed, minutes = len(tried) - len(survivors), (time.monotonic() - begin) / 60
    return f"| {LUA} | {len(tried)} of {len(every)} | {killed} | {killed / len(tried):.1%} | {minutes:.1f} |"


def survives(mutant: Mutant, folder: Path) -> bool:
    """True where the tests pass all the same."""
    script = folder / mutant.script
    text = script.read_text()
    script.write_text(mutant.applied(text))
    try:
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-n", "0", TESTS]
        return subprocess.run(command, cwd=folder, capture_output=True, timeout=LONGEST_S).returncode == 0
    except subprocess.TimeoutExpired:
        return False
    finally:
        script.write_text(text)
