"""The images, read from their Dockerfiles, and as folders that hold what each installs and copies."""

from __future__ import annotations

import re
import shutil
import sys
import venv
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from stack.local import PROJECT

DOCKERFILES = ("web", "worker")


def dockerfile(name: str) -> str:
    """The text of a Dockerfile, a line for each instruction."""
    text = (PROJECT / "deploy" / "docker" / f"{name}.Dockerfile").read_text()
    return text.replace("\\\n", "")


@dataclass(frozen=True)
class Image:
    """An image: its Dockerfile, and the device that it is built for."""

    file: str
    device: str = ""

    def instructions(self, word: str) -> list[str]:
        """What stands after one word of its Dockerfile, in its own stages."""
        wanted = {"cpu-packages", f"{self.device}-packages", ""}
        stages = re.split(r"^(?=FROM )", dockerfile(self.file), flags=re.MULTILINE)[1:]
        lines = [line for stage in stages if _name(stage) in wanted for line in stage.splitlines()]
        return [line.partition(" ")[2].strip() for line in lines if line.startswith(f"{word} ")]

    @property
    def requirements(self) -> list[Path]:
        """The lists that it installs, beside pip itself."""
        return [PROJECT / name for line in self.instructions("RUN") for name in re.findall(r"-r (\S+\.txt)", line)]

    @property
    def folders(self) -> list[str]:
        """The folders of sources that it copies."""
        sources = [source for line in self.instructions("COPY") for source in line.split()[:-1]]
        return [source for source in sources if (PROJECT / source).is_dir()]

    def unpacked(self, folder: Path) -> Path:
        """Make a venv with what it installs, linked to where it lies on this machine, and `app` with what it copies."""
        venv.create(folder, symlinks=True)
        packages = folder / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
        for name in installed_by(self.requirements):
            distribution = metadata.distribution(name)
            for part in {file.parts[0] for file in distribution.files or []} - {"..", "__pycache__"}:
                (packages / part).symlink_to(Path(str(distribution.locate_file(part))))
        for name in self.folders:
            shutil.copytree(PROJECT / name, folder / "app" / name, ignore=shutil.ignore_patterns("__pycache__"))
        return folder


WEB, CPU_WORKER, GPU_WORKER = Image("web"), Image("worker", "cpu"), Image("worker", "gpu")


def _name(stage: str) -> str:
    """The name that a stage of a Dockerfile has; empty where it has none."""
    return stage.splitlines()[0].partition(" AS ")[2].strip()


def installed_by(requirements: list[Path]) -> set[str]:
    """The distributions that pip installs for files of requirements, as this Python's own metadata says."""
    lines = [line.partition("#")[0].strip() for file in requirements for line in file.read_text().splitlines()]
    waiting = [(Requirement(line).name, Requirement(line).extras) for line in lines if line]
    found: set[str] = set()
    while waiting:
        name, extras = waiting.pop()
        if canonicalize_name(name) in found and not extras:
            continue
        found.add(canonicalize_name(name))
        for text in metadata.requires(name) or []:
            needed = Requirement(text)
            if not needed.marker or any(needed.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
                waiting.append((needed.name, needed.extras - {extra for extra in extras if needed.name == name}))
    return found
