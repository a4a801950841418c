"""The images, checked without an engine: what their files copy and install, and what the code in them needs."""

import ast
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from stack.local import PROJECT
from tests.support.images import CPU_WORKER, DOCKERFILES, GPU_WORKER, WEB, installed_by

IMAGES = {"web": WEB, "cpu worker": CPU_WORKER, "gpu worker": GPU_WORKER}
TORCH = {"torch", "torchvision", "timm", "onnx", "onnxscript"}
MODULES = {"web": "web.__main__", "worker": "worker.app, worker.stages, worker.health, worker.depth.weights"}
every_image = pytest.mark.parametrize("image", IMAGES.values(), ids=IMAGES)


def test_hadolint_finds_nothing_in_the_dockerfiles():
    files = [f"deploy/docker/{name}.Dockerfile" for name in DOCKERFILES]
    assert sorted(files) == sorted(str(file.relative_to(PROJECT)) for file in PROJECT.rglob("deploy/**/*Dockerfile*"))
    checked = subprocess.run([Path(sys.executable).parent / "hadolint", *files], cwd=PROJECT, capture_output=True)
    assert checked.returncode == 0, checked.stdout.decode()


@every_image
def test_an_image_copies_what_exists_and_the_list_of_what_may_be_copied_has(image):
    allowed = (PROJECT / ".dockerignore").read_text().replace("!", "").split()
    for line in image.instructions("COPY"):
        for source in line.split()[:-1]:
            assert (PROJECT / source).exists()
            assert source.split("/")[0] in allowed


@every_image
def test_an_image_runs_as_a_user_that_is_known_by_number_and_says_what_it_is_and_whether_it_is_well(image):
    (user,) = image.instructions("USER")  # Kubernetes believes numbers alone
    assert int(user) > 1000
    assert f"--uid {user} " in image.instructions("RUN")[0]
    assert image.instructions("LABEL") and image.instructions("HEALTHCHECK")


@every_image
def test_everything_that_an_image_installs_is_held_to_its_hash(image):
    commands = [part.strip() for line in image.instructions("RUN") for part in line.split("&&")]
    installing = [command for command in commands if command.startswith("pip ")]
    assert len(installing) >= 2
    for command in installing:
        assert "--require-hashes" in command
        assert command.endswith(" -r pip.lock") or command.endswith(" -c requirements.lock")
    assert "--hash=sha256:" in (PROJECT / "pip.lock").read_text()


@every_image
def test_an_image_has_every_folder_and_package_that_its_code_imports(image):
    modules = MODULES[image.file]
    code = f"import sys, {modules}; print(*(getattr(module, '__file__', None) for module in sys.modules.values()))"
    environment = {"PYTHONPATH": str(PROJECT), "REDIS_URL": "redis://127.0.0.1:1", "RELIEF_DATA": "/tmp"}
    loaded = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    files = [Path(name) for name in loaded.stdout.split() if (PROJECT / ".venv") not in Path(name).parents]
    ours = [file for file in files if PROJECT in file.parents]
    assert {file.relative_to(PROJECT).parts[0] for file in ours} == {*image.folders} == {"shared", image.file}
    packages = metadata.packages_distributions()
    imported = {canonicalize_name(packages[name][0]) for file in ours for name in imports(file) if name in packages}
    assert "redis" in imported
    assert imported - installed_by(image.requirements) == set()


def imports(file: Path) -> set[str]:
    """The top-level names of what a module imports, wherever in it but for its types."""
    names: set[str] = set()
    text = re.sub(r"^if TYPE_CHECKING:\n(?:    .*\n|\n)+", "", file.read_text(), flags=re.MULTILINE)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names


def test_only_the_gpu_image_has_torch():
    web, cpu, gpu = (installed_by(image.requirements) for image in IMAGES.values())
    assert "flask" in web and not web & {*TORCH, "opencv-python-headless"}
    assert "onnxruntime" in cpu and not cpu & TORCH
    assert gpu >= cpu | TORCH
