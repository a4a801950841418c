"""What lies over the head model where the photo shows it: hair, hats, and the last millimetres to the outline.

Along the model's contour the photo's outline says how thick it is; from there it is spread over the head, to nothing
where the photo shows the face.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import cg

from shared.cloud.camera import Intrinsics, pixels_at, project
from shared.cloud.classes import PointClass
from worker.head.contour import contour_of
from worker.head.fit.head_fit import HeadFit
from worker.head.fit.outline import PersonOutline, gaps_mm
from worker.head.meshes import adjacency, vertex_normals
from worker.head.model.head_model import HeadModel
from worker.head.surface import HAIRY


@dataclass(frozen=True)
class CoverSettings:
    """How thick a cover may be and how it spreads; set by hand, no data is recorded."""

    most_skin_mm: float = 12.0  # where the outline is of skin, it is no farther from the model than this, either way
    most_hair_mm: float = 45.0  # of hair or a hat; what is thicker stands off the head, and is no cover of it
    least_hair_mm: float = -12.0  # so far the outline may lie inside of the model
    length_mm: float = 45.0  # within it a cover that is known in one place dies out on bare skin ...
    hair_length_mm: float = 150.0  # ... and under hair
    contour_weight: float = 10.0  # of what the outline says, next to a cover's own smoothness
    face_weight: float = 10.0  # of the face, where there is none


COVER = CoverSettings()
PRECISION = 1e-6  # of the solution that spreads it, relative: less than a thousandth of a millimetre


def cover_mm(
    fit: HeadFit, model: HeadModel, outline: PersonOutline, on_face: np.ndarray, camera: Intrinsics
) -> np.ndarray:
    """How far the person's surface lies outside of the fitted head, along its normals.

    Args:
        fit: of the model to the person.
        model: the head model.
        outline: of the person.
        on_face: (H, W) bool, where the face's own surface is known and no hair lies over it.
        camera: of that grid.
    Returns:
        (N,) mm for each vertex of the model; a little below 0 where the outline lies inside of it.
    """
    points = fit.vertices(model).astype(float)
    contour = contour_of(points, model.skin_triangles, outline.camera)
    near = outline.nearest(contour)
    contour, near = contour.part(near >= 0), near[near >= 0]
    hairy = model.scalp[contour.vertices] > HAIRY
    gap = _bounded(gaps_mm(points[contour.vertices], contour, outline, near), outline.classes[near], hairy)
    known = np.isfinite(gap)
    values, weights = np.zeros(len(points)), np.zeros(len(points))
    values[contour.vertices[known]], weights[contour.vertices[known]] = gap[known], COVER.contour_weight
    weights[_on_face(points, model, on_face, camera) & (weights == 0)] = COVER.face_weight
    length = COVER.length_mm + (COVER.hair_length_mm - COVER.length_mm) * model.scalp.astype(float)
    return _spread(values, weights, length, points, model.skin_triangles)


def covered(fit: HeadFit, model: HeadModel, thickness_mm: np.ndarray) -> np.ndarray:
    """(N, 3) float32 mm, the fitted head with its cover."""
    points = fit.vertices(model)
    normals = vertex_normals(points.astype(float), model.skin_triangles)
    return (points + thickness_mm[:, None] * normals).astype(np.float32)


def _bounded(gap: np.ndarray, classes: np.ndarray, hairy: np.ndarray) -> np.ndarray:
    """(P,) mm, the gaps that a cover can have; NaN where it is another thing that the outline shows.

    hairy: (P,) bool, where hair grows: beside an ear, hair hangs before it, and is no cover.
    """
    skin = classes == PointClass.SKIN
    most = np.where(skin, COVER.most_skin_mm, COVER.most_hair_mm)
    least = np.where(skin, -COVER.most_skin_mm, COVER.least_hair_mm)
    usable = (gap <= most) & (gap >= least) & (classes != PointClass.CLOTHES) & (skin | hairy)
    return np.where(usable, gap, np.nan)


def _on_face(points: np.ndarray, model: HeadModel, on_face: np.ndarray, camera: Intrinsics) -> np.ndarray:
    """(N,) bool, vertices that are seen on the face."""
    row, column, inside = pixels_at(project(points, camera), camera)
    towards = (vertex_normals(points, model.skin_triangles) * points).sum(1) < 0
    return inside & on_face[row, column] & towards


def _spread(
    values: np.ndarray, weights: np.ndarray, length_mm: np.ndarray, points: np.ndarray, triangles: np.ndarray
) -> np.ndarray:
    """Values (N,) that are known with weights (N,), continued smoothly over a mesh and dying out.

    The mesh's own Laplacian is taken with equal weights, scaled by the mean length of its edges.
    """
    links = adjacency(triangles, len(points))
    one, other = links.nonzero()
    edge_mm2 = float((np.linalg.norm(points[one] - points[other], axis=1) ** 2).mean())
    own = weights + edge_mm2 / length_mm**2
    diagonal = own + np.asarray(links.sum(axis=1)).ravel()
    system = sparse.diags_array(diagonal) - links
    spread, _ = cg(system, weights * values, rtol=PRECISION, M=sparse.diags_array(1 / diagonal))
    return spread
