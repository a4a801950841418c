"""`python -m bench.whole_heads --truth DIR`: whole heads, all around, against true meshes of rendered heads, in mm.

DIR holds for each head of tests/data/heads hN.npz with `vertices` (V, 3), the true head in the camera frame with y up
and z towards the viewer, and topology.npz with `triangles` (T, 3) and `region` (V,): 0 face, 1 ears, 2 skull, 3 neck.

A similarity is fitted to the face alone, by nearest points, the farthest tenth left out; then each region's distance is
that from points spread over the truth to the reconstruction's surface: its hidden half counts. Skin and eyes in the
photo's expression are scored. The search starts from the photo's own camera frame, and from a median of the foremost
points, as the protocol has it, which can end elsewhere: that face is the last column.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from bench.heads import TUNED, heads
from bench.point_maps import Trials
from bench.predictions import FAULTS, Fault
from bench.scoring import Similarity, similarity
from shared.head.head import WholeHead
from shared.settings import WeightsSettings
from worker import pipeline

REGIONS = ("face", "ears", "skull", "neck")
SURFACE_POINTS, REGION_POINTS = 200_000, 6000
ROUNDS = 800
SETTLED = 1e-6


def spread(vertices: np.ndarray, triangles: np.ndarray, count: int, seed: int = 0) -> np.ndarray:
    """(count, 3) points spread over triangles by area."""
    a, b, c = np.moveaxis(vertices[triangles], 1, 0)
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    rng = np.random.default_rng(seed)
    which = rng.choice(len(triangles), count, p=area / area.sum())
    u, v = rng.random((2, count, 1))
    flip = u + v > 1
    u, v = np.where(flip, 1 - u, u), np.where(flip, 1 - v, v)
    return np.asarray(a[which] + u * (b - a)[which] + v * (c - a)[which])


def skin_and_eyes(head: WholeHead) -> tuple[np.ndarray, np.ndarray]:
    """Vertices (N, 3) in the camera frame with y up and z towards the viewer, and triangles (T, 3)."""
    vertices, triangles, count = [], [], 0
    for part in head.parts:
        if part.name in ("skin", "eyes"):
            vertices.append(head.posed(part) * np.array([1.0, -1.0, -1.0]))
            triangles.append(part.triangles + count)
            count += len(part.vertices)
    return np.vstack(vertices), np.vstack(triangles)


def score_head(
    vertices: np.ndarray, triangles: np.ndarray, truth: dict[str, np.ndarray], *, from_camera: bool = True
) -> dict[str, float]:
    """Median distances of each region to points of the truth, and "scale", by which it had to be multiplied."""
    surface = spread(vertices, triangles, SURFACE_POINTS)
    face = truth["face"]
    front = face[face[:, 2] > np.percentile(face[:, 2], 15)]
    tree = cKDTree(surface)
    first = np.median(front, 0) - np.median(surface[surface[:, 2] > np.percentile(surface[:, 2], 60)], 0)
    move = Similarity(1.0, np.eye(3), np.zeros(3) if from_camera else first)
    for _ in range(ROUNDS):
        distance, nearest = tree.query((front - move.shift) @ move.rotation / move.scale)
        good = distance <= np.percentile(distance, 90)
        before, move = move, similarity(surface[nearest[good]], front[good])
        if abs(move.scale / before.scale - 1) + 1e-4 * np.linalg.norm(move.shift - before.shift) < SETTLED:
            break
    far = {
        name: float(move.scale * np.median(tree.query((points - move.shift) @ move.rotation / move.scale)[0]))
        for name, points in truth.items()
    }
    return far | {"scale": move.scale}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table, head by head, and means of both groups."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--truth", type=Path, required=True)
    parser.add_argument("--fault", choices=FAULTS, help="of a prediction made from the true head; else the face alone")
    parser.add_argument("heads", nargs="*", help="names; h0 to h19 by default")
    given = parser.parse_args(arguments)
    trials = Trials(WeightsSettings.from_environment().weights)
    fault, kind = (FAULTS[given.fault], "point map") if given.fault else (Fault(), "portrait")
    with np.load(given.truth / "topology.npz") as topology:
        triangles, region = topology["triangles"], topology["region"][topology["triangles"]]
    rows: dict[str, list[float]] = {}
    print("| head | face | ears | skull | neck | scale | face, from the median |\n|---|---|---|---|---|---|---|")
    for head in heads():
        if head.name not in (given.heads or [f"h{k}" for k in range(20)]):
            continue
        made, _ = pipeline.build_head(trials.depth_map(head, fault, kind), head.pixels)
        if made is None:
            print(f"| {head.name} | none |")
            continue
        with np.load(given.truth / f"{head.name}.npz") as file:
            true = file["vertices"].astype(float)
        parts = [triangles[(region == k).all(1)] for k in range(len(REGIONS))]
        points = [spread(true, part, REGION_POINTS, seed) for seed, part in enumerate(parts)]
        truth = dict(zip(REGIONS, points, strict=True))
        mine = skin_and_eyes(made)
        figures = score_head(*mine, truth)
        other = score_head(*mine, truth, from_camera=False)["face"]
        rows[head.name] = [*(figures[name] for name in (*REGIONS, "scale")), other]
        print(_line(head.name, rows[head.name]), flush=True)
    for title, tuned in (("chosen on", True), ("kept apart", False)):
        group = [row for name, row in rows.items() if (name in TUNED) == tuned]
        if group:
            print(_line(f"mean of those {title}", np.mean(group, axis=0).tolist()))


def _line(name: str, row: Sequence[float]) -> str:
    return f"| {name} | " + " | ".join(f"{value:.2f}" for value in row) + " |"


if __name__ == "__main__":
    main()
