"""The images, checked without an engine: by what their files copy and install, and what the code in them imports."""

import ast
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from stack.local import PROJECT
from tests.support.compose import IMAGES, dockerfile


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_runs_as_a_user_and_copies_what_exists(image):
    lines = dockerfile(image).splitlines()
    assert "USER relief" in lines
    for line in lines:
        if line.startswith("COPY"):
            assert (PROJECT / line.split()[1]).exists()
            assert line.split()[1].split("/")[0] in (PROJECT / ".dockerignore").read_text().replace("!", "").split()


@pytest.mark.parametrize(("image", "modules"), IMAGES.items())
def test_an_image_has_every_folder_and_package_that_its_code_imports(image, modules):
    code = f"import sys, {modules}; print(*(getattr(module, '__file__', None) for module in sys.modules.values()))"
    environment = {"PYTHONPATH": str(PROJECT), "REDIS_URL": "redis://127.0.0.1:1", "RELIEF_DATA": "/tmp"}
    loaded = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    files = [Path(name) for name in loaded.stdout.split() if (PROJECT / ".venv") not in Path(name).parents]
    ours = [file for file in files if PROJECT in file.parents]
    assert {file.relative_to(PROJECT).parts[0] for file in ours} == {"shared", image}
    packages = metadata.packages_distributions()
    imported = {canonicalize_name(packages[name][0]) for file in ours for name in imports(file) if name in packages}
    assert "redis" in imported
    assert imported - installed_by(PROJECT / image / "requirements.txt") == set()


def imports(file: Path) -> set[str]:
    """The top-level names of what a module imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names


def installed_by(requirements: Path) -> set[str]:
    """The distributions that pip installs for a file of requirements, as this Python's own metadata says."""
    lines = (line.partition("#")[0].strip() for line in requirements.read_text().splitlines())
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


def test_the_web_image_has_no_torch():
    installed = installed_by(PROJECT / "web" / "requirements.txt")
    assert "flask" in installed
    assert not installed & {"torch", "timm", "opencv-python-headless"}
