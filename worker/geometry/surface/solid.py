"""A closed body for the printer: the face in front, a flat back, and walls between.

Front and back are the same pixels, the back on a plane behind all of them, and the walls run along the viewing rays.
Every ray from the camera enters such a body once and leaves it once, so it cannot cut itself, whatever the relief.
"""

from __future__ import annotations

import cv2
import numpy as np

from shared.cloud.pointcloud import PointCloud
from worker.geometry.surface.mesh import Mesh, compact, corners_of, unit_points

BACK_SHARE = 0.03
"""Thickness behind the farthest point, as a part of the body's width: enough to print, and to stand."""


def solid_from_cloud(cloud: PointCloud) -> Mesh:
    """Close a cloud's largest piece to a watertight body; depth jumps inside become steep walls.

    Raises:
        ValueError: no four neighbouring points form a square.
    """
    squares = solid_squares(cloud.mask)
    if not squares.any():
        raise ValueError("a body needs at least four neighbouring points")
    front = unit_points(cloud)
    corners = _corners_of(squares)
    x, _, z = front[corners.ravel()].T
    back_z = z.min() - BACK_SHARE * np.ptp(x)
    back = front * (back_z / front[:, 2:])  # along the rays to the plane z = back_z
    faces = _two_triangles(corners)
    triangles = np.concatenate([faces, faces[:, ::-1] + len(front), _walls(squares)])
    return compact(Mesh(np.concatenate([front, back]), triangles))


def solid_squares(known: np.ndarray) -> np.ndarray:
    """(H - 1, W - 1) bool, the squares of four neighbouring pixels, known (H, W), that make up the body.

    They are one piece, in which no two touch at a corner only; such a corner would be an edge that four walls share.
    """
    squares = np.logical_and.reduce(corners_of(known))
    if not squares.any():  # OpenCV crashes on a grid without pixels
        return squares
    while (touching := _touching_at_corners(squares)).any():
        squares = squares & ~touching
    count, labels, stats, _ = cv2.connectedComponentsWithStats(squares.astype(np.uint8), connectivity=4)
    return labels == 1 + stats[1:, cv2.CC_STAT_AREA].argmax() if count > 1 else squares


def _touching_at_corners(squares: np.ndarray) -> np.ndarray:
    """(h, w) bool, the lower one of each two squares that share a corner but no neighbour."""
    a, b, c, d = corners_of(squares)
    touching = np.zeros_like(squares)
    touching[1:, 1:] |= a & d & ~b & ~c
    touching[1:, :-1] |= b & c & ~a & ~d
    return touching


def _corners_of(squares: np.ndarray) -> np.ndarray:
    """(N, 4) indices of each square's corners, counter-clockwise seen from the viewer."""
    height, width = squares.shape
    index = np.arange((height + 1) * (width + 1)).reshape(height + 1, width + 1)
    a, b, c, d = corners_of(index)
    return np.stack([a, c, d, b], axis=-1)[squares]  # y points up: down the left side first


def _two_triangles(corners: np.ndarray) -> np.ndarray:
    """(2 N, 3) triangles of (N, 4) quadrilaterals."""
    return np.concatenate([corners[:, [0, 1, 2]], corners[:, [0, 2, 3]]])


def _walls(squares: np.ndarray) -> np.ndarray:
    """(M, 3) triangles from the rim of the front to the rim of the back; back vertices follow all front ones."""
    corners = _corners_of(squares)
    count = (squares.shape[0] + 1) * (squares.shape[1] + 1)
    around = np.pad(squares, 1)
    beside = [around[1:-1, :-2], around[2:, 1:-1], around[1:-1, 2:], around[:-2, 1:-1]]  # left, below, right, above
    walls = []
    for side, neighbour in enumerate(beside):
        begin, end = corners[~neighbour[squares]][:, [side, (side + 1) % 4]].T
        walls.append(np.stack([end, begin, begin + count, end + count], axis=-1))
    return _two_triangles(np.concatenate(walls))
