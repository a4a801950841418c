"""The entry of this package: who is in a photo."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from worker.person.face import Face
from worker.person.face_finder import FaceFinder
from worker.person.networks.person_segmentation import PersonSegmentation
from worker.person.outline import silhouette_of


class PersonFinder:
    """Finds faces and outlines in photos; it may be used from one thread at a time."""

    def __init__(self, folder: Path) -> None:
        """Load the networks.

        Args:
            folder: holds face_detection_short_range.tflite, face_detection_full_range.tflite and face_landmark.tflite.
        Raises:
            WeightsError: one of them is absent or is no network.
        """
        self._faces = FaceFinder(folder)
        self._segmentation = PersonSegmentation()

    def find_faces(self, pixels: np.ndarray) -> list[Face]:
        """Faces in a photo (H, W, 3) uint8 RGB, the largest first."""
        return self._faces.find_faces(pixels)

    def silhouette(self, pixels: np.ndarray, face: Face, others: list[Face]) -> np.ndarray | None:
        """The pixels of the person whose face that is, (H, W) bool; None where no believable outline was found.

        Args:
            pixels: (H, W, 3) uint8 RGB.
            face: in these pixels.
            others: other people's faces; their heads are left out.
        """
        return silhouette_of(pixels, face, others, self._segmentation)
