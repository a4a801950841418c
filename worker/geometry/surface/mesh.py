"""Triangle meshes from the pixel grid of a point cloud.

Convention: vertices are x right, y up, z towards the viewer, in the cloud's unit, the camera at the origin. Triangles
run counter-clockwise seen from outside. Texture coordinates have v up, as OBJ and OpenGL do.
"""

from __future__ import annotations

from dataclasses import dataclass

import fast_simplification
import numpy as np

from shared.cloud.camera import Intrinsics, pixels_at, project, unproject
from shared.cloud.classes import PointClass
from shared.cloud.pointcloud import PointCloud
from worker.geometry.jumps import jump_ratio, same_surface

Y_UP = np.array([1.0, -1.0, -1.0])
"""Camera frame (x right, y down, z forward) to x right, y up, z towards the viewer: half a turn about x."""


@dataclass(frozen=True)
class Mesh:
    """A triangle mesh: vertices (N, 3) float64, triangles (M, 3) int."""

    vertices: np.ndarray
    triangles: np.ndarray


def mesh_from_cloud(cloud: PointCloud) -> Mesh:
    """Join neighbouring points to triangles, except over a depth jump and between a person and what is behind.

    Points in no triangle are left out.
    """
    return compact(Mesh(unit_points(cloud), grid_triangles(cloud)))


def simplified(mesh: Mesh, budget: int) -> Mesh:
    """Reduce a mesh to at most `budget` triangles, where its shape needs them least.

    Source: Garland & Heckbert, Surface Simplification Using Quadric Error Metrics, SIGGRAPH 1997.
    """
    if len(mesh.triangles) <= budget:
        return mesh
    middle = mesh.vertices.mean(0)  # the library works in float32: small numbers keep their digits
    vertices, triangles = fast_simplification.simplify(
        (mesh.vertices - middle).astype(np.float32), mesh.triangles.astype(np.int32), target_count=budget
    )
    return compact(Mesh(vertices + middle, triangles))


def texture_coordinates(vertices: np.ndarray, camera: Intrinsics) -> np.ndarray:
    """(N, 2) where vertices (N, 3) lie in the photo: 0..1 from left to right, and from bottom to top."""
    u, v = project(vertices * Y_UP, camera).T
    return np.stack([(u + 0.5) / camera.width, 1 - (v + 0.5) / camera.height], axis=-1).clip(0, 1)


def sampled(plane: np.ndarray, vertices: np.ndarray, camera: Intrinsics) -> np.ndarray:
    """(N, ...) the value of a plane (H, W, ...) at the pixel nearest to each vertex."""
    row, column, _ = pixels_at(project(vertices * Y_UP, camera), camera)
    return plane[row, column]


def unit_points(cloud: PointCloud) -> np.ndarray:
    """(H * W, 3) float64 every pixel's point, y up; NaN where there is none."""
    return (unproject(cloud.depth.astype(np.float64), cloud.camera) * Y_UP).reshape(-1, 3)


def grid_triangles(cloud: PointCloud) -> np.ndarray:
    """(M, 3) the triangles between neighbouring pixels, as indices into the flattened grid.

    A person and what is behind are two surfaces, however near to each other.

    Each square of four pixels is cut along its flatter diagonal; where one corner is missing or lies on another
    surface, the other three make one triangle.
    """
    index = corners_of(np.arange(cloud.depth.size).reshape(cloud.depth.shape))
    return np.concatenate([np.stack([index[k] for k in corners], axis=-1)[keep] for keep, corners in _halves(cloud)])


def is_torn(cloud: PointCloud, squares: np.ndarray) -> bool:
    """Whether one of these squares (H - 1, W - 1) bool lacks one of its two triangles."""
    return bool((np.sum([keep for keep, _ in _halves(cloud)], axis=0)[squares] < 2).any())


def _halves(cloud: PointCloud) -> list[tuple[np.ndarray, tuple[int, int, int]]]:
    """The triangles that squares can have: which of them (H - 1, W - 1) bool do, and its corners."""
    a, b, c, d = range(4)  # corners: a b over c d
    depth, behind = corners_of(cloud.depth), corners_of(cloud.classes == PointClass.BACKGROUND)

    def joined(one: int, other: int, ratio: float = cloud.joined_ratio) -> np.ndarray:
        return same_surface(depth[one], depth[other], ratio) & (behind[one] == behind[other])

    aslant = max(cloud.joined_ratio, jump_ratio(cloud.camera.fx / 2**0.5))  # corners across lie farther apart
    top, bottom, left, right = joined(a, b), joined(c, d), joined(a, c), joined(b, d)
    falling, rising = joined(a, d, aslant), joined(b, c, aslant)
    both = falling & rising
    fall = falling & (~both | (np.abs(depth[a] - depth[d]) <= np.abs(depth[b] - depth[c])))
    rise = rising & ~fall
    return [
        (fall & left & bottom, (a, c, d)),
        (fall & top & right, (a, d, b)),
        (rise & top & left, (a, c, b)),
        (rise & bottom & right, (b, c, d)),
    ]


def compact(mesh: Mesh) -> Mesh:
    """Leave out the vertices that no triangle uses."""
    used = np.zeros(len(mesh.vertices), bool)
    used[mesh.triangles] = True
    return Mesh(mesh.vertices[used], (np.cumsum(used) - 1)[mesh.triangles])


def corners_of(grid: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(H - 1, W - 1) each: the upper left, upper right, lower left and lower right corners of all squares of a grid."""
    return grid[:-1, :-1], grid[:-1, 1:], grid[1:, :-1], grid[1:, 1:]
