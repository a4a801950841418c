"""Who is in a photo: every face with its landmarks, and the outline of its person."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from worker.person.face import Face
from worker.person.face_mesh import face_mesh
from worker.person.hidden import INNER_PARTS, hidden_parts
from worker.person.networks.face_detector import DETECTORS, FaceDetector
from worker.person.networks.face_landmarks import LandmarkNetwork
from worker.person.outline import PersonNetworks, person_of
from worker.person.person import Person
from worker.person.search import SEARCH, FaceSearch
from worker.person.upright import quarters_to_upright


class PersonFinder:
    """Finds faces and outlines in photos; it may be used from one thread at a time.

    Faces may be near, small in a large photo, tilted, or fill the photo.
    """

    def __init__(self, folder: Path) -> None:
        """Load the networks.

        Args:
            folder: holds the files of the model `portrait`.
        Raises:
            WeightsError: one of them is absent or is no network.
        """
        detectors = [FaceDetector(folder, row) for row in DETECTORS.values()]
        self._search = FaceSearch(detectors, LandmarkNetwork(folder, face_mesh().mirror))
        self._networks = PersonNetworks(folder)

    def find_faces(self, pixels: np.ndarray, near_uv: tuple[float, float] | None = None) -> list[Face]:
        """Faces in a photo (H, W, 3) uint8 RGB, the largest first, or before it the one nearest to a point."""
        faces = sorted(self._search.faces(pixels), key=lambda face: -face.side)
        if near_uv and faces:
            chosen = min(faces, key=lambda face: face.distance_px(near_uv))
            faces = [chosen] + [face for face in faces if face is not chosen]
        while len(faces) > 1 and not self._shows_a_face(pixels, faces[0]):
            faces = faces[1:]
        return [self._search.sharpened(pixels, face) for face in faces[:1]] + faces[1:]

    def _shows_a_face(self, pixels: np.ndarray, face: Face) -> bool:
        """False where a find that is not clear shows no eyes, nose and mouth: cloth and walls look like faces too."""
        return face.score >= SEARCH.clear_score or not INNER_PARTS.issubset(self.hidden_parts(pixels, face))

    def quarters_to_upright(self, pixels: np.ndarray, face: Face) -> int:
        """Quarter turns clockwise, 0 to 3, that set the person of a face upright; see `worker.person.upright`."""
        return quarters_to_upright(pixels, face, self._networks.segmentation)

    def hidden_parts(self, pixels: np.ndarray, face: Face) -> list[str]:
        """Words for the parts of a face that a photo does not show; see `worker.person.hidden`."""
        return hidden_parts(pixels, face, self._networks.segmentation)

    def person(self, pixels: np.ndarray, face: Face, others: list[Face]) -> Person:
        """The person whose face that is, on the grid of a photo; see `person_of`."""
        return person_of(pixels, face, others, self._networks)
