"""Reads GLB files by programs that are not ours: glTF Transform and Khronos's validator, both in Node.js."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

WARNING = 1  # 0 is an error, 2 a remark
SCRIPT = Path(__file__).with_name("read_glb.mjs")


@dataclass(frozen=True)
class ReadMesh:
    """A mesh as the readers have it.

    positions: (N, 3) float, triangles: (T, 3) int; offsets: by the target's name, (N, 3) float.
    """

    positions: np.ndarray
    triangles: np.ndarray
    offsets: dict[str, np.ndarray]
    weights: dict[str, float]
    material: str
    texture: dict[str, Any]


@dataclass(frozen=True)
class ReadGlb:
    """A file as the readers have it; issues are the validator's errors and warnings."""

    meshes: dict[str, ReadMesh]
    extras: dict[str, Any]
    issues: list[dict[str, Any]]


def read_glb(data: bytes, folder: Path) -> ReadGlb:
    """Have a file read; the folder is for a copy of it."""
    path = folder / "read.glb"
    path.write_bytes(data)
    search = os.pathsep.join([os.environ["PATH"], str(Path(sys.executable).parent)])
    node = shutil.which("node", path=search)
    assert node, "no Node.js; make test installs it"
    done = subprocess.run([node, str(SCRIPT), str(path)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, f"{done.stderr}\n(node_modules missing? make test installs them)"
    found = json.loads(done.stdout)
    meshes = {mesh["name"]: _mesh(mesh) for mesh in found["meshes"]}
    issues = [issue for issue in found["issues"]["messages"] if issue["severity"] <= WARNING]
    return ReadGlb(meshes, found["extras"], issues)


def _mesh(mesh: dict[str, Any]) -> ReadMesh:
    positions = np.array(mesh["positions"]).reshape(-1, 3)
    names = mesh["targetNames"]
    offsets = {name: np.zeros_like(positions) for name in names}
    for name, target in zip(names, mesh["targets"], strict=True):
        offsets[name][target["indices"]] = np.array(target["offsets"]).reshape(-1, 3)
    weights = dict(zip(names, mesh["weights"], strict=True))
    triangles = np.array(mesh["triangles"]).reshape(-1, 3)
    return ReadMesh(positions, triangles, offsets, weights, mesh["material"], mesh["texture"])
