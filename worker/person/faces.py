"""Every face in a photo, with its landmarks; largest first."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from worker.person.crops import Square
from worker.person.detector import DETECTORS, Detection, Detector, distinct, overlap
from worker.person.face_mesh import face_mesh
from worker.person.landmarks import (
    LandmarkNetwork,
    Look,
    square_of_detection,
    square_of_landmarks,
)
from worker.person.pose import Pose, head_pose

MIN_FACE_SCORE = 0.5
TILTS_DEG = (0.0, 90.0, -90.0, 180.0, 45.0, -45.0)
ZOOM_OUT = 1.6
TILE = 0.5
# A little closer than the network's own crop, turned and mirrored: the mean errs least on rendered heads.
TURNS_DEG = (-10.0, -5.0, 0.0, 5.0, 10.0)
LOOKS = tuple(Look(0.95, turn_deg=turn, flipped=flipped) for flipped in (False, True) for turn in TURNS_DEG)


@dataclass(frozen=True)
class Face:
    """A face found in a photo; all in the photo's pixels.

    landmarks: (468, 3) float64 u, v, z; z is nearer where smaller, of unknown origin.
    score: how sure the landmark network is that this is a face, 0 to 1.
    """

    landmarks: np.ndarray
    score: float

    @cached_property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of the landmarks."""
        (left, top), (right, bottom) = self.landmarks[:, :2].min(0), self.landmarks[:, :2].max(0)
        return float(left), float(top), float(right), float(bottom)

    @cached_property
    def middle(self) -> np.ndarray:
        """(2,) middle of the box."""
        left, top, right, bottom = self.box
        return np.array([left + right, top + bottom]) / 2

    @cached_property
    def side(self) -> float:
        """Longer side of the box."""
        left, top, right, bottom = self.box
        return max(right - left, bottom - top)

    @cached_property
    def pose(self) -> Pose:
        """Which way the face looks; lengths in it are pixels."""
        return head_pose(self.landmarks)

    def scaled(self, scale_uv: tuple[float, float]) -> Face:
        """The same face on another pixel grid over the same picture (pixel edges stay aligned)."""
        u, v = scale_uv
        factors = np.array([u, v, (u + v) / 2])
        half = np.array([0.5, 0.5, 0])
        return Face((self.landmarks + half) * factors - half, self.score)


class FaceFinder:
    """Finds faces: near ones, small ones in large photos, tilted ones, and ones that fill the photo."""

    def __init__(self, folder: Path) -> None:
        """Load the networks from the folder that holds the three .tflite files."""
        self._near = Detector(folder, DETECTORS["near"])
        self._far = Detector(folder, DETECTORS["far"])
        self._landmarks = LandmarkNetwork(folder, face_mesh().mirror)

    def find_faces(self, pixels: np.ndarray) -> list[Face]:
        """Faces in a photo, the largest first.

        Args:
            pixels: (H, W, 3) uint8 RGB.
        """
        whole = _whole(pixels)
        found = self._verified(pixels, self._both(pixels, whole))
        for squares in (_tilted(whole), _tiles(pixels)):
            if found:
                break
            found = self._verified(pixels, [one for square in squares for one in self._both(pixels, square)])
        found = sorted(found, key=lambda face: -face.side)
        return [self._steady(pixels, face) for face in found[:1]] + found[1:]

    def _both(self, pixels: np.ndarray, square: Square) -> list[Detection]:
        """What either detector sees in a square."""
        return self._near.detect(pixels, square) + self._far.detect(pixels, square)

    def _verified(self, pixels: np.ndarray, detections: list[Detection]) -> list[Face]:
        """Detections that the landmark network takes for faces, each once."""
        faces: list[Face] = []
        for detection in distinct(detections):
            face = self._face(pixels, detection)
            if face and not any(_same(face, other) for other in faces):
                faces.append(face)
        return faces

    def _face(self, pixels: np.ndarray, detection: Detection) -> Face | None:
        """The landmarks of a detection, from two runs: the first one centres the second one's crop."""
        square = square_of_detection(detection)
        for _ in range(2):
            points, score = self._landmarks.look(pixels, square)
            if score < MIN_FACE_SCORE:
                return None
            square = square_of_landmarks(points)
        return Face(points, score)

    def _steady(self, pixels: np.ndarray, face: Face) -> Face:
        """The same face, its landmarks the mean of several looks."""
        return Face(*self._landmarks.average(pixels, square_of_landmarks(face.landmarks), LOOKS))


def _whole(pixels: np.ndarray) -> Square:
    """The square that holds the whole photo."""
    height, width = pixels.shape[:2]
    return Square((width - 1) / 2, (height - 1) / 2, max(height, width))


def _tilted(whole: Square) -> list[Square]:
    """The photo tilted, and from further away."""
    far = [Square(whole.u, whole.v, whole.side * ZOOM_OUT, np.radians(tilt)) for tilt in TILTS_DEG]
    return [Square(whole.u, whole.v, whole.side, square.angle_rad) for square in far[1:]] + far


def _tiles(pixels: np.ndarray) -> list[Square]:
    """Overlapping tiles of half the photo's longer side."""
    height, width = pixels.shape[:2]
    side = max(height, width) * TILE
    centres = [np.arange(side / 2, max(length - side / 2, side / 2) + 1, side / 2) for length in (width, height)]
    return [Square(float(u), float(v), side) for v in centres[1] for u in centres[0]]


def _same(first: Face, second: Face) -> bool:
    """Whether two faces are one."""
    boxes = [Detection(np.array(face.box).reshape(2, 2), face.score) for face in (first, second)]
    return overlap(*boxes) > 0.3
