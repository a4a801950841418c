"""A closed body for the printer: the face in front, a flat back, and walls between.

Front and back are the same pixels, the back on a plane behind all of them, and the walls run along the viewing rays.
Every ray from the camera enters such a body once and leaves it once, so it cannot cut itself, whatever the relief.
"""

from __future__ import annotations

import cv2
import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from shared.cloud.pointcloud import PointCloud
from worker.geometry.surface.mesh import Mesh, compact, corners_of, is_torn, simplified, unit_points

BACK_SHARE = 0.03
"""Thickness behind the farthest point, as a part of the body's width: enough to print, and to stand."""


def solid_from_cloud(cloud: PointCloud, front_budget: int | None = None, surface: Mesh | None = None) -> Mesh:
    """Close a cloud's largest piece to a watertight body; depth jumps inside become steep walls.

    front_budget: at most so many triangles in front, where given; the back has as many, and the walls the rest.
    surface: of the same cloud, simplified already: where it is whole it becomes the front, which is quicker.

    Raises:
        ValueError: no four neighbouring points form a square.
    """
    squares = solid_squares(cloud.mask)
    if not squares.any():
        raise ValueError("a body needs at least four neighbouring points")
    if surface is not None and front_budget is not None and not is_torn(cloud, squares):
        front = simplified(surface, front_budget)
        rim = _rim(front.triangles)
        if _is_simple(rim) and _is_one_piece(front):
            return _closed(front, rim)
    whole = compact(Mesh(unit_points(cloud), _two_triangles(_corners_of(squares))))
    if front_budget is None:
        return _closed(whole, _rim(whole.triangles))
    front = simplified(whole, front_budget)
    rim = _rim(front.triangles)
    if _is_simple(rim):
        return _closed(front, rim)
    return simplified(_closed(whole, _rim(whole.triangles)), 2 * front_budget)  # narrow places have grown together


def _closed(front: Mesh, rim: np.ndarray) -> Mesh:
    """A body with that front, whose rim (R, 2) has been found; its back has the same triangles."""
    x, _, z = front.vertices.T
    back_z = z.min() - BACK_SHARE * np.ptp(x)
    back = front.vertices * (back_z / front.vertices[:, 2:])  # along the rays to the plane z = back_z
    count, (begin, end) = len(back), rim.T
    walls = _two_triangles(np.stack([end, begin, begin + count, end + count], axis=-1))
    triangles = np.concatenate([front.triangles, front.triangles[:, ::-1] + count, walls])
    return Mesh(np.concatenate([front.vertices, back]), triangles)


def _rim(triangles: np.ndarray) -> np.ndarray:
    """(R, 2) the edges of triangles (M, 3) that no other triangle has in the other direction."""
    begin, end = triangles.ravel(), triangles[:, [1, 2, 0]].ravel()
    edges = coo_array((np.ones(len(begin), np.int8), (begin, end))).tocsr()
    edges.resize((max(edges.shape),) * 2)
    return np.stack((edges - edges.T > 0).nonzero(), axis=-1)


def _is_simple(rim: np.ndarray) -> bool:
    """Whether no corner is on two edges (R, 2) in the same direction."""
    return all(np.bincount(ends).max() == 1 for ends in rim.T)


def _is_one_piece(mesh: Mesh) -> bool:
    ends = mesh.triangles[:, :2].ravel(), mesh.triangles[:, 1:].ravel()
    graph = coo_array((np.ones(len(ends[0]), np.int32), ends), shape=(len(mesh.vertices),) * 2)
    return connected_components(graph, directed=False, return_labels=False) == 1


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
