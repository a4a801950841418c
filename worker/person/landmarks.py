"""The 468 points of a face, by MediaPipe's face mesh network.

Source: Kartynnik et al., Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs, 2019.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from worker.person.crops import Square, crop, to_photo
from worker.person.detector import Detection
from worker.person.networks import Network

FILE = "face_landmark.tflite"
SIZE = 192
COUNT = 468
MARGIN = 1.5
RIGHT_EYE, LEFT_EYE = 33, 263  # outer corners; right is the person's right, at the left of the photo


@dataclass(frozen=True)
class Look:
    """How a crop differs from the plain one: scale and turn of the square, shift as a fraction of its side."""

    scale: float = 1.0
    turn_deg: float = 0.0
    shift_u: float = 0.0
    shift_v: float = 0.0
    flipped: bool = False


class LandmarkNetwork:
    """Finds the points of a face in a square of a photo."""

    def __init__(self, folder: Path, mirror: np.ndarray) -> None:
        """Load the network.

        Args:
            folder: holds face_landmark.tflite.
            mirror: (468,) int, the index of each point's mirror image.
        """
        self._network = Network(folder / FILE)
        self._mirror = mirror

    def look(self, pixels: np.ndarray, square: Square, flipped: bool = False) -> tuple[np.ndarray, float]:
        """One run of the network.

        Args:
            pixels: (H, W, 3) uint8 RGB.
            square: the face with a margin, the eye line level in it.
            flipped: show the network the mirror image.
        Returns:
            (468, 3) float64 in photo pixels (z: nearer is smaller, same unit, in the photo's axes); face score 0 to 1.
        """
        image = crop(pixels, square, SIZE).astype(np.float32) / 255
        outputs = self._network.run(image[:, ::-1] if flipped else image)
        by_size = sorted(outputs.values(), key=np.size)
        score = 1 / (1 + np.exp(-float(by_size[0].ravel()[0])))
        points = by_size[1].reshape(COUNT, 3).astype(float) - [0.5, 0.5, 0]
        if flipped:
            points[:, 0] = SIZE - 1 - points[:, 0]
            points = points[self._mirror]
        return to_photo(points, square, SIZE), score

    def average(self, pixels: np.ndarray, square: Square, looks: tuple[Look, ...]) -> tuple[np.ndarray, float]:
        """The mean over several slightly different crops: the network's own noise goes down. As `look`."""
        runs = [self.look(pixels, _varied(square, look), look.flipped) for look in looks]
        return np.mean([points for points, _ in runs], axis=0), float(np.mean([score for _, score in runs]))


def square_of_detection(detection: Detection) -> Square:
    """The square to show the network for a detected face."""
    u, v = detection.middle
    return Square(float(u), float(v), detection.side * MARGIN, detection.roll_rad)


def square_of_landmarks(points: np.ndarray) -> Square:
    """The square to show the network once a first run has found (468, 3) points."""
    eyes = points[LEFT_EYE, :2] - points[RIGHT_EYE, :2]
    angle = float(np.arctan2(eyes[1], eyes[0]))
    level = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    turned = points[:, :2] @ level.T
    low, high = turned.min(0), turned.max(0)
    u, v = (low + high) / 2 @ level
    return Square(float(u), float(v), float((high - low).max()) * MARGIN, angle)


def _varied(square: Square, look: Look) -> Square:
    """The square as a look wants it."""
    return Square(
        square.u + look.shift_u * square.side,
        square.v + look.shift_v * square.side,
        square.side * look.scale,
        square.angle_rad + np.radians(look.turn_deg),
    )
