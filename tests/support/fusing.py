"""A ball of a head before a wall, of which a network and landmarks each know a part."""

import cv2
import numpy as np

from tests.support.scenes import ball, camera_of, plane
from worker.depth.estimator import DepthMap
from worker.depth.portrait.estimator import Bust
from worker.geometry.fuse.sight import Sight

CAMERA = camera_of(160, 220, 500)
V, U = np.mgrid[:160, :220]
HEAD = ball(CAMERA)  # NaN beside it
ON_HEAD = np.isfinite(HEAD)
FROM_MIDDLE_PX = np.hypot(V - 79.5, U - 109.5)
FACE = np.where(FROM_MIDDLE_PX < 45, HEAD, np.nan)
SCENE = np.where(ON_HEAD, HEAD, plane(CAMERA, 2000.0))


def disparity_of(depth, blur_px=1.0):
    """What a network that is right says of it, in numbers of its own."""
    return cv2.GaussianBlur((1 / depth - 2e-4) / 2e-6, (0, 0), blur_px).astype(np.float32)


def in_levels(disparity, levels=256):
    """A map as an 8-bit picture has it."""
    low, high = disparity.min(), disparity.max()
    return np.rint((disparity - low) / (high - low) * (levels - 1)).astype(np.float32)


def bust(silhouette_found=True):
    """Right in the face, and beside it 25 mm off, to the front on one side and to the back on the other."""
    off = 25 * np.sign(U - 109.5) * (FROM_MIDDLE_PX > 45)
    depth = (HEAD + off if silhouette_found else FACE).astype(np.float32)
    confidence = np.where(np.isfinite(FACE), 1, 0.45 * np.isfinite(depth)).astype(np.float32)
    return Bust(DepthMap(depth, CAMERA, "mm", confidence, {"face_found": True}), FACE, silhouette_found)


def sight(disparity, face=FACE, likely=HEAD, person=ON_HEAD):
    return Sight(disparity, face, likely, person, CAMERA)
