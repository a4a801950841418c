"""What each point of a cloud shows: hair, skin, clothes."""

from __future__ import annotations

import cv2
import numpy as np

from shared.cloud.classes import PointClass
from worker.geometry.clean.holes import nearest_places
from worker.geometry.surface.thin import at_centres

RIM_SHARE = 1 / 100
"""How far outside of a person's outline a point may still be theirs, as a part of the picture's long side."""


def classes_of_points(classes: np.ndarray | None, known: np.ndarray, *, background_kept: bool) -> np.ndarray:
    """The class of each point of a cloud, of those that its depth map's pixels have.

    Where the background goes, the outermost points are a person's too, though that person covers less than half of
    their pixels: they take the class of what is next to them.

    Args:
        classes: (H, W) uint8, the `PointClass` of each pixel; None where no person is known.
        known: (h, w) bool, on the cloud's own grid, no finer than that one: True where there is a point.
        background_kept: whether the cloud holds the background.
    Returns:
        (h, w) uint8; BACKGROUND where there is no point, OTHER for every point where no person is known.
    """
    if classes is None:
        return np.where(known, PointClass.OTHER, PointClass.BACKGROUND).astype(np.uint8)
    thinned = np.where(known, at_centres(classes, (known.shape[1], known.shape[0])), PointClass.BACKGROUND)
    person = thinned != PointClass.BACKGROUND
    if background_kept or not person.any():
        return thinned.astype(np.uint8)
    away = cv2.distanceTransform((~person).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    rim = known & ~person & (away <= RIM_SHARE * max(known.shape))
    thinned[rim] = thinned[nearest_places(person, rim)]
    return thinned.astype(np.uint8)
