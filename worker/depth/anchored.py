"""Metric depth from a disparity network and the face in the photo.

The network sees everything but knows no size; the landmarks of a face know size but nothing beside it. The face's depth
fixes the disparity's scale and shift, and the face's coarse shape; the network gives the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np

from shared.errors import PhotoError
from worker.depth.estimator import DepthMap, Photo
from worker.depth.midas.estimator import MidasEstimator
from worker.depth.portrait.estimator import Bust, Portrait
from worker.geometry.clean.holes import continued
from worker.geometry.fuse.anchor import AnchorError, depth_from_anchor, fit_anchor, visibility
from worker.geometry.fuse.blend import corrected_by_face
from worker.geometry.fuse.disparity import edge_confidence
from worker.person.face import Face


@dataclass(frozen=True)
class AnchoringSettings:
    """How far the network's depth is trusted; both numbers are shares of full confidence, set by hand.

    least_confidence: network depth below it lies on a step that the network blurred, and is not used.
    beside_face: confidence of the network's depth beside the face, next to 1 for a face seen from the front.
    """

    least_confidence: float = 0.5
    beside_face: float = 0.7


ANCHORING = AnchoringSettings()


class Anchored:
    """An estimator of metric depth where a face is found, and of the network's own relative depth where none is."""

    def __init__(self, network: MidasEstimator, portrait: Portrait) -> None:
        self._network = network
        self._portrait = portrait

    def estimate(self, photos: Sequence[Photo]) -> list[DepthMap | PhotoError]:
        """Depth of each photo; its report says what it was anchored to, or why it was not."""
        faces = [self._portrait.faces_of(photo) for photo in photos]
        disparities = self._network.disparity(photos, [found[0].box if found else None for found in faces])
        return [self._estimate(*one) for one in zip(photos, faces, disparities, strict=True)]

    def _estimate(self, photo: Photo, faces: list[Face], disparity: np.ndarray | PhotoError) -> DepthMap | PhotoError:
        if isinstance(disparity, PhotoError):
            return disparity
        if faces:
            return anchored(disparity, self._portrait.bust_of(photo, faces))
        relative = self._network.relative(photo, disparity)
        return _reporting(relative, {"face_found": False, "metric": False, "anchored": False})


def anchored(disparity: np.ndarray, bust: Bust) -> DepthMap:
    """Merge a network's disparity with a person whose face is known.

    Args:
        disparity: (H, W) float on the grid of the bust.
        bust: from landmarks.
    Returns:
        Metric depth: of the person inside the silhouette where there is one, else of the whole photo. Where the
        disparity does not fit the face, the bust as it is, and the report says why.
    """
    camera = bust.depth_map.camera
    weight = visibility(bust.face, camera)
    try:
        anchor = fit_anchor(disparity, bust.face, weight)
    except AnchorError as error:
        return _reporting(bust.depth_map, {"anchored": False, "anchor_refused": str(error)})
    depth = corrected_by_face(depth_from_anchor(disparity, anchor), bust.face, weight, camera)
    trust = edge_confidence(disparity)
    if bust.silhouette_found:
        depth = _inside_silhouette(depth, trust >= ANCHORING.least_confidence, bust)
    confidence = np.maximum(bust.depth_map.confidence, ANCHORING.beside_face * trust)
    confidence = np.where(np.isfinite(depth), confidence, 0).astype(np.float32)
    merged = replace(bust.depth_map, depth=depth.astype(np.float32), confidence=confidence)
    facts = {name: float(f"{value:.4g}") for name, value in asdict(anchor).items()}
    return _reporting(merged, {"anchored": True, "fit_residual_mm": facts.pop("residual_mm"), "anchor": facts})


def _inside_silhouette(depth: np.ndarray, trusted: np.ndarray, bust: Bust) -> np.ndarray:
    """Depth of the person alone; where it is not trusted the face's own, else the trusted one continued."""
    person = bust.depth_map.mask
    known = np.where(person & trusted, depth, np.nan)
    known = np.where(np.isnan(known) & person & np.isfinite(bust.face), bust.face, known)
    unknown = person & np.isnan(known)
    known[unknown] = continued(known, unknown)
    return known


def _reporting(depth_map: DepthMap, more: dict[str, object]) -> DepthMap:
    return replace(depth_map, report=depth_map.report | more)
