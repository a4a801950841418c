"""The 478 points of a face, irises among them, by the second version of MediaPipe's face mesh network.

Source: Grishchenko et al., Attention Mesh: High-fidelity Face Mesh Prediction in Real-time, 2020.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from worker.person.crops import Square, crop, to_photo
from worker.person.landmarks import LANDMARKS
from worker.person.networks.face_detector import Detection
from worker.person.networks.tflite import TfliteNetwork

FILE = "face_landmarks_detector.tflite"
SIZE_PX = 256  # side of the network's input
MARGIN = 1.5  # side of the crop, in sides of the face; as in MediaPipe's graph


class LandmarkNetwork:
    """Finds the points of a face in a square of a photo."""

    def __init__(self, folder: Path, mirror: np.ndarray) -> None:
        """Load the network from the weights folder; `mirror` (468,) int indexes each landmark's mirror image."""
        self._network = TfliteNetwork(folder / FILE)
        self._mirror = np.concatenate([mirror, LANDMARKS.count + np.array(LANDMARKS.mirrored_irises)])

    def landmarks(self, pixels: np.ndarray, square: Square, mirrored: bool = False) -> tuple[np.ndarray, float]:
        """One run of the network.

        Args:
            pixels: (H, W, 3) uint8 RGB.
            square: the face with a margin, the eye line level in it.
            mirrored: show the network the mirror image.
        Returns:
            (478, 3) float64 in photo pixels (z: nearer is smaller, same unit, in the photo's axes), the landmarks and
            then the irises; face score 0 to 1.
        """
        image = crop(pixels, square, SIZE_PX).astype(np.float32) / 255
        outputs = self._network.run(image[:, ::-1] if mirrored else image)
        values = max(outputs.values(), key=np.size)
        logit = next(one for one in outputs.values() if one.shape == (1, 1, 1, 1))  # beside it is one of the tongue
        score = 1 / (1 + np.exp(-float(logit.ravel()[0])))
        points = values.reshape(len(self._mirror), 3).astype(float) - [0.5, 0.5, 0]
        if mirrored:
            points[:, 0] = SIZE_PX - 1 - points[:, 0]
            points = points[self._mirror]
        return to_photo(points, square, SIZE_PX), score


def square_of_detection(detection: Detection) -> Square:
    """The square to show the network for a detected face."""
    u, v = detection.middle
    return Square(float(u), float(v), detection.side * MARGIN, detection.roll_rad)


def square_of_landmarks(points: np.ndarray) -> Square:
    """The square to show the network once a first run has found (468 or more, 3) points."""
    right, left = LANDMARKS.outer_eye_corners
    eyes = points[left, :2] - points[right, :2]
    angle = float(np.arctan2(eyes[1], eyes[0]))
    level = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    turned = points[: LANDMARKS.count, :2] @ level.T
    low, high = turned.min(0), turned.max(0)
    u, v = (low + high) / 2 @ level
    return Square(float(u), float(v), float((high - low).max()) * MARGIN, angle)
