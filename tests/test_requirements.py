"""requirements.lock agrees with the requirements.txt files that people read and edit; `make lock` writes it."""

import re
from collections import defaultdict
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).parent.parent
SOURCES = ("requirements.txt", "web/requirements.txt", "worker/requirements.txt", "worker/requirements-torch.txt")
LOCK = (PROJECT / "requirements.lock").read_text()


def named() -> list[Requirement]:
    """What the files ask for, each with its one version."""
    lines = [line for source in SOURCES for line in (PROJECT / source).read_text().splitlines()]
    return [Requirement(line.partition("#")[0]) for line in lines if line[:1].isalpha()]


def locked() -> dict[str, Requirement]:
    """What the lock installs on this machine, by name."""
    entries = map(Requirement, re.findall(r"^[a-z][^\\\n]+", LOCK, re.MULTILINE))
    return {entry.name: entry for entry in entries if not entry.marker or entry.marker.evaluate()}


def needed() -> set[str]:
    """Names of what is asked for and of all that it requires, on this machine."""
    extras: dict[str, set[str]] = defaultdict(set)
    todo = named()
    while todo:
        requirement = todo.pop()
        name = canonicalize_name(requirement.name)
        news = ({""} | requirement.extras) - extras[name]
        extras[name] |= news
        for text in requires(name) or [] if news else []:
            child = Requirement(text)
            if not child.marker or any(child.marker.evaluate({"extra": extra}) for extra in news):
                todo.append(child)
    return set(extras)


def test_the_lock_has_every_version_that_the_files_name():
    pins = locked()
    assert {f"{one.name.lower()}{one.specifier}" for one in named()} <= {
        f"{one.name}{one.specifier}" for one in pins.values()
    }


def test_the_lock_has_all_that_is_needed_and_nothing_more():
    assert set(locked()) == needed()


def test_every_file_of_the_lock_is_known_by_its_hash():
    blocks = re.split(r"^(?=[a-z])", LOCK, flags=re.MULTILINE)[1:]
    assert len(blocks) > 100
    assert [block for block in blocks if not re.search(r"--hash=sha256:[0-9a-f]{64}$", block.strip())] == []


def test_the_lock_names_no_place_to_download_from():
    assert not re.search(r"://|^-|\s@\s", LOCK, re.MULTILINE)
