"""How far each point of a portrait's depth can be trusted."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from shared.cloud.camera import Intrinsics, unproject

FACE, REST, RIM = 1.0, 0.45, 0.15  # full view of the face; extended by anatomy; at the silhouette
RIM_SHARE = 0.02  # of the depth map's longer side: how far the silhouette's doubt reaches


def confidence_of(depth: np.ndarray, face: np.ndarray, camera: Intrinsics) -> np.ndarray:
    """Confidence of a portrait's depth.

    Args:
        depth: (H, W) mm, NaN outside the person.
        face: (H, W) mm, NaN outside the face mesh.
        camera: intrinsics of that grid.
    Returns:
        (H, W) float32: 1 where the face is seen frontally, less where it turns away, 0.45 on what was extended, down
        to 0.15 at the silhouette, 0 outside.
    """
    person = np.isfinite(depth)
    reach = max(depth.shape) * RIM_SHARE
    on_face = np.clip(ndimage.distance_transform_edt(np.isfinite(face)) / reach, 0, 1)
    trust = REST + (FACE - REST) * on_face * _frontality(depth, camera)
    padded = np.pad(person, 1, mode="edge")  # the photo's own border is no silhouette
    inside = np.clip(ndimage.distance_transform_edt(padded)[1:-1, 1:-1] / reach, 0, 1)
    return np.where(person, RIM + (trust - RIM) * inside, 0).astype(np.float32)


def _frontality(depth: np.ndarray, camera: Intrinsics) -> np.ndarray:
    """(H, W) cosine between the surface's normal and the ray to the camera; 0 where it is unknown."""
    points = unproject(depth, camera)
    normal = np.cross(np.gradient(points, axis=1), np.gradient(points, axis=0))
    lengths = np.linalg.norm(normal, axis=2) * np.linalg.norm(points, axis=2)
    with np.errstate(invalid="ignore"):
        cosine = np.abs((normal * points).sum(2)) / lengths
    return np.where(np.isfinite(cosine), cosine, 0)
