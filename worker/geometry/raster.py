"""Triangles to a depth map, with a depth buffer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

EDGE = -1e-9  # a pixel on the edge that two triangles share belongs to both
LEAST_AREA = 1e-12  # of a triangle, doubled, pixels^2: less is none


@dataclass(frozen=True)
class Fragments:
    """Pixels that triangles cover, one entry for each pixel of each triangle.

    triangle: (F,) int, which one; pixel: (F,) int, row * width + column; weights: (F, 3) barycentric, of its corners.
    """

    triangle: np.ndarray
    pixel: np.ndarray
    weights: np.ndarray


@dataclass(frozen=True)
class Plane:
    """Linear functions of pixels: across * u + down * v + offset; (..., S) each, one for each of S triangles."""

    across: np.ndarray
    down: np.ndarray
    offset: np.ndarray

    def at(self, which: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
        """(..., R) values of the functions of some triangles (R,) at as many pixels."""
        return self.across[..., which] * u + self.down[..., which] * v + self.offset[..., which]


@dataclass(frozen=True)
class Runs:
    """Pixels that triangles cover, one entry for each row of each of S triangles; all R of them hold a pixel.

    solid: (S,) int, those of all triangles that have an area; weights: (3, S) barycentric, of their corners.
    which: (R,) int, 0 to S - 1; row: (R,) int; first: (R,) int, its first column; count: (R,) int, its pixels.
    """

    solid: np.ndarray
    weights: Plane
    which: np.ndarray
    row: np.ndarray
    first: np.ndarray
    count: np.ndarray

    def pixels(self, width: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """For each pixel (F,) of all runs, in a grid that wide: its run, how far it lies from the run's first, itself.

        The pixel itself as row * width + column.
        """
        run, offset = _numbered(self.count)
        return run, offset, (self.row * width + self.first)[run] + offset


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
    runs = _runs_of(corners[:, :2], triangles, size_hw)
    inverse, weights = 1 / corners[triangles[runs.solid].T, 2], runs.weights  # (3, S)
    nearness = Plane(*((part * inverse).sum(0) for part in (weights.across, weights.down, weights.offset)))
    run, offset, pixel = runs.pixels(width)
    at_first, step = nearness.at(runs.which, runs.first, runs.row), nearness.across[runs.which]
    np.maximum.at(nearest, pixel, at_first[run] + step[run] * offset)
    depth = np.full(height * width, np.nan)
    return np.divide(1, nearest, out=depth, where=nearest > 0).reshape(height, width)


def fragments_of(corners: np.ndarray, triangles: np.ndarray, size_hw: tuple[int, int]) -> Fragments:
    """Every pixel that every triangle covers; arguments as for `rasterise`, corners (N, 2) without a depth."""
    runs = _runs_of(corners, triangles, size_hw)
    run, offset, pixel = runs.pixels(size_hw[1])
    at_first, step = runs.weights.at(runs.which, runs.first, runs.row), runs.weights.across[:, runs.which]
    weights = at_first[:, run] + step[:, run] * offset
    return Fragments(runs.solid[runs.which][run], pixel, weights.T)


def doubled_areas(corners: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(T,) twice the area of each triangle in the picture, below 0 where its corners run counterclockwise there.

    So they do, with v down, where a triangle whose (b - a) x (c - a) points outward faces the camera.

    Args:
        corners: (N, 2) float, u and v in pixels.
        triangles: (T, 3) int.
    """
    a, b, c = np.moveaxis(corners[triangles], 1, 0)
    return _cross(b - a, c - a)


def _runs_of(corners: np.ndarray, triangles: np.ndarray, size_hw: tuple[int, int]) -> Runs:
    """The pixels of every triangle along rows; arguments as for `fragments_of`."""
    height, width = size_hw
    solid = np.flatnonzero(np.abs(doubled_areas(corners, triangles)) > LEAST_AREA)
    u, v = corners[triangles[solid].T].transpose(2, 0, 1)  # (3, S) each
    weights = _weights_of(u, v)
    top = np.clip(np.ceil(v.min(0)), 0, height).astype(int)
    bottom = np.clip(np.floor(v.max(0)), -1, height - 1).astype(int)
    which, down = _numbered(np.maximum(bottom - top + 1, 0))
    row = top[which] + down
    first, last = _columns_inside(weights, which, row, width)
    held = first <= last
    return Runs(solid, weights, which[held], row[held], first[held], (last - first + 1)[held])


def _weights_of(u: np.ndarray, v: np.ndarray) -> Plane:
    """Barycentric weights (3, S) of triangles with corners (3, S)."""
    next_u, next_v = np.roll(u, -1, axis=0), np.roll(v, -1, axis=0)
    last_u, last_v = np.roll(u, -2, axis=0), np.roll(v, -2, axis=0)
    area = (next_u - u)[0] * (last_v - v)[0] - (next_v - v)[0] * (last_u - u)[0]
    across, down = (next_v - last_v) / area, (last_u - next_u) / area
    return Plane(across, down, -(across * next_u + down * next_v))


def _columns_inside(weights: Plane, which: np.ndarray, row: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray]:
    """First and last column (R,) of each row of a triangle where its weights are above `EDGE`; none: first > last."""
    first, last = np.zeros(len(row)), np.full(len(row), width - 1.0)
    for edge in zip(weights.across, weights.down, weights.offset, strict=True):
        across, down, offset = (part[which] for part in edge)
        with np.errstate(divide="ignore", invalid="ignore"):  # a level edge: all of a row lies on one side of it
            crossing = (EDGE - offset - down * row) / (across + 0.0)  # no -0.0, which would swap these sides
        first = np.fmax(first, np.where(across >= 0, crossing, -np.inf))
        last = np.fmin(last, np.where(across < 0, crossing, np.inf))
    return np.ceil(np.minimum(first, width)).astype(int), np.floor(np.maximum(last, -1)).astype(int)


def _numbered(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each of so many of each: whose it is, and its number among those, from 0."""
    which = np.repeat(np.arange(len(counts)), counts)
    return which, np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)


def _cross(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """z of the cross product of (T, 2) vectors."""
    return first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
