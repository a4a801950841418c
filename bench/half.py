"""What half precision does to the outputs of MoGe-2, by seeded weights, on any device.

`python -m bench.half NAME...` measures some networks, without a name the small one; a CPU takes a minute for it.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
import torch

from tests.support.seeding import write_checkpoint
from tests.worker.depth.moge.cases import case
from worker.depth.moge.rows import ROWS
from worker.depth.network.checkpoint import load_network
from worker.depth.network.layers import folded
from worker.depth.network.loading import spec_of
from worker.depth.network.reading import Arrays
from worker.depth.network.row import NetworkModel, Precision
from worker.depth.network.torch_backend import CPU_PRECISION, TorchBackend, default_device

PRECISIONS = (Precision("float16", channels_last=False), Precision("bfloat16", channels_last=False))
COLUMNS = ("network", "precision", "distance", "99 %", "pixel to pixel", "normals", "99 %", "mask", "scale")
SMALL = "moge_2_vits_normal"


def main(names: list[str]) -> None:
    """Print the table: differences to float32, medians where nothing else is said."""
    print(f"Device: {default_device()}, torch {torch.__version__}. The portrait of the tests, 54 x 34 tokens.\n")
    print(f"| {' | '.join(COLUMNS)} |")
    print("|---" * len(COLUMNS) + "|")
    for row in ROWS:
        if row.name in (names or [SMALL]):
            for line in _lines(row):
                print(line, flush=True)


def _lines(row: NetworkModel) -> list[str]:
    official = case(row.name, "portrait")
    reading = row.reading.with_tokens(official.tokens)
    inputs = reading.inputs(official.photo, reading.input_size_wh(official.size_wh))
    batch = tuple(values[None] for values in inputs)
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = write_checkpoint(row.name, Path(folder) / "weights.pt")
        exact, *halves = (
            TorchBackend(folded(load_network(spec_of(row), checkpoint)), default_device(), precision)(batch)
            for precision in (CPU_PRECISION, *PRECISIONS)
        )
    return [
        f"| {row.name} | {precision.dtype} | {' | '.join(_differences(half, exact))} |"
        for precision, half in zip(PRECISIONS, halves, strict=True)
    ]


def _differences(half: Arrays, exact: Arrays) -> list[str]:
    """Of points by their distance, and from pixel to pixel; of normals in degrees; of the mask and the scale."""
    (points, logits, scale, *normals), (points_32, logits_32, scale_32, *normals_32) = half, exact
    logarithms = points[0, 2] - points_32[0, 2]
    steps = np.abs(np.diff(logarithms, axis=1))
    mask = np.abs(_sigmoid(logits) - _sigmoid(logits_32))
    angles = _angles_deg(normals[0], normals_32[0]) if normals else np.array([np.nan])
    figures = [np.median(np.abs(logarithms)), np.quantile(np.abs(logarithms), 0.99), np.median(steps)]
    figures += [np.median(angles), np.quantile(angles, 0.99), mask.max(), abs(scale[0] / scale_32[0] - 1)]
    return [f"{figure:.2g}" for figure in figures]


def _angles_deg(normals: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(B, H, W) of (B, 3, H, W), by the chord, which is exact for small angles too."""
    chord = np.linalg.norm(normals / _length(normals) - others / _length(others), axis=1)
    return np.degrees(2 * np.arcsin(np.minimum(chord / 2, 1)))


def _length(normals: np.ndarray) -> np.ndarray:
    return np.linalg.norm(normals, axis=1, keepdims=True)


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-logits))


if __name__ == "__main__":
    main(sys.argv[1:])
