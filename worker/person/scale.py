"""How large a face is: as its irises say, weighed against what pupil distances people have.

Irises are nearly the same in everybody, and nearly full-grown in children of two; faces are not. But a network sees the
edge of an iris to a few hundredths of its width, and adults do not differ by much more: so irises count as one
measurement with an error, and the spread of pupil distances as what is known before.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from shared.cloud.camera import Intrinsics
from shared.head.accuracy import SizeSource
from shared.options import PUPIL_DISTANCE_MM
from worker.person.face import Face, head_pose, points_mm
from worker.person.landmarks import LANDMARKS


@dataclass(frozen=True)
class ScaleSettings:
    """Sizes of eyes in people, and errors of irises in photos.

    Errors are relative, one standard deviation each; set by hand from the spread over nine portraits of adults and on
    eight rendered heads of known size (h0-h7), where those turned by 28 degrees were off by 12 to 33 %.
    """

    iris_mm: float = 11.7  # diameter; Vakunov et al., MediaPipe Iris, 2020: 11.7 +- 0.5 in nearly everybody
    iris_error: float = 0.045  # of people: 0.5 mm
    edge_px: float = 0.35  # of the network, for the diameter, pixels of the photo
    network_error: float = 0.03  # of the network, where the iris is large
    turned_error: float = 0.15  # at `turned_deg` of yaw, growing by the square: the iris is seen from the side
    turned_deg: float = 25.0
    flat: float = 0.1  # logarithm of width by height of the network's ring of an open eye; what is beyond is a lid's
    least_px: float = 6.0  # of an iris's diameter: below, it is not measured
    most_error: float = 0.2  # beyond, the irises are not clear, and not used
    # Pupil distances: adults by Dodgson, 2004; children from 2 to 12 years together, by MacLachlan & Howland, 2002,
    # rounded. The share is that of faces in photos that are children's: a guess.
    adult_mm: tuple[float, float] = (PUPIL_DISTANCE_MM, 3.6)  # mean and standard deviation
    child_mm: tuple[float, float] = (53.0, 4.0)
    child_share: float = 0.2
    # Pupils are farther apart than the middles of the eyes, between the corners that the network sees: on h0-h7, whose
    # pupils are known, faces came out 3.1 % too large without this. In adults 63 to 61 mm (Farkas, 1994).
    pupils_apart: float = 1.03


SCALE = ScaleSettings()


@dataclass(frozen=True)
class Scale:
    """The size of a face, as the distance between its pupils.

    pupil_distance_mm: what is used.
    source: where it is from: the user, the irises weighed against what people have, or the mean of adults alone.
    irises_mm: what the irises alone say; None where they are not clear.
    """

    pupil_distance_mm: float
    source: SizeSource
    irises_mm: float | None = None

    @property
    def size(self) -> float:
        """Of the face, next to one whose eyes' middles are `PUPIL_DISTANCE_MM` apart, as `points_mm` sizes it."""
        return self.pupil_distance_mm / (PUPIL_DISTANCE_MM * SCALE.pupils_apart)

    def report(self) -> dict[str, Any]:
        """For the job's report; lengths rounded to 0.1 mm."""
        return {key: round(value, 1) if isinstance(value, float) else value for key, value in asdict(self).items()}


def scale_of(face: Face, camera: Intrinsics, given_mm: float | None = None, *, eyes_seen: bool = True) -> Scale:
    """How large a face is.

    Args:
        face: in pixels of the camera's grid.
        camera: that grid's intrinsics.
        given_mm: the distance between the pupils, where the user knows it: it is taken as it is.
        eyes_seen: False where something hides an eye: irises that nobody sees say nothing.
    """
    irises_mm, error = _by_irises(face, camera) if eyes_seen else (PUPIL_DISTANCE_MM, np.inf)
    clear = error <= SCALE.most_error
    seen = irises_mm if clear else None
    if given_mm is not None:
        return Scale(given_mm, "given", seen)
    return Scale(_weighed(irises_mm, error), "irises", seen) if clear else Scale(PUPIL_DISTANCE_MM, "assumed")


def _by_irises(face: Face, camera: Intrinsics) -> tuple[float, float]:
    """The pupil distance in mm that makes the irises as large as irises are, and its relative error."""
    if face.irises is None:
        return PUPIL_DISTANCE_MM, np.inf
    right, upper, left, lower = face.irises[:, 1:, :2].transpose(1, 0, 2)  # (2, 2) each: of both eyes
    width_px, height_px = np.linalg.norm(right - left, axis=1), np.linalg.norm(upper - lower, axis=1)
    if width_px.min() < SCALE.least_px or height_px.min() <= 0:
        return PUPIL_DISTANCE_MM, np.inf
    points = points_mm(face.landmarks, camera)
    depths = [points[list(pair), 2].mean() for pair in (LANDMARKS.right_eye_corners, LANDMARKS.left_eye_corners)]
    diameters = np.sqrt(width_px * height_px) * depths / camera.fx  # mm, on a face whose pupils are 63 mm apart
    yaw_deg = head_pose(points).yaw_deg
    flatness = float(np.log(width_px / height_px).mean())
    errors = (
        SCALE.iris_error,
        SCALE.network_error,
        SCALE.edge_px / float(width_px.mean()),
        SCALE.turned_error * (yaw_deg / SCALE.turned_deg) ** 2,
        float(np.ptp(np.log(diameters))) / 2,
        max(0.0, flatness - SCALE.flat),
    )
    return PUPIL_DISTANCE_MM * SCALE.iris_mm / float(diameters.mean()), float(np.linalg.norm(errors))


def _weighed(seen_mm: float, error: float) -> float:
    """The mean of what the pupil distance may be, after it was measured with a relative error: adult's or child's."""
    variance = (error * seen_mm) ** 2
    means, weights = [], []
    for (middle, spread), share in ((SCALE.adult_mm, 1 - SCALE.child_share), (SCALE.child_mm, SCALE.child_share)):
        total = spread**2 + variance
        means.append((middle * variance + seen_mm * spread**2) / total)
        weights.append(share * np.exp(-((seen_mm - middle) ** 2) / total / 2) / np.sqrt(total))
    return float(np.average(means, weights=weights))
