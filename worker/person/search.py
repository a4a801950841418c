"""The search for faces: where the detectors look, and which of their detections are faces.

A detection is taken for a face where the landmark network says so of a crop and of its mirror image, and lays nearly
the same points into both: on cloth, hands and walls, and on faces upside down, its score alone is high now and then. It
says no of most faces in profile; there, points that agree stand for its score, if several looks detected the face.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from worker.person.crops import Square
from worker.person.face import Face
from worker.person.landmarks import LANDMARKS
from worker.person.looks import View, reduced, scale_uv, tiles, tilted
from worker.person.networks.face_detector import DETECTION, Detection, FaceDetector, overlap
from worker.person.networks.face_landmarks import LandmarkNetwork, square_of_detection, square_of_landmarks


@dataclass(frozen=True)
class FaceSearchSettings:
    """Where faces are looked for, and what counts as one.

    Set on the photos evans_profile, family_1920, legion_boys and brady_glasses_turned, and on what was falsely found in
    hopper_cap_glasses without its head and in obama_arms_smile and whitman_hat_beard upside down.
    """

    most_side_px: int = 2048  # longer side of the photo that is searched; a larger one is reduced
    least_score: float = 0.5  # of the landmark network, 0 to 1; as in MediaPipe's graph
    sure_score: float = 0.976  # of a face, which is less by the difference below
    clear_score: float = 0.99  # of a face, from where on it is seen the right way up: 44 such finds had more
    most_difference: float = 0.03  # sides of the face: mean distance between points of a crop and of its mirror image
    hopeless_score: float = 0.02  # of the landmark network at its first, ill-centred look: below it there is no second
    tries: int = 2  # detections of the same place of which landmarks are looked for
    most_places: int = 12  # places of the photo that are looked at closely, in each step of the search
    small: float = 0.2  # longer sides of the photo: where the largest face is smaller, tiles are searched as well
    weak_score: float = 0.2  # of a detector, 0 to 1: enough in tiles


@dataclass(frozen=True)
class ProfileSettings:
    """When a detection that is none to the landmark network is a face in profile; set on evans_profile, legion_boys."""

    least_score: float = 0.6  # of the best detection, 0 to 1
    least_looks: int = 3  # detections of the place that are sure
    most_difference: float = 0.07  # sides of the face, as above
    most_places: int = 2
    scales: tuple[float, ...] = (1.5, 1.8)  # sides of the detection: the crops that are tried
    shifts: tuple[float, ...] = (-0.2, 0.0, 0.2)  # sides of the detection, left and right
    turns_deg: tuple[float, ...] = (-15.0, 0.0, 15.0)


SEARCH, PROFILE = FaceSearchSettings(), ProfileSettings()


class FaceSearch:
    """Finds the faces in a photo; it may be used from one thread at a time."""

    def __init__(self, detectors: list[FaceDetector], landmarks: LandmarkNetwork) -> None:
        """Take the networks."""
        self._detectors, self._landmarks = detectors, landmarks

    def faces(self, pixels: np.ndarray) -> list[Face]:
        """The faces in a photo (H, W, 3) uint8 RGB, in no order.

        Each step is taken only where those before found too little: the whole photo; tiles of half its side, if what
        was found is small or doubtful; the photo tilted and from further away, if no face is sure yet; faces in
        profile; small tiles, if there is none yet.
        """
        small = reduced(pixels, SEARCH.most_side_px)
        return [face.scaled(scale_uv(small, pixels)) for face in self._faces(small)]

    def sharpened(self, pixels: np.ndarray, face: Face) -> Face:
        """A face found in a photo (H, W, 3), with points from all of its pixels where a reduced one was searched."""
        if max(pixels.shape[:2]) <= SEARCH.most_side_px:
            return face
        return self._at(pixels, square_of_landmarks(face.landmarks)) or face

    def _faces(self, pixels: np.ndarray) -> list[Face]:
        height, width = pixels.shape[:2]
        whole = Square((width - 1) / 2, (height - 1) / 2, max(height, width))
        half = [whole, *tiles(pixels, 0.5)]
        view = View(pixels, self._detectors)
        faces = self._add(pixels, [], view.detections([whole], DETECTION.least_score))
        if any(face.score >= SEARCH.sure_score and face.side >= SEARCH.small * whole.side for face in faces):
            return faces
        looks = view.detections(half, SEARCH.weak_score) + view.mirrored(half, SEARCH.weak_score)
        faces = self._add(pixels, faces, looks)
        if _best_score(faces) < SEARCH.sure_score:
            turned = self._add(pixels, [], view.detections(tilted(whole), DETECTION.least_score))
            faces = max(faces, turned, key=_best_score)
        faces = faces + self._profiles(pixels, faces, looks)
        return faces or self._add(pixels, [], view.detections(tiles(pixels, 0.25), SEARCH.weak_score))

    def _add(self, pixels: np.ndarray, faces: list[Face], looks: list[Detection]) -> list[Face]:
        """The faces and those of the detections that are further ones."""
        faces = list(faces)
        for place in list(_places(faces, looks))[: SEARCH.most_places]:
            tried = (self._face(pixels, detection) for detection in place[: SEARCH.tries])
            face = self._right_way_up(pixels, next((one for one in tried if one), None))
            if face and not any(_same(other, _box_of(face)) for other in faces):
                faces.append(face)
        return faces

    def _face(self, pixels: np.ndarray, detection: Detection) -> Face | None:
        """The face of a detection; None where the landmark network sees none."""
        points, score = self._landmarks.landmarks(pixels, square_of_detection(detection))
        return self._at(pixels, square_of_landmarks(points)) if score >= SEARCH.hopeless_score else None

    def _centred(self, pixels: np.ndarray, square: Square) -> Face | None:
        """The face in a square that may be off its middle, whatever the first look says; None where there is none."""
        points, _ = self._landmarks.landmarks(pixels, square)
        face = self._at(pixels, square_of_landmarks(points))
        return face and (self._at(pixels, square_of_landmarks(face.landmarks)) or face)

    def _right_way_up(self, pixels: np.ndarray, face: Face | None) -> Face | None:
        """The best of what the landmark network sees in the same place turned by quarters, where it is not clear.

        It takes faces upside down for faces, nose on the forehead; right way up it is surer of them.
        """
        if face is None or face.score >= SEARCH.clear_score:
            return face
        square = square_of_landmarks(face.landmarks)
        ways = [replace(square, angle_rad=square.angle_rad + quarters * np.pi / 2) for quarters in (1, 2, 3)]
        return max([face, *filter(None, (self._centred(pixels, way) for way in ways))], key=lambda one: one.score)

    def _at(self, pixels: np.ndarray, square: Square) -> Face | None:
        """The face in a square; None where the landmark network sees none.

        Its points are the mean of the crop's and of its mirror image's. That takes away what the network does
        differently left and right. More runs do not pay: turned and scaled crops changed the error on rendered
        ICT-FaceKit heads h0-h7 by less than 0.02 mm.
        """
        points, score = self._landmarks.landmarks(pixels, square)
        if score < SEARCH.least_score:
            return None
        others, other_score = self._landmarks.landmarks(pixels, square_of_landmarks(points), mirrored=True)
        difference = _difference(points, others)
        if other_score < SEARCH.least_score or difference > SEARCH.most_difference:
            return None
        return Face.of_points((points + others) / 2, float((score + other_score) / 2 * (1 - difference)))

    def _profiles(self, pixels: np.ndarray, faces: list[Face], looks: list[Detection]) -> list[Face]:
        """Further faces in profile, which the landmark network does not take for faces."""
        places = [place for place in _places(faces, looks) if _is_sure(place)]
        found = (self._profile(pixels, place) for place in places[: PROFILE.most_places])
        return [face for face in found if face]

    def _profile(self, pixels: np.ndarray, place: list[Detection]) -> Face | None:
        """The points of the crop that are most like those of its mirror image; None where they are not alike."""
        best: tuple[float, np.ndarray] = (PROFILE.most_difference, np.empty(0))
        for square in _squares_round(place):
            points, _ = self._landmarks.landmarks(pixels, square)
            others, _ = self._landmarks.landmarks(pixels, square, mirrored=True)
            best = min(best, (_difference(points, others), (points + others) / 2), key=lambda one: one[0])
        return Face.of_points(best[1], place[0].score * (1 - best[0])) if best[1].size else None


def _places(faces: list[Face], looks: list[Detection]) -> Iterator[list[Detection]]:
    """Detections by the places that they are at, the best first, without those of the faces."""
    rest = [one for one in looks if not any(_same(face, one) for face in faces)]
    rest.sort(key=lambda detection: -detection.score)
    while rest:
        best = rest[0]
        yield [one for one in rest if one is best or overlap(best, one) > DETECTION.most_overlap]
        rest = [one for one in rest[1:] if not overlap(best, one) > DETECTION.most_overlap]


def _best_score(faces: list[Face]) -> float:
    return max((face.score for face in faces), default=0.0)


def _is_sure(place: list[Detection]) -> bool:
    """Whether enough looks saw a face at a place."""
    sure = [one for one in place if one.score >= DETECTION.least_score]
    return place[0].score >= PROFILE.least_score and len(sure) >= PROFILE.least_looks


def _squares_round(place: list[Detection]) -> Iterator[Square]:
    """Upright and turned crops round a place."""
    sure = [one for one in place if one.score >= DETECTION.least_score]
    u, v = np.median([one.middle for one in sure], axis=0)
    side = float(np.median([one.side for one in sure]))
    for scale, shift, turn_deg in product(PROFILE.scales, PROFILE.shifts, PROFILE.turns_deg):
        yield Square(float(u) + shift * side, float(v), scale * side, np.radians(turn_deg))


def _difference(points: np.ndarray, others: np.ndarray) -> float:
    """Mean distance between two sets of points of a face, in sides of the face."""
    first, second = points[: LANDMARKS.count, :2], others[: LANDMARKS.count, :2]
    side = max(float(np.ptp(one, axis=0).max()) for one in (first, second))
    return float(np.linalg.norm(first - second, axis=1).mean()) / side


def _same(face: Face, detection: Detection) -> bool:
    """Whether a face is the one that was detected."""
    return overlap(_box_of(face), detection) > DETECTION.most_overlap


def _box_of(face: Face) -> Detection:
    """A face as a detection of its box, to compare it with others."""
    return Detection(np.array(face.box).reshape(2, 2), face.score)
