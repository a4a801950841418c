"""The squares of a photo that detectors look at, and what they see there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product

import cv2
import numpy as np

from worker.person.crops import Square
from worker.person.networks.face_detector import Detection, FaceDetector, distinct


@dataclass(frozen=True)
class LookSettings:
    """How a photo is shown to the detectors; set by hand."""

    side_px: int = 768  # longer side that it is reduced to: the detectors' inputs are 128 and 192 pixels wide
    tilts_deg: tuple[float, ...] = (90.0, -90.0, 180.0, 45.0, -45.0)  # of the photo
    zoom_out: float = 1.6  # sides of the photo: a square that shows it from further away


LOOKS = LookSettings()


def reduced(pixels: np.ndarray, most_side_px: int) -> np.ndarray:
    """A photo whose longer side is at most that many pixels."""
    scale = most_side_px / max(pixels.shape[:2])
    return cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else pixels


def scale_uv(pixels: np.ndarray, onto: np.ndarray) -> tuple[float, float]:
    """From pixels of one size of a photo to those of another."""
    return onto.shape[1] / pixels.shape[1], onto.shape[0] / pixels.shape[0]


class View:
    """A photo as the detectors see it: reduced, so that a look costs little more than the networks' time."""

    def __init__(self, pixels: np.ndarray, detectors: list[FaceDetector]) -> None:
        """Reduce the photo (H, W, 3) uint8."""
        self._pixels = reduced(pixels, LOOKS.side_px)
        self._scale_uv = scale_uv(self._pixels, pixels)
        self._detectors = detectors
        self._width = pixels.shape[1]

    def detections(self, squares: list[Square], least_score: float) -> list[Detection]:
        """What each detector sees in each of the squares of the photo; all in the photo's pixels."""
        return self._seen(self._pixels, squares, least_score)

    def mirrored(self, squares: list[Square], least_score: float) -> list[Detection]:
        """The same, in the mirror image of the photo."""
        image = np.ascontiguousarray(self._pixels[:, ::-1])
        others = [replace(square, u=self._width - 1 - square.u) for square in squares]
        return [one.mirrored(self._width) for one in self._seen(image, others, least_score)]

    def _seen(self, image: np.ndarray, squares: list[Square], least_score: float) -> list[Detection]:
        small = [square.scaled(1 / self._scale_uv[0], 1 / self._scale_uv[1]) for square in squares]
        pairs = product(small, self._detectors)
        found = (one for square, detector in pairs for one in distinct(detector.detect(image, square, least_score)))
        return [one.scaled(self._scale_uv) for one in found]


def tilted(whole: Square) -> list[Square]:
    """The photo tilted, then upright and tilted from further away."""
    tilts = [np.radians(tilt_deg) for tilt_deg in LOOKS.tilts_deg]
    far_side = whole.side * LOOKS.zoom_out
    near = [Square(whole.u, whole.v, whole.side, tilt) for tilt in tilts]
    return near + [Square(whole.u, whole.v, far_side, tilt) for tilt in (0.0, *tilts)]


def tiles(pixels: np.ndarray, part: float) -> list[Square]:
    """Overlapping tiles whose side is a part of the photo's longer side."""
    height, width = pixels.shape[:2]
    side = max(height, width) * part
    centres = [np.arange(side / 2, max(length - side / 2, side / 2) + 1, side / 2) for length in (width, height)]
    return [Square(float(u), float(v), side) for v in centres[1] for u in centres[0]]
