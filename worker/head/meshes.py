"""Small tools for triangle meshes: normals, areas, neighbours, the Laplacian."""

from __future__ import annotations

import numpy as np
from scipy import sparse


def vertex_normals(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(N, 3) unit normals of vertices, means of those of their triangles by area; 0 where there is none."""
    a, b, c = np.moveaxis(points[triangles], 1, 0)
    flat = np.cross(b - a, c - a)
    corners, count = triangles.ravel(), len(points)
    normals = np.column_stack([np.bincount(corners, np.repeat(flat[:, axis], 3), count) for axis in range(3)])
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)


def adjacency(triangles: np.ndarray, count: int) -> sparse.csr_matrix:
    """(count, count) float, 1 where two vertices share an edge."""
    one, other = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]).T
    link = sparse.coo_matrix((np.ones(len(one)), (one, other)), shape=(count, count)).tocsr()
    link = link + link.T
    link.data[:] = 1
    return link


def vertex_areas(points: np.ndarray, triangles: np.ndarray, count: int) -> np.ndarray:
    """(count,) mm2, a third of the areas of each vertex's triangles."""
    a, b, c = np.moveaxis(points[triangles], 1, 0)
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 6
    return np.bincount(triangles.ravel(), np.repeat(area, 3), count)


def cotangents(points: np.ndarray, triangles: np.ndarray, count: int) -> sparse.csr_matrix:
    """(count, count) the Laplacian, not divided by areas; its rows sum up to 0.

    Source: Pinkall & Polthier, Computing Discrete Minimal Surfaces and Their Conjugates, 1993.
    """
    rows, columns, values = [], [], []
    for k in range(3):
        i, j, at = triangles[:, (k + 1) % 3], triangles[:, (k + 2) % 3], triangles[:, k]
        one, other = points[i] - points[at], points[j] - points[at]
        cotangent = (one * other).sum(1) / np.maximum(np.linalg.norm(np.cross(one, other), axis=1), 1e-9)
        half = np.clip(cotangent, 0.05, 10) / 2  # never negative, so that no field overshoots
        rows += [i, j]
        columns += [j, i]
        values += [half, half]
    index = np.concatenate(rows), np.concatenate(columns)
    links = sparse.coo_matrix((np.concatenate(values), index), shape=(count, count)).tocsr()
    return (links - sparse.diags_array(np.asarray(links.sum(1)).ravel())).tocsr()
