"""Surface normals of a depth map, and the picture of them that renderers take."""

from __future__ import annotations

import numpy as np

from shared.cloud.camera import Intrinsics, unproject
from worker.geometry.jumps import Links


def normals_of(depth: np.ndarray, camera: Intrinsics, links: Links) -> np.ndarray:
    """Find the unit normals of a depth map (H, W), NaN where unknown, pointing to the viewer.

    Differences are taken between linked neighbours only: across the pixel where both sides are linked, to one side
    where one is.

    Returns:
        (H, W, 3) float32 in the camera frame (x right, y down, z forward, so that z is negative); NaN where a
        direction has no linked neighbour.
    """
    points = unproject(depth.astype(np.float64), camera)
    across = _difference(points, links.right)
    along = _difference(points.swapaxes(0, 1), links.down.T).swapaxes(0, 1)
    normal = np.cross(along, across)
    length = np.linalg.norm(normal, axis=-1, keepdims=True)
    return (normal / np.where(length > 0, length, np.nan)).astype(np.float32)


def normal_map(normals: np.ndarray) -> np.ndarray:
    """Encode normals (H, W, 3) in the camera frame as an 8-bit picture, black where unknown.

    Convention: as glTF and OpenGL have it; red is x right, green y up, blue z towards the viewer; -1..1 is 0..255.
    """
    facing = normals * np.array([1, -1, -1], np.float32)
    known = np.isfinite(normals[..., :1])
    return np.where(known, np.rint((np.where(known, facing, 0) + 1) * 127.5), 0).astype(np.uint8)


def degrees_between(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(H, W) angle in degrees between unit vectors (H, W, 3) each; NaN where either is."""
    return np.asarray(np.degrees(np.arccos(np.clip((one * other).sum(-1), -1, 1))))


def _difference(points: np.ndarray, linked: np.ndarray) -> np.ndarray:
    """(H, W, 3) sum of the steps to the linked neighbours in the same row; NaN where there is none."""
    steps = np.where(linked[..., None], np.diff(points, axis=1), 0)  # (H, W - 1, 3)
    total, known = np.zeros_like(points), np.zeros((*points.shape[:2], 1), bool)
    for side in (np.s_[:, :-1], np.s_[:, 1:]):
        total[side] += steps
        known[side] |= linked[..., None]
    return np.where(known, total, np.nan)
