"""`make mutants [ROOM=...]`: the code changed in small ways, one at a time; which mutants do its room's tests kill?

mutmut changes functions only: constants of modules and defaults of dataclasses stay as they are, and so do lines that
write a log. The survivors are listed in mutants/ROOM/survivors.txt; to see one: `cd mutants/ROOM && mutmut show NAME`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

PROJECT = Path(__file__).parent.parent
TESTS = {
    "shared/cloud": ["tests/shared/cloud"],
    "shared/jobs": ["tests/shared/jobs"],
    "shared/photo": ["tests/shared/photo", "--deselect=tests/shared/photo/test_fuzz.py"],  # minutes for each change
    "shared/storage": ["tests/shared/storage"],
    "worker/geometry": ["tests/worker/geometry"],
}
"""What is mutated, and by which tests each room is judged."""
SOURCES = ["shared", "stack", "web", "worker"]
LINKED = [*SOURCES, "tests"]
LOGGING = r"\blog\.\w+\("
MUTMUT = [str(Path(sys.executable).parent / "mutmut")]
HEAD = "| room | mutants | killed | survived | killed of all | minutes |\n|---|---|---|---|---|---|"


def main() -> None:
    """Run the named rooms, or all, and print the table."""
    rooms = sys.argv[1:] or list(TESTS)
    if unknown := set(rooms) - set(TESTS):
        sys.exit(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(TESTS)}")
    print(HEAD)
    for room in rooms:
        print(row(room), flush=True)


def row(room: str) -> str:
    """Mutate one room, and say in a row of the table what came of it."""
    folder = prepared(room)
    begin = time.monotonic()
    with (folder / "run.log").open("w") as log:
        run = subprocess.run([*MUTMUT, "run", "--max-children", "1"], cwd=folder, stdout=log, stderr=log)
    if run.returncode:
        sys.exit(f"mutmut ended with {run.returncode}; see {folder / 'run.log'}")
    minutes = (time.monotonic() - begin) / 60
    (folder / "survivors.txt").write_text(asked(folder, "results"))
    asked(folder, "export-cicd-stats")
    counts = json.loads((folder / "mutants" / "mutmut-cicd-stats.json").read_text())
    killed = sum(counts[outcome] for outcome in ("killed", "timeout", "segfault", "suspicious"))
    survived = counts["survived"] + counts["no_tests"]
    share = killed / (killed + survived)
    return f"| {room} | {killed + survived:,} | {killed:,} | {survived} | {share:.1%} | {minutes:.1f} |"


def prepared(room: str) -> Path:
    """A new folder that holds links to the sources, and mutmut's settings for the room."""
    folder = PROJECT / "mutants" / room.replace("/", "-")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in LINKED:
        (folder / name).symlink_to(PROJECT / name)
    own = {"source_paths": SOURCES, "only_mutate": [f"{room}/*"], "pytest_add_cli_args_test_selection": TESTS[room]}
    own |= {"do_not_mutate_patterns": [LOGGING]}
    lines = "\n".join(f"{name} = {json.dumps(value)}" for name, value in own.items())
    (folder / "pyproject.toml").write_text(f"{(PROJECT / 'pyproject.toml').read_text()}\n[tool.mutmut]\n{lines}\n")
    return folder


def asked(folder: Path, command: str) -> str:
    """What mutmut answers about the last run in the folder."""
    return subprocess.run([*MUTMUT, command], cwd=folder, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    os.nice(19)
    main()
