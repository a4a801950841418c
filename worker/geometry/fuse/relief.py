"""The fine relief of a surface, from the normals that a network sees.

A network's normals show folds, strands, lids and lips that its depth has only blurred, and landmarks not at all. In
perspective they give the slopes of the depth's logarithm, whatever the depth. The depth is moved by as little as gives
it those slopes in wavelengths up to some length; what is coarser stays.
Source: Frankot & Chellappa, A Method for Enforcing Integrability in Shape from Shading Algorithms, PAMI 1988 (by a
transform); Nehab et al., Efficiently Combining Positions and Normals for Precise 3D Geometry, SIGGRAPH 2005 (coarse
positions, fine normals); Cao et al., Bilateral Normal Integration, ECCV 2022 (in the logarithm, cut at steps).
"""

from __future__ import annotations

import numpy as np

from shared.cloud.camera import Intrinsics
from worker.geometry.fuse.integrability import without_noise
from worker.geometry.fuse.integration import integrated
from worker.geometry.fuse.sight import smooth_step
from worker.geometry.jumps import links_of

LEAST_FACING = 0.1
"""Cosine between normal and ray: slopes of what is turned further away mean nothing."""
STEEP = (2.0, 4.0)
"""Slopes of the depth itself, next to a pixel's width, from where on normals count less, and not at all: steps."""


def relief_of(
    depth: np.ndarray,
    normals: np.ndarray,
    weight: np.ndarray,
    camera: Intrinsics,
    length_px: float,
    fine: np.ndarray | float = 1.0,
) -> np.ndarray:
    """What moves a surface so that its fine relief is that of normals.

    Args:
        depth: (H, W) float mm, NaN where unknown. Where it jumps, it is two surfaces.
        normals: (H, W, 3) float, unit vectors out of the surface in the camera frame, NaN where unknown.
        weight: (H, W) float, 0..1, how far the normals count. Where they do not, the change goes on, and fades.
        camera: intrinsics of that grid.
        length_px: wavelengths well below 2 pi times that become those of the normals, longer ones stay.
        fine: (H, W) float, 0..1, how far they count besides in wavelengths below that length; or the same everywhere.
    Returns:
        (H, W) float32 mm to add to the depth; NaN where that is.
    """
    slopes, facing = log_slopes(normals, camera)
    known = np.isfinite(depth)
    counts = np.where(known & (facing > LEAST_FACING), weight, 0).astype(np.float32)
    logarithm = np.log(depth, dtype=np.float32)
    right, down = (
        _missing(slope, logarithm, counts, focal_px, axis)
        for slope, focal_px, axis in zip(slopes, (camera.fx, camera.fy), (1, 0), strict=True)
    )
    moved = integrated(*without_noise(right, down, length_px, fine), links_of(depth, camera), length_px)
    return np.where(known, depth * np.expm1(moved), np.nan).astype(np.float32)


def log_slopes(normals: np.ndarray, camera: Intrinsics) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray]:
    """The slopes of the logarithm of depth that normals mean, per pixel.

    A normal n is at right angles to d(Z r)/du, where Z is the depth and r = (x, y, 1) the ray, so that
    d(log Z)/du = -n_x / (f_x n.r).

    Args:
        normals: (H, W, 3) float, unit vectors out of the surface, NaN where unknown.
        camera: intrinsics of that grid.
    Returns:
        (H, W) float32 along u and (H, W) along v, 0 where a normal is unknown or does not face the camera; and (H, W)
        float32, the cosine between normal and ray, likewise.
    """
    v, u = np.ogrid[: camera.height, : camera.width]
    x, y = ((u - camera.cx) / camera.fx).astype(np.float32), ((v - camera.cy) / camera.fy).astype(np.float32)
    along = -(normals[..., 0] * x + normals[..., 1] * y + normals[..., 2])
    faces = along > 0
    by = np.where(faces, along, np.float32(1))
    right, down = (
        np.where(faces, normals[..., axis] / (focal_px * by), 0).astype(np.float32)
        for axis, focal_px in enumerate((camera.fx, camera.fy))
    )
    return (right, down), np.where(faces, along / np.sqrt(1 + x**2 + y**2), 0).astype(np.float32)


def _missing(slope: np.ndarray, logarithm: np.ndarray, weight: np.ndarray, focal_px: float, axis: int) -> np.ndarray:
    """What the steps between neighbours along an axis lack of the wanted slopes, by their weight; 0 where unknown."""
    here, there = np.delete(slope, -1, axis), np.delete(slope, 0, axis)
    step = np.diff(logarithm, axis=axis)
    counts = np.minimum(np.delete(weight, -1, axis), np.delete(weight, 0, axis))
    counts = counts * (1 - smooth_step(np.abs(step) * focal_px, STEEP[0], STEEP[1] - STEEP[0]))
    return np.where(counts > 0, counts * ((here + there) / 2 - step), 0).astype(np.float32)
