"""Who is in a photo: every face with its landmarks, and the outline of its person."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from worker.person.crops import Square
from worker.person.face import Face
from worker.person.face_mesh import face_mesh
from worker.person.networks.face_detector import DETECTION, DETECTORS, Detection, FaceDetector, distinct, overlap
from worker.person.networks.face_landmarks import LandmarkNetwork, square_of_detection, square_of_landmarks
from worker.person.outline import PersonNetworks, person_of
from worker.person.person import Person


@dataclass(frozen=True)
class FaceSearchSettings:
    """Where faces are looked for, and how often the landmark network looks at each."""

    least_score: float = 0.5  # of the landmark network, 0 to 1; as in MediaPipe's graph
    tilts_deg: tuple[float, ...] = (90.0, -90.0, 180.0, 45.0, -45.0)  # of the photo; set by hand
    zoom_out: float = 1.6  # sides of the photo: a square that shows it from further away; set by hand
    tile: float = 0.5  # longer sides of the photo: the squares that are searched last; set by hand
    landmark_runs: int = 2  # for each detection; each but the first is centred by the one before; set by hand


FACE_SEARCH = FaceSearchSettings()


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
        self._detectors = [FaceDetector(folder, row) for row in DETECTORS.values()]
        self._landmarks = LandmarkNetwork(folder, face_mesh().mirror)
        self._networks = PersonNetworks(folder)

    def find_faces(self, pixels: np.ndarray, near_uv: tuple[float, float] | None = None) -> list[Face]:
        """Faces in a photo (H, W, 3) uint8 RGB, the largest first, or before it the one nearest to a point."""
        height, width = pixels.shape[:2]
        whole = Square((width - 1) / 2, (height - 1) / 2, max(height, width))
        faces: list[Face] = []
        for squares in ([whole], _tilted(whole), _tiles(pixels)):
            faces = faces or self._faces_in(pixels, squares)
        faces = sorted(faces, key=lambda face: -face.side)
        if near_uv and faces:
            chosen = min(faces, key=lambda face: face.distance_px(near_uv))
            faces = [chosen] + [face for face in faces if face is not chosen]
        return [self._steadied(pixels, face) for face in faces[:1]] + faces[1:]

    def person(self, pixels: np.ndarray, face: Face, others: list[Face]) -> Person:
        """The person whose face that is, on the grid of a photo; see `person_of`."""
        return person_of(pixels, face, others, self._networks)

    def _faces_in(self, pixels: np.ndarray, squares: list[Square]) -> list[Face]:
        """Detections in any of the squares that the landmark network takes for faces, each once."""
        detections = [one for square in squares for one in distinct(self._detections(pixels, square))]
        faces: list[Face] = []
        for detection in sorted(detections, key=lambda detection: -detection.score):
            if not any(_same(face, detection) for face in faces):
                face = self._face(pixels, detection)
                faces += [face] if face and not any(_same(face, _box_of(other)) for other in faces) else []
        return faces

    def _detections(self, pixels: np.ndarray, square: Square) -> list[Detection]:
        """What the detectors see in a square."""
        return [one for detector in self._detectors for one in detector.detect(pixels, square)]

    def _face(self, pixels: np.ndarray, detection: Detection) -> Face | None:
        """The landmarks of a detection; None where the landmark network sees no face."""
        square = square_of_detection(detection)
        for _ in range(FACE_SEARCH.landmark_runs):
            points, score = self._landmarks.landmarks(pixels, square)
            if score < FACE_SEARCH.least_score:
                return None
            square = square_of_landmarks(points)
        return Face.of_points(points, score)

    def _steadied(self, pixels: np.ndarray, face: Face) -> Face:
        """The same face, its points the mean of those found and of those of its mirror image.

        That takes away what the network does differently left and right. More runs do not pay: turned and scaled crops
        changed the error on rendered ICT-FaceKit heads h0-h7 by less than 0.02 mm.
        """
        points, score = self._landmarks.landmarks(pixels, square_of_landmarks(face.landmarks), mirrored=True)
        return Face.of_points((face.points + points) / 2, (face.score + score) / 2)


def _tilted(whole: Square) -> list[Square]:
    """The photo tilted, then upright and tilted from further away."""
    tilts = [np.radians(tilt_deg) for tilt_deg in FACE_SEARCH.tilts_deg]
    far_side = whole.side * FACE_SEARCH.zoom_out
    near = [Square(whole.u, whole.v, whole.side, tilt) for tilt in tilts]
    return near + [Square(whole.u, whole.v, far_side, tilt) for tilt in (0.0, *tilts)]


def _tiles(pixels: np.ndarray) -> list[Square]:
    """Overlapping tiles whose side is a share of the photo's longer side."""
    height, width = pixels.shape[:2]
    side = max(height, width) * FACE_SEARCH.tile
    centres = [np.arange(side / 2, max(length - side / 2, side / 2) + 1, side / 2) for length in (width, height)]
    return [Square(float(u), float(v), side) for v in centres[1] for u in centres[0]]


def _same(face: Face, detection: Detection) -> bool:
    """Whether a face is the one that was detected."""
    return overlap(_box_of(face), detection) > DETECTION.most_overlap


def _box_of(face: Face) -> Detection:
    """A face as a detection of its box, to compare it with others."""
    return Detection(np.array(face.box).reshape(2, 2), face.score)
