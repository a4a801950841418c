"""Named landmarks of a head, and distances between them with their errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from shared.head.accuracy import SIZE_ERROR, SizeSource
from shared.head.head import Measure
from worker.head.model.head_model import HeadModel, Part


@dataclass(frozen=True)
class Distance:
    """A distance between two landmarks.

    error_mm: one standard deviation where the size of the face is known: root mean square over the rendered heads h0
        to h7 (`python -m bench measures`), in the expression that they have; what taking it away adds is not in it.
    """

    start: str
    end: str
    error_mm: float


@dataclass(frozen=True)
class EarSettings:
    """Where the notch before the ear's opening (tragion) lies, and the cheekbone's widest place from it."""

    share: float = 0.42  # of the ear's height, from above
    band_mm: float = 5.0  # half of the height in which the foremost place is looked for
    cheekbone_mm: tuple[float, float] = (8.0, -20.0)  # down and back from the tragion


FACE: Mapping[str, int] = {  # landmarks of MediaPipe's face mesh
    "right outer eye corner": 33,
    "right inner eye corner": 133,
    "left inner eye corner": 362,
    "left outer eye corner": 263,
    "nose root": 168,
    "nose tip": 4,
    "nose base": 2,
    "right nostril": 129,
    "left nostril": 358,
    "right mouth corner": 61,
    "left mouth corner": 291,
    "upper lip": 0,
    "lower lip": 17,
    "chin": 175,
}
MEASURES: Mapping[str, Distance] = {
    "pupils": Distance("right pupil", "left pupil", 1.8),
    "inner eye corners": Distance("right inner eye corner", "left inner eye corner", 1.9),
    "outer eye corners": Distance("right outer eye corner", "left outer eye corner", 4.3),
    "right eye width": Distance("right outer eye corner", "right inner eye corner", 2.6),
    "left eye width": Distance("left outer eye corner", "left inner eye corner", 2.5),
    "nose height": Distance("nose root", "nose base", 3.8),
    "nose width": Distance("right nostril", "left nostril", 2.3),
    "mouth width": Distance("right mouth corner", "left mouth corner", 2.0),
    "face height": Distance("nose root", "chin", 5.6),
    "lower face height": Distance("nose base", "chin", 4.1),
    "face width": Distance("right cheekbone", "left cheekbone", 5.0),
    "ear to ear": Distance("right ear", "left ear", 7.4),
}
EAR = EarSettings()


def landmarks_of(model: HeadModel, vertices: np.ndarray) -> dict[str, np.ndarray]:
    """The named landmarks (3,) on a head's vertices (N, 3), of any frame."""
    points = model.landmarks(vertices)
    found = {name: points[index] for name, index in FACE.items()}
    return found | {name: vertices[index] for name, index in _own_places(model).items()}


def measures_of(model: HeadModel, neutral: np.ndarray, size_from: SizeSource) -> tuple[Measure, ...]:
    """The distances of `MEASURES` on a neutral face.

    Args:
        model: the head model.
        neutral: (N, 3) mm its vertices, without an expression.
        size_from: what the size of the face is from; its error is part of each measure's.
    """
    places = landmarks_of(model, neutral)
    size = SIZE_ERROR[size_from]
    measures = []
    for name, distance in MEASURES.items():
        ends = np.stack([places[distance.start], places[distance.end]]).astype(float)
        length = float(np.linalg.norm(ends[1] - ends[0]))
        measures.append(Measure(name, length, float(np.hypot(distance.error_mm, size * length)), ends))
    return tuple(measures)


@lru_cache(maxsize=8)
def _own_places(model: HeadModel) -> dict[str, int]:
    """Vertices of the landmarks that the face mesh does not have."""
    places = {}
    for name, side in (("right", -1), ("left", 1)):
        mean = model.mean * np.array([side, 1, 1])
        own = mean[:, 0] > 0
        eye = np.flatnonzero(own & (model.part == Part.EYES))
        places[f"{name} pupil"] = int(eye[mean[eye, 2].argmin()])
        ear = np.flatnonzero(own & (model.ears >= 0.5))
        top, bottom = mean[ear, 1].min(), mean[ear, 1].max()
        near = ear[np.abs(mean[ear, 1] - top - EAR.share * (bottom - top)) < EAR.band_mm]
        tragion = int(near[mean[near, 2].argmin()])
        places[f"{name} ear"] = tragion
        places[f"{name} cheekbone"] = _cheekbone(model, mean, own, tragion)
    return places


def _cheekbone(model: HeadModel, mean: np.ndarray, own: np.ndarray, tragion: int) -> int:
    """The outermost vertex of the skin near the cheekbone's place."""
    wanted = mean[tragion, 1:] + EAR.cheekbone_mm
    skin = np.flatnonzero(own & (model.part == Part.SKIN) & (model.ears < 0.1) & (mean[:, 0] > 0.5 * mean[tragion, 0]))
    return int(skin[np.linalg.norm(mean[skin, 1:] - wanted, axis=1).argmin()])
