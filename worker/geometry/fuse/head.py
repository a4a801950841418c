"""The roundness of a head that a network draws flat, from a bust of average build.

In a wide scene a head gets few levels of a network's disparity, and comes out as a plate. How flat it is, is measured;
by so much it is pulled towards the bust, within the head alone: arms and clothes are left to the network. So is its
silhouette, where a network that blurs draws a surface that does not turn away.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from worker.geometry.fuse.sight import Sight, inside_px, mean_nearby, smooth_step


@dataclass(frozen=True)
class HeadRule:
    """What counts as the head. Set by hand, tried on five depth maps of three photos."""

    fades_above_chin_mm: float = 50.0  # from there down to the chin the head turns into the neck
    half_width_mm: float = 120.0
    fades_aside_mm: float = 40.0
    blur_mm: float = 6.0  # what is finer is the network's
    length_mm: float = 25.0  # within it a head that is all flat is pulled to the bust


@dataclass(frozen=True)
class RimRule:
    """How the silhouette of a head is pulled to the bust's.

    Chosen on heads h0 to h7 with maps of a known shift, true, flat, blurred and noisy ones.
    """

    within_mm: float = 8.0  # so far inside of the outline all of it is pulled, ...
    fades_mm: float = 16.0  # ... and from there less and less
    length_mm: float = 3.0  # within it the rim of a network that resolves nothing is the bust's
    blur_mm: float = 1.5  # what is finer is the network's


HEAD = HeadRule()
RIM = RimRule()


@dataclass(frozen=True)
class HeadPull:
    """How a head is rounded.

    flatness: 0 as round as the bust, 1 flat.
    shift_mm: (H, W) float32, by how much the bust's coarse shape lies behind the network's.
    screening: (H, W) float, 1 / mm^2, how strongly that pulls; 0 beside the head.
    """

    flatness: float
    shift_mm: np.ndarray
    screening: np.ndarray


def pull_of_head(depth: np.ndarray, sight: Sight) -> HeadPull:
    """What rounds the head of a surface (H, W) mm, which the network alone gave."""
    known = sight.person & np.isfinite(sight.bust)
    sigma_px = HEAD.blur_mm / sight.pixel_mm
    weight = _head(sight)
    bust, own = mean_nearby(sight.bust, known, sigma_px), mean_nearby(depth, known, sigma_px)
    flatness = float(np.clip(1 - _slope(bust[known], own[known], weight[known]), 0, 1))
    far = cv2.distanceTransform((~known).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5) > 2 * sigma_px
    screening = np.where(far, 0, flatness * weight / HEAD.length_mm**2)
    return HeadPull(flatness, np.where(far, 0, bust - own).astype(np.float32), screening)


def with_rim(pull: HeadPull, depth: np.ndarray, sight: Sight, blurred: float) -> HeadPull:
    """A pull and that of the head's silhouette, by how far the network blurs, 0..1; takes what `pull_of_head` does."""
    known = sight.person & np.isfinite(sight.bust)
    near = 1 - smooth_step(inside_px(sight.person) * sight.pixel_mm, RIM.within_mm, RIM.fades_mm)
    rim = np.where(known, blurred * near * _head(sight) / RIM.length_mm**2, 0)
    off = mean_nearby(np.where(known, sight.bust - depth, 0), known, RIM.blur_mm / sight.pixel_mm)
    screening = pull.screening + rim
    shift = (pull.screening * pull.shift_mm + rim * off) / np.where(screening > 0, screening, 1)
    return HeadPull(pull.flatness, shift.astype(np.float32), screening)


def _head(sight: Sight) -> np.ndarray:
    """(H, W) float32, 1 on the head, falling to 0 at the chin and far aside; the photo's upright is the head's."""
    v, u = np.nonzero(sight.on_face)
    rows, columns = np.ogrid[: sight.face.shape[0], : sight.face.shape[1]]
    above_mm = (v.max() - rows) * sight.pixel_mm
    aside_mm = np.abs(columns - (u.min() + u.max()) / 2) * sight.pixel_mm
    within = 1 - smooth_step(aside_mm, HEAD.half_width_mm, HEAD.fades_aside_mm)
    above_chin = smooth_step(above_mm, 0.0, HEAD.fades_above_chin_mm)
    return np.where(sight.person, (within * above_chin).astype(np.float32), np.float32(0))


def _slope(x: np.ndarray, y: np.ndarray, weight: np.ndarray) -> float:
    """Of y over x, by weighted least squares; 1 where x does not vary."""
    weight = weight / max(float(weight.sum()), 1e-12)
    off_x, off_y = x - (weight * x).sum(), y - (weight * y).sum()
    spread = float((weight * off_x**2).sum())
    return float((weight * off_x * off_y).sum()) / spread if spread > 1e-6 else 1.0
