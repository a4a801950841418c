"""How far a reconstruction lies from the truth, by the protocol of the NoW face benchmark.

Scan-to-reconstruction distance after a similarity alignment, point to tangent plane where that is nearer.
Source: Sanyal et al., Learning to Regress 3D Face Shape and Expression from an Image without 3D Supervision, 2019.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

ITERATIONS = 15
MIN_POINTS = 300


@dataclass(frozen=True)
class Similarity:
    """target = scale * rotation @ source + shift."""

    scale: float
    rotation: np.ndarray
    shift: np.ndarray

    def apply(self, points: np.ndarray) -> np.ndarray:
        """(N, 3) points moved."""
        return self.scale * points @ self.rotation.T + self.shift


@dataclass(frozen=True)
class Score:
    """Median and mean distance from the truth, mm."""

    median_mm: float
    mean_mm: float


def similarity(source: np.ndarray, target: np.ndarray) -> Similarity:
    """Least-squares scale, rotation and shift taking source (N, 3) onto target (N, 3). Source: Umeyama, 1991."""
    mean_source, mean_target = source.mean(0), target.mean(0)
    a, b = source - mean_source, target - mean_target
    u, sigma, vt = np.linalg.svd(b.T @ a / len(a))
    flip = np.diag([1, 1, np.sign(np.linalg.det(u @ vt))])
    rotation = u @ flip @ vt
    scale = float((sigma * np.diag(flip)).sum() / (a**2).sum(1).mean())
    return Similarity(scale, rotation, mean_target - scale * rotation @ mean_source)


def aligned(points: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray, Similarity]:
    """Align a reconstruction to the truth: by matching pixels first, then by nearest points.

    Args:
        points, truth: (H, W, 3) float in mm for the same pixels, NaN where there is none.
    Returns:
        (N, 3) reconstruction after the alignment, (N, 3) truth, of the pixels that both have; and the alignment.
    Raises:
        ValueError: too few pixels in common.
    """
    both = np.isfinite(points[..., 2]) & np.isfinite(truth[..., 2])
    if both.sum() < MIN_POINTS:
        raise ValueError(f"{both.sum()} pixels in common with the truth; at least {MIN_POINTS} are needed")
    source, scan = points[both].astype(float), truth[both].astype(float)
    move = similarity(source, scan)
    for _ in range(ITERATIONS):
        _, nearest = cKDTree(move.apply(source)).query(scan)
        move = similarity(source[nearest], scan)
    return move.apply(source), scan, move


def score(points: np.ndarray, truth: np.ndarray) -> Score:
    """Distance of each truth point from the aligned reconstruction; arguments as for `aligned`."""
    moved, scan, _ = aligned(points, truth)
    distance, nearest = cKDTree(moved).query(scan, k=4)
    edges = moved[nearest[:, 1:3]] - moved[nearest[:, :1]]
    normal = np.cross(edges[:, 0], edges[:, 1])
    length = np.linalg.norm(normal, axis=1)
    to_plane = np.abs(np.einsum("ij,ij->i", normal, scan - moved[nearest[:, 0]])) / np.maximum(length, 1e-9)
    residual = np.where(length > 1e-9, np.minimum(distance[:, 0], to_plane), distance[:, 0])
    return Score(float(np.median(residual)), float(residual.mean()))
