"""`make mutants [ROOM=...] [SAMPLE=300]`: the code changed in small ways, one at a time; do its room's tests notice?

mutmut changes functions only: constants of modules and defaults of dataclasses stay as they are, and so do lines that
write a log. With SAMPLE so many mutants of each room are tried, drawn by chance, the same ones each time. The survivors
are listed in mutants/ROOM/survivors.txt; to see one: `cd mutants/ROOM && mutmut show NAME`.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

from bench import lua_mutants

PROJECT = Path(__file__).parent.parent
TESTS = {
    "shared/cloud": ["tests/shared/cloud"],
    "shared/jobs": ["tests/shared/jobs"],
    "shared/photo": ["tests/shared/photo", "--deselect=tests/shared/photo/test_fuzz.py"],  # minutes for each change
    "shared/storage": ["tests/shared/storage"],
    "worker/geometry": ["tests/worker/geometry"],
}
"""What is mutated, and by which tests each room is judged."""
SCRIPTS = str(lua_mutants.LUA)
ROOMS = [*TESTS, SCRIPTS]
SOURCES = ["shared", "stack", "web", "worker"]
LINKED = [*SOURCES, "tests"]
LOGGING = r"\blog\.\w+\("
MUTMUT = [str(Path(sys.executable).parent / "mutmut")]
HEAD = "| room | mutants tried | killed | share | minutes |\n|---|---|---|---|---|"
SEED = 1


def main() -> None:
    """Run the named rooms, or all, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rooms", nargs="*", choices=[*ROOMS, []], help="all where none is named")
    parser.add_argument("--sample", type=int, help="so many mutants of each room")
    chosen = parser.parse_args()
    print(HEAD)
    for room in chosen.rooms or ROOMS:
        print(row(room, chosen.sample), flush=True)


def row(room: str, sample: int | None) -> str:
    """Mutate one room, and say in a row of the table what came of it."""
    folder = prepared(room)
    if room == SCRIPTS:
        return lua_mutants.row(folder, sample, SEED)
    link_sources(room, folder)
    begin = time.monotonic()
    if sample:
        run(folder, "none")  # it makes the mutants, and says that none is called so
    run(folder, *drawn(folder, sample), check=True)
    minutes = (time.monotonic() - begin) / 60
    (folder / "survivors.txt").write_text(asked(folder, "results"))
    asked(folder, "export-cicd-stats")
    counts = json.loads((folder / "mutants" / "mutmut-cicd-stats.json").read_text())
    killed = sum(counts[outcome] for outcome in ("killed", "timeout", "segfault", "suspicious"))
    survived = counts["survived"] + counts["no_tests"]
    share = killed / (killed + survived)
    return f"| {room} | {killed + survived:,} of {counts['total']:,} | {killed:,} | {share:.1%} | {minutes:.1f} |"


def run(folder: Path, *names: str, check: bool = False) -> None:
    """Try the mutants of these names, or all."""
    with (folder / "run.log").open("w") as log:
        subprocess.run([*MUTMUT, "run", "--max-children", "1", *names], cwd=folder, stdout=log, stderr=log, check=check)


def drawn(folder: Path, sample: int | None) -> list[str]:
    """The names of so many mutants; none where all are to be tried."""
    files = sorted((folder / "mutants").rglob("*.meta"))
    names = [name for file in files for name in json.loads(file.read_text())["exit_code_by_key"]]
    return random.Random(SEED).sample(names, min(sample, len(names))) if sample else []


def prepared(room: str) -> Path:
    """A new folder for a room."""
    folder = PROJECT / "mutants" / room.replace("/", "-")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def link_sources(room: str, folder: Path) -> None:
    """Put into the folder of a room what mutmut takes from it: links to the sources, and its settings."""
    for name in LINKED:
        (folder / name).symlink_to(PROJECT / name)
    own = {
        "source_paths": SOURCES,
        "only_mutate": [f"{room}/*"],
        "pytest_add_cli_args_test_selection": TESTS[room],
        "do_not_mutate_patterns": [LOGGING],
    }
    lines = "\n".join(f"{name} = {json.dumps(value)}" for name, value in own.items())
    (folder / "pyproject.toml").write_text(f"{(PROJECT / 'pyproject.toml').read_text()}\n[tool.mutmut]\n{lines}\n")


def asked(folder: Path, command: str) -> str:
    """What mutmut answers about the last run in the folder."""
    return subprocess.run([*MUTMUT, command], cwd=folder, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    os.nice(19)
    main()
