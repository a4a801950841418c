"""Disparity made metric by a person of known size: 1 / depth = a * disparity + b.

A network's disparity lacks scale and shift. The face's depth in mm gives both, but spans only a few levels of many
networks; what a bust of average build says of the rest of the person is rough, but spans more; and people are only so
deep. A network that knows its shift (b = 0) measures that depth itself, once the face has given the scale. All have
their say, at the weight that they earn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from shared.cloud.camera import Intrinsics, unproject
from worker.box import Box
from worker.geometry.fuse.robust_line import HUBER_SIGMAS, MEDIAN_SIGMAS, ROUNDS
from worker.geometry.jumps import links_of
from worker.geometry.normals import normals_of

HORIZON = 20.0
"""Nothing is put farther away than so many times the face: far things have no measurable disparity."""


@dataclass(frozen=True)
class FitRule:
    """What the fit believes of a person. Set by hand; tried on five depth maps of three photos.

    What is said of a network's own extent was chosen on heads h0 to h7, with true maps and flattened, deepened, noisy
    and blurred ones: alone it is the best of all where it is right, and far off where it is not.
    """

    face_sigma_mm: float = 6.0  # of the face's depth, where it is seen squarely
    bust_sigma_mm: float = 50.0  # of the bust's depth
    bust_weight: float = 0.5  # of the whole bust, next to 1 of the whole face
    percentiles: tuple[float, float] = (3.0, 97.0)  # of a person's depth or disparity: their extent lies between them
    likely_busts: float = 1.4  # extent of a person as the photo shows them, next to that of their bust ...
    likely_sigma: float = 0.4  # ... and its spread, of the logarithm
    measured_sigma: float = 0.1  # likewise of a measured extent, with a correlation of 1; as much more as that is less
    own_sigma: float = 0.05  # likewise of the network's own extent, where it knows its shift ...
    own_doubt: float = 0.7  # ... and more, by this part of how far (in logarithms) it differs from the measured one,
    # and the lens that the network saw from the one that is used
    least_correlation: float = 0.1
    least_extent_mm: float = 110.0  # unless bust or network say less, where little more than a face is seen
    most_extent_mm: float = 450.0  # with arms towards the camera


FIT = FitRule()


@dataclass(frozen=True)
class Fit:
    """Scale and shift of a disparity: 1 / depth_mm = a * disparity + b, and where they are from.

    correlation: -1..1, of the disparity with the nearness of face and bust.
    measured_mm: extent of the person along the optical axis by face and bust alone; likely_mm: of people like them;
        own_mm: by the network at the face's scale, None where it knows no shift.
    extent_mm: what was made of these; bound: "least" or "most" where it had to be moved to that end of what is
        believed, else None.
    face_mm: the face's median depth.
    own_a: what the face alone makes of the scale, of a network that knows its shift: 1 / depth_mm = own_a * disparity.
    """

    a: float
    b: float
    correlation: float
    measured_mm: float
    likely_mm: float
    extent_mm: float
    bound: Literal["least", "most"] | None
    face_mm: float
    own_mm: float | None = None
    own_a: float | None = None

    def depth(self, disparity: np.ndarray) -> np.ndarray:
        """Metric depth from disparity: (H, W) float32 mm, at most HORIZON times the face's; NaN where unknown."""
        return self._depth(disparity, self.a, self.b)

    def depth_beside(self, disparity: np.ndarray) -> np.ndarray:
        """The same of what is not the person: by the network's own shift where it knows it."""
        return self.depth(disparity) if self.own_a is None else self._depth(disparity, self.own_a, 0.0)

    def _depth(self, disparity: np.ndarray, a: float, b: float) -> np.ndarray:
        inverse = a * disparity.astype(np.float64) + b
        return (1 / np.maximum(inverse, 1 / (HORIZON * self.face_mm))).astype(np.float32)


@dataclass(frozen=True)
class Match:
    """The slope that gives one quantity the spread of another, and how far they go together, -1..1."""

    slope: float
    correlation: float


def fit_person(
    disparity: np.ndarray, face: np.ndarray, bust: np.ndarray, weight: np.ndarray, lens_ratio: float | None = None
) -> Fit:
    """Fit a disparity to a face and a rough bust.

    Args:
        disparity: (H, W) float of the person, larger is nearer; NaN beside them, and where it is not to be used.
        face: (H, W) float mm; NaN beside it.
        bust: (H, W) float mm, what is likely, also beside the face; NaN where nothing is known.
        weight: (H, W) float, 0..1: how far each pixel of the face is to be trusted; see `visibility`.
        lens_ratio: of a disparity whose shift is known, which is inverse depth but for its scale, and above 0: focal
            length of the lens that the network saw, by that of the one that is used. None where the shift is unknown.
    Raises:
        ValueError: no pixel of the face has a disparity and a weight.
    """
    known = np.isfinite(disparity)
    on_face = known & np.isfinite(face) & (weight > 0)
    if not on_face.any():
        raise ValueError("no pixel of the face has a disparity")
    match = _matched(disparity, face, np.where(np.isfinite(face) | ~known, np.nan, bust), np.where(on_face, weight, 0))
    middle, face_mm = float(np.median(disparity[on_face])), float(np.median(face[on_face]))
    within = np.percentile(disparity[known], FIT.percentiles) - middle
    bust_mm = float(np.ptp(np.nanpercentile(bust, FIT.percentiles)))
    likely_mm = FIT.likely_busts * bust_mm
    measured_mm = min(_extent(match.slope, within, face_mm), HORIZON * face_mm)
    said = [
        (measured_mm, (max(match.correlation, FIT.least_correlation) / FIT.measured_sigma) ** 2),
        (likely_mm, 1 / FIT.likely_sigma**2),
    ]
    own_a, own_mm = None, None
    if lens_ratio is not None:
        own_a = 1 / (face_mm * middle)
        own_mm = _extent(own_a, within, face_mm)
        said.append((own_mm, _weight_of_own(own_mm / max(measured_mm, 1.0), lens_ratio)))
    extent_mm = _believed(said)
    least_mm = min(FIT.least_extent_mm, bust_mm, bust_mm if own_mm is None else own_mm)
    bounded_mm = float(np.clip(extent_mm, least_mm, FIT.most_extent_mm))
    slope = _slope_for(bounded_mm, within, face_mm)
    return Fit(
        a=slope,
        b=1 / face_mm - slope * middle,
        correlation=match.correlation,
        measured_mm=measured_mm,
        likely_mm=likely_mm,
        extent_mm=bounded_mm,
        bound=None if bounded_mm == extent_mm else ("least" if bounded_mm > extent_mm else "most"),
        face_mm=face_mm,
        own_mm=own_mm,
        own_a=own_a,
    )


def visibility(depth: np.ndarray, camera: Intrinsics) -> np.ndarray:
    """(H, W) float32, how squarely a surface is seen: squared cosine between normal and ray; 0 where unknown.

    A pixel of a slanted surface covers more of it, and a small shift of the outline moves its depth far.
    """
    box = Box.round(np.isfinite(depth))
    part, of_part = box.of(depth), box.of_camera(camera)
    normal = normals_of(part, of_part, links_of(part, of_part))
    ray = unproject(np.ones(part.shape), of_part)
    cosine = -(normal * ray).sum(-1) / np.linalg.norm(ray, axis=-1)
    squared = np.where(np.isfinite(cosine), np.clip(cosine, 0, 1) ** 2, 0).astype(np.float32)
    return box.put_into(depth.shape, squared, 0)


def _matched(disparity: np.ndarray, face: np.ndarray, beside: np.ndarray, weight: np.ndarray) -> Match:
    """The match of a disparity with the nearness of the face, and of what lies beside it."""
    on_face, on_bust = weight > 0, np.isfinite(beside)
    depth = np.concatenate([face[on_face], beside[on_bust]]).astype(np.float64)
    sigma_mm = np.concatenate([FIT.face_sigma_mm / np.sqrt(weight[on_face]), np.full(on_bust.sum(), FIT.bust_sigma_mm)])
    return matched(
        np.concatenate([disparity[on_face], disparity[on_bust]]).astype(np.float64),
        1 / depth,
        np.concatenate([_share(weight[on_face]), FIT.bust_weight * _share(np.ones(on_bust.sum()))]),
        sigma_mm / depth**2,  # d(1 / depth) = d depth / depth^2
    )


def matched(x: np.ndarray, y: np.ndarray, weight: np.ndarray, sigma: np.ndarray) -> Match:
    """Give x the spread of y; all (N,), sigma is what y is uncertain by. Outliers count less, as Huber has it.

    A least-squares slope falls short where x is coarse or noisy: a network that draws faces flat would make everything
    flat.
    Source: the reduced major axis; Huber, Robust Statistics, 1981, ch. 7, by iteratively reweighted least squares.
    """
    trust = np.ones_like(x)
    match = Match(0.0, 0.0)
    for _ in range(ROUNDS):
        share = _share(weight * trust)
        off_x, off_y = x - (share * x).sum(), y - (share * y).sum()
        spread_x, spread_y = (max(float(np.sqrt((share * off**2).sum())), 1e-15) for off in (off_x, off_y))
        match = Match(spread_y / spread_x, float((share * off_x * off_y).sum()) / (spread_x * spread_y))
        missed = np.abs(off_y - match.slope * off_x) / sigma
        limit = max(HUBER_SIGMAS * float(np.median(missed)) / MEDIAN_SIGMAS, 1e-9)
        trust = limit / np.maximum(missed, limit)
    return match


def _weight_of_own(extent_ratio: float, lens_ratio: float) -> float:
    """Of a network's own extent, by its ratio to the measured one, and of its lens to the one that is used."""
    off = np.log([max(extent_ratio, 1e-3), lens_ratio])
    return float(1 / (FIT.own_sigma**2 + FIT.own_doubt**2 * (off**2).sum()))


def _believed(said: Sequence[tuple[float, float]]) -> float:
    """An extent by what was said of it, in mm, each at its weight; logarithms are averaged."""
    extents_mm, weights = np.array(said).T
    return float(np.exp(np.average(np.log(np.maximum(extents_mm, 1.0)), weights=weights)))


def _share(weight: np.ndarray) -> np.ndarray:
    return weight / max(float(weight.sum()), 1e-12)


def _extent(slope: float, within: np.ndarray, face_mm: float) -> float:
    """Depth between two disparities, seen from the face's median; infinite where one lies behind the horizon."""
    far, near = 1 / face_mm + slope * within
    return float(1 / far - 1 / near) if far > 0 else np.inf


def _slope_for(extent_mm: float, within: np.ndarray, face_mm: float) -> float:
    """The slope at which the person is so deep, by halving."""
    low, high = 0.0, 1 / (face_mm * max(float(-within[0]), 1e-9 * float(np.ptp(within)), 1e-12))
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _extent(middle, within, face_mm) < extent_mm else (low, middle)
    return (low + high) / 2
