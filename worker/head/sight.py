"""What a photo says of points in space: in front of the visible surface, beside the person, behind which class."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy import ndimage

from shared.cloud.camera import project
from worker.head.view import HeadView

STEEPEST = 6.0  # mm of depth per mm across: steeper steps count as this
FAR_MM = 400.0


@dataclass(frozen=True)
class Sight:
    """Points of a grid (...) as the photo's camera sees them.

    uv: (..., 2) float32 pixels of the view; z: (...) float32 mm.
    """

    view: HeadView
    uv: np.ndarray
    z: np.ndarray

    @classmethod
    def of(cls, view: HeadView, points: np.ndarray) -> Sight:
        """Points (..., 3) mm, all before the camera."""
        return cls(view, project(points, view.camera).astype(np.float32), points[..., 2])

    def looked_up(self, image: np.ndarray) -> np.ndarray:
        """(...) float32, values of an image (H, W) at the points; beyond the border those at the border."""
        flat = self.uv.reshape(self.uv.shape[0], -1, 2)
        found = cv2.remap(
            image.astype(np.float32), flat[..., 0], flat[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(found, np.float32).reshape(self.z.shape)

    def beside(self, mask: np.ndarray) -> np.ndarray:
        """(...) mm across to the outline of a mask (H, W) bool, negative within; where the photo ends there is none."""
        return self.looked_up(signed_distance(mask)) * self.z / self.view.camera.fx

    def beyond(self, *, below: bool = True) -> np.ndarray:
        """(...) mm beyond the photo's border, negative within it; the lower border counts only if `below`."""
        camera = self.view.camera
        u, v = np.moveaxis(self.uv, -1, 0)
        across = np.maximum(-0.5 - u, u - (camera.width - 0.5))
        along = np.maximum(-0.5 - v, v - (camera.height - 0.5)) if below else -0.5 - v
        return np.asarray(np.maximum(across, along) * self.z / camera.fx, np.float32)

    def before(self, front_mm: np.ndarray) -> np.ndarray:
        """(...) mm, about the distance to a surface (H, W) of depths without NaN; positive in front of it."""
        steep = slopes(front_mm, self.view.camera.fx)
        return (self.looked_up(front_mm) - self.z) / self.looked_up(steep)


def signed_distance(mask: np.ndarray) -> np.ndarray:
    """(H, W) float32 px to the outline of a mask, negative within; the picture's border is no outline."""
    within = (
        cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5) if not mask.all() else np.full(mask.shape, 1e4)
    )
    outside = (
        cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5) if mask.any() else np.full(mask.shape, 1e4)
    )
    return np.where(mask, 0.5 - within, outside - 0.5).astype(np.float32)


def slopes(depth: np.ndarray, focal_px: float) -> np.ndarray:
    """(H, W) how much longer a depth map's surface is than its picture, from 1 on."""
    down, right = np.gradient(depth)
    steepness = np.minimum(np.hypot(down, right) * focal_px / depth, STEEPEST)
    return np.asarray(np.sqrt(1 + steepness**2), np.float32)


def extended(depth: np.ndarray, known: np.ndarray) -> np.ndarray:
    """(H, W) depths where they are known, elsewhere the nearest that is."""
    if not known.any():
        return np.full(depth.shape, FAR_MM)
    row, column = ndimage.distance_transform_edt(~known, return_distances=False, return_indices=True)
    return np.asarray(depth[row, column])
