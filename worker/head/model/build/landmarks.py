"""Where the landmarks of MediaPipe's face mesh lie on the head: it is drawn from many sides, and the network asked.

Source: T. Bolkart's recipe for embedding landmarks: hits of many views on the mesh, averaged.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from worker.geometry.raster import fragments_of
from worker.geometry.rotation import rotation
from worker.head.meshes import vertex_normals
from worker.person.face_mesh import face_mesh, loop_subdivision
from worker.person.finder import PersonFinder
from worker.person.landmarks import LANDMARKS


@dataclass(frozen=True)
class ViewSettings:
    """How the head is drawn."""

    yaws_deg: tuple[float, ...] = (-40, -30, -20, -10, 0, 10, 20, 30, 40)
    pitches_deg: tuple[float, ...] = (-10, 0, 10)
    size_hw: tuple[int, int] = (560, 480)
    distance_mm: float = 900.0
    focal_px: float = 1500.0
    least_facing: float = 0.15  # cosine below which a hit does not count
    robust_mm: float = 2.0  # hits further from the middle count less


VIEW = ViewSettings()


@dataclass(frozen=True)
class Places:
    """Landmarks on the mesh: corners (468, 3) vertices, weights (468, 3) barycentric, spread_mm (468,)."""

    corners: np.ndarray
    weights: np.ndarray
    spread_mm: np.ndarray


@dataclass(frozen=True)
class Subject:
    """What is drawn: vertices (N, 3) mm in the head's frame, triangles (T, 3), colours (N, 3) 0 to 1."""

    vertices: np.ndarray
    triangles: np.ndarray
    colours: np.ndarray


@dataclass(frozen=True)
class Hits:
    """Where the landmarks hit the head in one view: points (468, 3) mm in its frame, facing (468,) cosine."""

    points: np.ndarray
    facing: np.ndarray


def observed(subject: Subject, weights_folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Landmarks as points (468, 3) mm in the head's frame, mirrored, and how far they vary between views (468,) mm.

    Raises:
        RuntimeError: the network finds no face in a view.
    """
    finder = PersonFinder(weights_folder)
    views = [(yaw, pitch) for yaw in VIEW.yaws_deg for pitch in VIEW.pitches_deg]
    hits = [_hits(subject, rotation(*view), finder) for view in views]
    points = np.stack([hit.points for hit in hits])  # (V, 468, 3)
    facing = np.stack([hit.facing for hit in hits])
    mirror = face_mesh().mirror
    points = np.concatenate([points, points[:, mirror] * [-1, 1, 1]])
    facing = np.concatenate([facing, facing[:, mirror]])
    return _robust_middles(points, np.maximum(facing, 0) ** 2 * (facing > VIEW.least_facing) + 1e-6)


def placed(
    points: np.ndarray, spread_mm: np.ndarray, vertices: np.ndarray, triangles: np.ndarray, lower: np.ndarray
) -> Places:
    """Landmarks on the nearest triangles of the skin.

    Args:
        lower: (N,) bool, what goes with the lower jaw: the lips touch, and each has landmarks of its own.
    """
    corners, weights = nearest(points, vertices, triangles)
    chosen = lower[triangles].all(1)
    for lip, some in ((LANDMARKS.lower_lip[1:-1], chosen), (LANDMARKS.upper_lip[1:-1], ~chosen)):
        corners[list(lip)], weights[list(lip)] = nearest(points[list(lip)], vertices, triangles[some])
    return Places(corners, weights.astype(np.float32), spread_mm.astype(np.float32))


def nearest(points: np.ndarray, vertices: np.ndarray, triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The nearest places on a mesh to points (P, 3): corners (P, 3) and barycentric weights (P, 3)."""
    _, near = cKDTree(vertices[triangles].mean(1)).query(points, k=min(24, len(triangles)))
    candidates = vertices[triangles[near]]  # (P, k, 3, 3)
    weights = _barycentric(points[:, None], candidates)
    distance = np.linalg.norm((weights[..., None] * candidates).sum(2) - points[:, None], axis=2)
    best = distance.argmin(1)
    rows = np.arange(len(points))
    return triangles[near[rows, best]], weights[rows, best]


def _barycentric(points: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """(..., 3) weights of the nearest place in each triangle (..., 3, 3): inside it, or else on its edges."""
    a, b, c = np.moveaxis(corners, -2, 0)
    normal = np.cross(b - a, c - a)
    squared = (normal**2).sum(-1) + 1e-12
    at_b = (np.cross(points - a, c - a) * normal).sum(-1) / squared
    at_c = (np.cross(b - a, points - a) * normal).sum(-1) / squared
    inside = np.stack([1 - at_b - at_c, at_b, at_c], -1)
    options = [inside]
    for first, second, order in ((a, b, (0, 1)), (b, c, (1, 2)), (a, c, (0, 2))):
        edge = second - first
        share = np.clip(((points - first) * edge).sum(-1) / ((edge**2).sum(-1) + 1e-12), 0, 1)
        on_edge = np.zeros_like(inside)
        on_edge[..., order[0]], on_edge[..., order[1]] = 1 - share, share
        options.append(on_edge)
    choices = np.stack(options)  # (4, ..., 3)
    far = np.linalg.norm((choices[..., None] * corners).sum(-2) - points, axis=-1)
    far[0] = np.where((inside >= -1e-9).all(-1), far[0], np.inf)
    return np.take_along_axis(choices, far.argmin(0)[None, ..., None], 0)[0]


def _robust_middles(points: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weighted means of points (V, P, 3) that far ones pull little, and the hits' root mean square distance to them."""
    middle = np.median(points, 0)
    for _ in range(10):
        far = np.linalg.norm(points - middle, axis=2)
        robust = weights / (1 + (far / VIEW.robust_mm) ** 2)
        middle = (robust[..., None] * points).sum(0) / robust.sum(0)[:, None]
    far = np.linalg.norm(points - middle, axis=2)
    return middle, np.sqrt((weights * far**2).sum(0) / weights.sum(0))


def _hits(subject: Subject, rotation: np.ndarray, finder: PersonFinder) -> Hits:
    height, width = VIEW.size_hw
    turned = subject.vertices @ rotation.T + [0, 0, VIEW.distance_mm]
    corners = turned[:, :2] / turned[:, 2:] * VIEW.focal_px + [width / 2, height / 2]
    drawn = _Drawing(subject, turned, corners)
    faces = finder.find_faces(drawn.picture())
    if not faces:
        raise RuntimeError("the network finds no face in a drawing of the head")
    return drawn.hits(faces[0].landmarks[:, :2])


class _Drawing:
    """A head seen by a camera; which place of which triangle each pixel shows."""

    def __init__(self, subject: Subject, turned: np.ndarray, corners: np.ndarray) -> None:
        self._subject, self._turned = subject, turned
        triangles = subject.triangles
        parts = fragments_of(corners, triangles, VIEW.size_hw)
        inverse = (parts.weights / turned[triangles[parts.triangle], 2]).sum(1)
        order = np.argsort(inverse, kind="stable")  # the nearest is written last
        self._shown = np.full(VIEW.size_hw[0] * VIEW.size_hw[1], -1)
        self._shown[parts.pixel[order]] = order
        self._parts = parts
        self._normals = vertex_normals(turned, triangles)

    def picture(self) -> np.ndarray:
        """(H, W, 3) uint8: lit from the camera, before grey."""
        seen = self._shown >= 0
        which = self._shown[seen]
        light = 0.45 + 0.55 * np.clip(-self._at(which, self._normals)[:, 2], 0, 1)
        picture = np.full((len(self._shown), 3), 0.55)
        picture[seen] = self._at(which, self._subject.colours) * light[:, None]
        return (picture.reshape(*VIEW.size_hw, 3) * 255).clip(0, 255).astype(np.uint8)

    def hits(self, uv: np.ndarray) -> Hits:
        """What pixels (P, 2) show; beside the head, its nearest pixel."""
        width = VIEW.size_hw[1]
        seen = np.flatnonzero(self._shown >= 0)
        _, near = cKDTree(np.stack([seen % width, seen // width], 1)).query(uv)
        which = self._shown[seen[near]]
        points = self._at(which, self._subject.vertices)
        towards = self._at(which, self._turned)
        normals = self._at(which, self._normals)
        facing = -(normals * towards).sum(1) / np.linalg.norm(towards, axis=1) / np.linalg.norm(normals, axis=1)
        return Hits(points, facing)

    def _at(self, which: np.ndarray, values: np.ndarray) -> np.ndarray:
        corners = self._subject.triangles[self._parts.triangle[which]]
        return np.einsum("pk,pkx->px", self._parts.weights[which], values[corners])


def smoother(subject: Subject) -> Subject:
    """The same, subdivided once."""
    weights, triangles = loop_subdivision(subject.triangles, 1)
    return Subject(weights @ subject.vertices, triangles, weights @ subject.colours)
