"""How far each point of a portrait's depth can be trusted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from shared.cloud.camera import Intrinsics, unproject


@dataclass(frozen=True)
class ConfidenceSettings:
    """Confidence from 0 to 1; set by hand, no data is recorded."""

    face: float = 1.0  # of the face seen from the front
    extended: float = 0.45  # of what anatomy says
    rim: float = 0.15  # at the silhouette
    reach: float = 0.02  # of the depth map's longer side: over which confidence rises from the rim and from the mesh


CONFIDENCE = ConfidenceSettings()


def confidence_of(depth: np.ndarray, face: np.ndarray, camera: Intrinsics) -> np.ndarray:
    """Confidence of a portrait's depth.

    Args:
        depth: (H, W) mm, NaN outside the person.
        face: (H, W) mm, NaN outside the face mesh.
        camera: intrinsics of that grid.
    Returns:
        (H, W) float32: `face` where the face is seen from the front, less where it turns away, `extended` on what was
        extended, down to `rim` at the silhouette, 0 outside.
    """
    person = np.isfinite(depth)
    reach_px = max(depth.shape) * CONFIDENCE.reach
    on_face = np.clip(ndimage.distance_transform_edt(np.isfinite(face)) / reach_px, 0, 1)
    trust = CONFIDENCE.extended + (CONFIDENCE.face - CONFIDENCE.extended) * on_face * _frontality(depth, camera)
    padded = np.pad(person, 1, mode="edge")  # the photo's own border is no silhouette
    inside = np.clip(ndimage.distance_transform_edt(padded)[1:-1, 1:-1] / reach_px, 0, 1)
    return np.where(person, CONFIDENCE.rim + (trust - CONFIDENCE.rim) * inside, 0).astype(np.float32)


def _frontality(depth: np.ndarray, camera: Intrinsics) -> np.ndarray:
    """(H, W) cosine between the surface's normal and the ray to the camera; 0 where it is unknown."""
    points = unproject(depth, camera)
    normal = np.cross(np.gradient(points, axis=1), np.gradient(points, axis=0))
    lengths = np.linalg.norm(normal, axis=2) * np.linalg.norm(points, axis=2)
    with np.errstate(invalid="ignore"):
        cosine = np.abs((normal * points).sum(2)) / lengths
    return np.where(np.isfinite(cosine), cosine, 0)
