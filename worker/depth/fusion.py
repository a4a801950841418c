"""One depth map from a disparity and a person whose face is known: each source at the weight that it earns.

Landmarks give scale, pose and the relief of the face; the disparity gives the layout of everything else, and of the
background; both and the matting decide where the person ends. How deep a person is, a network knows that knows its
shift; how large, only the face.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np

from shared.cloud.camera import Intrinsics
from shared.cloud.classes import PointClass
from worker.depth.estimator import DepthMap
from worker.depth.portrait.estimator import Bust
from worker.depth.prediction import Prediction, Scale, with_lens
from worker.geometry.fuse.belief import Belief, belief_in
from worker.geometry.fuse.disparity import edge_confidence
from worker.geometry.fuse.fit import Fit, fit_person, visibility
from worker.geometry.fuse.outline import joint_outline, region_by_steps
from worker.geometry.fuse.ramps import parted
from worker.geometry.fuse.sight import Sight, inside_px
from worker.geometry.fuse.surface import Surface, joined
from worker.geometry.fuse.unseen import before_nothing, completed, without_gaps
from worker.person.face import Face
from worker.person.person import Person


@dataclass(frozen=True)
class FusionSettings:
    """How far a disparity is believed; set by hand, no data is recorded."""

    least_face: float = 0.2  # of the face has to be seen by the network; else the bust is left as it is
    least_confidence: float = 0.5  # below it a pixel lies on a step that the network blurred, and is not fitted to
    least_visibility: float = 0.01  # of a pixel of the face, next to 1 of one that is seen squarely
    fitted_mm: float = 250.0  # so far from the face, in the picture, the bust of average build is believed
    head_reach_mm: float = 200.0  # what is farther aside of the face, and above its chin, is no part of the head
    beside_face: float = 0.7  # confidence of the network's depth, next to 1 for a face seen from the front
    behind_ratio: float = 2.0  # depth of what lies round a person, next to the face's: a guess, to tell noise by
    surroundings_mm: tuple[float, float] = (10.0, 120.0)  # what lies round a person, from the outline


FUSION = FusionSettings()


def fused(prediction: Prediction, bust: Bust, others: Sequence[Face] = ()) -> DepthMap:
    """Join a network's prediction with a person whose face is known.

    Args:
        prediction: on the grid of the bust.
        bust: from landmarks.
        others: the faces of other people, on the same grid.
    Returns:
        Metric depth of the whole photo, with the person in it, NaN beside them where the network knows nothing; its
        report says under `network` what each source gave. Where the disparity cannot be told from noise, or leaves out
        the face, the bust as it is.
    """
    own, on_face = bust.depth_map, np.isfinite(bust.face)
    outline = own.person if own.person is not None else Person.of_mask(own.mask, outline_found=bust.silhouette_found)
    lens_ratio = _lens_ratio(prediction, own.camera)
    prediction = with_lens(prediction, own.camera, outline.mask | on_face)
    disparity = prediction.known
    by_matting = Sight(disparity, bust.face, own.depth, outline.mask | on_face, own.camera)
    belief = _belief(by_matting.thinned())
    facts = {"scale": prediction.scale} | _facts(belief)
    if belief.is_noise or np.isfinite(disparity[on_face]).mean() < FUSION.least_face:
        return replace(own, disparity=disparity, report=own.report | {"anchored": False, "network": facts})
    sight = replace(by_matting, person=_person(by_matting, outline, others) | on_face)
    shift_known = lens_ratio is not None
    trust = edge_confidence(disparity, shift_known=shift_known)
    fit = _fit(sight, trust, lens_ratio)
    surface = joined(_layout(fit, trust, sight), sight, prediction.normals, rims_rounded=shift_known)
    there = sight.person | np.isfinite(disparity)
    beside = np.where(there, FUSION.beside_face * trust, 0)
    return replace(
        own,
        depth=np.where(there, surface.depth, np.float32(np.nan)),
        confidence=np.maximum(own.confidence, beside).astype(np.float32),
        person=outlined(outline, sight.person if bust.within is None else sight.person & bust.within),
        disparity=disparity,
        report=own.report | {"anchored": True, "network": facts | _contributions(fit, surface, prediction.scale)},
    )


def _person(sight: Sight, outline: Person, others: Sequence[Face]) -> np.ndarray:
    """(H, W) bool: the person by outline and steps together; by the steps alone where no outline was found."""
    if not outline.outline_found:
        return region_by_steps(before_nothing(sight.disparity), sight.on_face, outline.mask)
    whole = without_gaps(sight.disparity, sight.person)
    by_steps = region_by_steps(whole, sight.on_face, outline.mask)
    known = np.isfinite(sight.disparity)
    return joint_outline(outline.mask, by_steps, whole, _elsewhere(sight, others), known)


def expected_nearness(sight: Sight) -> np.ndarray:
    """(H, W) 1 / mm: of the bust, and of a guess at what lies round the person; NaN where nothing is expected."""
    away_mm = cv2.distanceTransform((~sight.person).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5) * sight.pixel_mm
    low_mm, high_mm = FUSION.surroundings_mm
    around = (away_mm > low_mm) & (away_mm < high_mm)
    return np.where(around, 1 / (FUSION.behind_ratio * sight.face_mm), 1 / np.where(sight.person, sight.bust, np.nan))


def outlined(person: Person, mask: np.ndarray) -> Person:
    """The person with another outline, (H, W) bool: soft where it was, and OTHER where no class was known."""
    alpha = np.where(mask, np.maximum(person.alpha, 0.5), np.minimum(person.alpha, np.nextafter(np.float32(0.5), 0)))
    known = np.where(person.classes == PointClass.BACKGROUND, PointClass.OTHER, person.classes)
    classes = np.where(mask, known, PointClass.BACKGROUND)
    return Person(alpha.astype(np.float32), classes.astype(np.uint8), outline_found=True)


def _elsewhere(sight: Sight, others: Sequence[Face]) -> np.ndarray:
    """(H, W) bool: the faces of others, and where heads beside the own one would be."""
    v, u = np.nonzero(sight.on_face)
    rows, columns = np.ogrid[: sight.face.shape[0], : sight.face.shape[1]]
    aside_mm = np.abs(columns - (u.min() + u.max()) / 2) * sight.pixel_mm
    theirs = (rows < v.max()) & (aside_mm > FUSION.head_reach_mm)
    for other in others:
        left, top, right, bottom = other.box
        theirs |= (columns >= left) & (columns <= right) & (rows >= top) & (rows <= bottom)
    return theirs


def _belief(sight: Sight) -> Belief:
    """The better of two: of the whole person, and of the head, whose outline is surer than that of clothes."""
    expected = expected_nearness(sight)
    head = expected.copy()
    head[int(np.nonzero(sight.on_face)[0].max()) :] = np.nan
    beliefs = [belief_in(sight.disparity, nearness) for nearness in (expected, head)]
    return max(beliefs, key=lambda belief: belief.sigmas)


def _lens_ratio(prediction: Prediction, camera: Intrinsics) -> float | None:
    """Focal length of the lens that a network saw by that of the one that is used; None where it knows no shift.

    A network that sees no lens is taken at its word.
    """
    if prediction.scale == "affine":
        return None
    return prediction.camera.fx / camera.fx if prediction.camera else 1.0


def _fit(sight: Sight, trust: np.ndarray, lens_ratio: float | None) -> Fit:
    """The fit, on a coarser grid, to what lies on no step; where all of the face seems to be one, to everything.

    Of a face of a few pixels that is partly unknown, every one counts.
    """
    sight = replace(sight, bust=np.where(np.isfinite(sight.disparity), sight.bust, np.nan))  # extents of the same part
    smooth = replace(sight, disparity=np.where(trust >= FUSION.least_confidence, sight.disparity, np.nan))
    grids = smooth.thinned(), sight.thinned(), sight
    thin = next(grid for grid in grids if np.isfinite(grid.disparity[grid.on_face]).any())
    near = thin.person & (inside_px(~thin.on_face) * thin.pixel_mm <= FUSION.fitted_mm)
    disparity, bust = (np.where(near, values, np.nan) for values in (thin.disparity, thin.bust))
    weight = np.maximum(visibility(thin.face, thin.camera), FUSION.least_visibility)
    return fit_person(disparity, thin.face, bust, weight, lens_ratio)


def _layout(fit: Fit, trust: np.ndarray, sight: Sight) -> np.ndarray:
    """(H, W) float32 mm, finite: the network's depth, all of the person, and their outline as a step."""
    depth = np.where(sight.person, fit.depth(sight.disparity), fit.depth_beside(sight.disparity))
    return parted(completed(depth, trust, sight), sight.person, sight.camera)


def _facts(belief: Belief) -> dict[str, Any]:
    return {"correlation": round(belief.correlation, 3), "sigmas": round(belief.sigmas, 1)}


def _contributions(fit: Fit, surface: Surface, scale: Scale) -> dict[str, Any]:
    """What each source gave, as JSON values of a few digits."""
    of_own: dict[str, Any] = {} if fit.own_mm is None else {"own_depth_mm": round(fit.own_mm)}
    if fit.own_a and scale == "metric":
        of_own["scale_ratio"] = round(1 / fit.own_a, 3)
    if surface.drawn is not None:
        of_own["normals"] = surface.drawn.report()
    return of_own | {
        "a": float(f"{fit.a:.7g}"),
        "b": float(f"{fit.b:.7g}"),
        "fit_correlation": round(fit.correlation, 3),
        "measured_depth_mm": round(fit.measured_mm),
        "likely_depth_mm": round(fit.likely_mm),
        "depth_mm": round(fit.extent_mm),
        "bound": fit.bound,
        "layout_share": round(surface.network_share, 3),
        "correction_rms_mm": round(surface.correction_mm, 1),
        "head_flatness": round(surface.flatness, 3),
        "detail_correlation": round(surface.detail.correlation, 3),
        "detail_weight": round(surface.detail.weight, 3),
    }
