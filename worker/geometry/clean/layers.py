"""The colours of a person and of what is behind, taken apart where one pixel shows both."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

FRINGE_SHARE = 1 / 250
"""How far the background's colour reaches over an outline of unknown alpha, as a part of the picture's long side."""
SURENESS_POWER = 16
"""How quickly a pixel's own colour stops to count as the layer's, as its share in it falls: at 0.9 it counts a fifth.
Of rendered heads with strands of hair before seven backgrounds; anything from 8 to 32 is as good."""
FILLED = 0.99
"""The share from which on a layer fills a pixel."""
SATURATION = 4
"""A pixel of a coarser grid is as sure as this many of its parts would make it, at most fully."""


@dataclass(frozen=True)
class Layers:
    """What a picture is made of: alpha * front + (1 - alpha) * behind; both (H, W, 3) uint8, without any gap."""

    front: np.ndarray
    behind: np.ndarray


def layers_of(colours: np.ndarray, alpha: np.ndarray) -> Layers:
    """Take the colours (H, W, 3) uint8 of a picture apart, given alpha (H, W) float32, 0..1, the front's share of each.

    Each layer is continued smoothly from where it is seen by itself; what the two together do not explain goes to
    both, by their shares. Where a layer fills a pixel, it has the picture's colour.

    Source: Forte, Approximate Fast Foreground Colour Estimation, ICIP 2021, equations 4 to 7; with the means of
        Gortler et al., The Lumigraph, SIGGRAPH 1996, section 3.3 (pull-push), in place of a box's.
    """
    front, behind = _continued(colours, alpha), _continued(colours, 1 - alpha)
    mixed = np.flatnonzero((alpha > 1 - FILLED) & (alpha < FILLED))
    share = alpha.ravel()[mixed, None]
    both, near, far = (plane.reshape(-1, 3)[mixed].astype(np.float32) for plane in (colours, front, behind))
    rest = both - share * near - (1 - share) * far
    front.reshape(-1, 3)[mixed] = _as_bytes(near + share * rest)
    behind.reshape(-1, 3)[mixed] = _as_bytes(far + (1 - share) * rest)
    cv2.copyTo(colours, (alpha >= FILLED).astype(np.uint8), front)
    cv2.copyTo(colours, (alpha <= 1 - FILLED).astype(np.uint8), behind)
    return Layers(front, behind)


def alpha_of_outline(known: np.ndarray) -> np.ndarray:
    """Guess alpha (H, W) float32 of a surface, known (H, W) bool, whose outline alone is known: 1 inside, 0 at its rim.

    What is too thin to have an inside is 1 too: it keeps its colours.
    """
    reach = max(1.5, FRINGE_SHARE * max(known.shape))
    inside = cv2.distanceTransform(known.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5) > reach
    if known.all() or not inside.any():
        return known.astype(np.float32)
    away = cv2.distanceTransform((~inside).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    return (inside | (known & (away > 2 * reach + 1))).astype(np.float32)


def _continued(colours: np.ndarray, share: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8, one layer's colours everywhere, smooth; half the resolution is as good, and takes a third."""
    height, width = share.shape
    half = max(1, width // 2), max(1, height // 2)
    seen, sure = (cv2.resize(plane, half, interpolation=cv2.INTER_AREA) for plane in (colours, share))
    smooth = _filled(seen.reshape(half[1], half[0], 3).astype(np.float32), (sure**SURENESS_POWER)[..., None])
    return cv2.resize(_as_bytes(smooth), (width, height), interpolation=cv2.INTER_LINEAR)


def _filled(colours: np.ndarray, sure: np.ndarray) -> np.ndarray:
    """Mix colours (H, W, 3), sure (H, W, 1) 0..1, with those of their surroundings, the less sure they are the more."""
    height, width = sure.shape[:2]
    if max(height, width) == 1:
        return colours
    size_wh = (width + 1) // 2, (height + 1) // 2
    weight = cv2.resize(sure, size_wh, interpolation=cv2.INTER_AREA).reshape(size_wh[1], size_wh[0], 1)
    mean = cv2.resize(colours * sure, size_wh, interpolation=cv2.INTER_AREA).reshape(*weight.shape[:2], 3)
    around = _filled(mean / np.maximum(weight, 1e-12), np.minimum(weight * SATURATION, 1))
    return colours * sure + (1 - sure) * cv2.resize(around, (width, height), interpolation=cv2.INTER_LINEAR)


def _as_bytes(colours: np.ndarray) -> np.ndarray:
    return np.rint(colours).clip(0, 255).astype(np.uint8)
