"""Triangles to a depth map, with a depth buffer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

EDGE = -1e-9  # a pixel on the edge that two triangles share belongs to both


@dataclass(frozen=True)
class Fragments:
    """Pixels that triangles cover, one entry for each pixel of each triangle.

    triangle: (F,) int, which one; pixel: (F,) int, row * width + column; weights: (F, 3) barycentric, of its corners.
    """

    triangle: np.ndarray
    pixel: np.ndarray
    weights: np.ndarray


def rasterise(corners: np.ndarray, triangles: np.ndarray, size_hw: tuple[int, int]) -> np.ndarray:
    """The depth of the nearest triangle at each pixel.

    Args:
        corners: (N, 3) float, u and v in pixels and depth (positive, any unit).
        triangles: (T, 3) int, corners of each triangle; either winding.
        size_hw: the grid.
    Returns:
        (H, W) float64 depth; NaN where there is no triangle.
    Source: barycentric coordinates; depth is interpolated as 1 / depth, which is linear in the picture.
    """
    height, width = size_hw
    nearest = np.zeros(height * width)  # of 1 / depth, 0 where there is nothing
    parts = fragments_of(corners[:, :2], triangles, size_hw)
    inverse = 1 / corners[triangles, 2]  # (T, 3)
    np.maximum.at(nearest, parts.pixel, (parts.weights * inverse[parts.triangle]).sum(1))
    with np.errstate(divide="ignore"):
        depth = 1 / nearest
    return np.where(nearest > 0, depth, np.nan).reshape(height, width)


def fragments_of(corners: np.ndarray, triangles: np.ndarray, size_hw: tuple[int, int]) -> Fragments:
    """Every pixel that every triangle covers; arguments as for `rasterise`, corners (N, 2) without a depth."""
    height, width = size_hw
    a, b, c = np.moveaxis(corners[triangles], 1, 0)  # (T, 2) each
    area = doubled_areas(corners, triangles)
    solid = np.flatnonzero(np.abs(area) > 1e-12)
    a, b, c, area = a[solid], b[solid], c[solid], area[solid]
    which, u, v = _candidates(np.stack([a, b, c]), width, height)
    pixel = np.column_stack([u, v]).astype(float)
    at_b = _cross(pixel - a[which], (c - a)[which]) / area[which]
    at_c = _cross((b - a)[which], pixel - a[which]) / area[which]
    weights = np.column_stack([1 - at_b - at_c, at_b, at_c])
    inside = (weights >= EDGE).all(1)
    return Fragments(solid[which[inside]], (v * width + u)[inside], weights[inside])


def doubled_areas(corners: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(T,) twice the area of each triangle in the picture, below 0 where its corners run counterclockwise there.

    So they do, with v down, where a triangle whose (b - a) x (c - a) points outward faces the camera.

    Args:
        corners: (N, 2) float, u and v in pixels.
        triangles: (T, 3) int.
    """
    a, b, c = np.moveaxis(corners[triangles], 1, 0)
    return _cross(b - a, c - a)


def _candidates(corners: np.ndarray, width: int, height: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Every pixel of every triangle's bounding box: index of the triangle, u, v.

    Args:
        corners: (3, T, 2) float.
    """
    limit = np.array([width - 1, height - 1])
    low = np.clip(np.ceil(corners.min(0)), 0, limit + 1).astype(int)
    high = np.clip(np.floor(corners.max(0)), -1, limit).astype(int)
    spans = np.maximum(high - low + 1, 0)
    counts = spans.prod(1)
    which = np.repeat(np.arange(len(counts)), counts)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    u = low[which, 0] + within % spans[which, 0]
    v = low[which, 1] + within // spans[which, 0]
    return which, u, v


def _cross(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """z of the cross product of (T, 2) vectors."""
    return first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
