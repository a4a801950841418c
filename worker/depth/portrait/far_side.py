"""The far side of a turned head, where the face itself turns away and not the skull behind it.

Seen from the front, ears and skull stand beside a face, and its cheeks go on back to them. Of a head turned by 40
degrees the far cheek is the person's outline: the surface ends there at the depth of the face's own edge.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy import ndimage

from worker.depth.portrait.anatomy import SkullFrame, smoothstep


@dataclass(frozen=True)
class FarSideSettings:
    """Where the rim follows the face's far edge; pairs are from where to where.

    Set by hand on three photos; where it begins and how far it goes up, with the rendered heads h8-h23 in view.
    """

    turned_sine: tuple[float, float] = (0.45, 0.6)  # sine of the head's turn: not at all, fully
    reach_mm: tuple[float, float] = (0.0, 80.0)  # beside the face, away from it: fully, not at all
    above_mm: tuple[float, float] = (0.0, 40.0)  # the same above it, where the skull turns back
    touching_mm: tuple[float, float] = (2.0, 10.0)  # the same below it, where the neck is
    outward_mm: tuple[float, float] = (0.0, 10.0)  # what lies further out than the face's edge is no neck but a beard
    from_middle_mm: tuple[float, float] = (0.0, 25.0)  # where the far side begins, from the middle of the skull
    inside_mm: tuple[float, float] = (0.0, 50.0)  # from the outline inwards: fully, not at all
    even_mm: float = 12.0  # sigma of the averaging along the outline
    behind_mm: float = 6.0  # the rim lies so far behind the face's edge, so that the surface bends into it


FAR_SIDE = FarSideSettings()


def nearer_rim(face: np.ndarray, body: np.ndarray, rim: np.ndarray, frame: SkullFrame, cell_mm: float) -> np.ndarray:
    """How far the rim lies before that of skull and trunk.

    Args:
        face: (h, w) mm, NaN beside the face.
        body: (h, w) bool, the silhouette.
        rim: (h, w) mm, of skull and trunk.
        frame: that grid; cell_mm: the width of its cells.
    Returns:
        (h, w) mm, 0 or more; 0 everywhere unless the head is turned.
    """
    looks_right = -frame.pose.axes[0, 2]  # where the face looks: to the picture's right, or left below 0
    turned = float(smoothstep(np.array(abs(looks_right)), *FAR_SIDE.turned_sine))
    if turned == 0 or not np.isfinite(face).any():
        return np.zeros(face.shape)
    side = np.sign(looks_right)
    share, edge = _beside_the_face(face, side, cell_mm)
    share = share * smoothstep(side * frame.right, *FAR_SIDE.from_middle_mm)
    gap = share * np.maximum(rim - edge - FAR_SIDE.behind_mm, 0)
    inner = ndimage.binary_erosion(body, border_value=1)
    inside, outline = ndimage.distance_transform_edt(inner, return_indices=True)
    along = cv2.GaussianBlur(gap[tuple(outline)], (0, 0), FAR_SIDE.even_mm / cell_mm)
    return turned * along * (1 - smoothstep(inside * cell_mm, *FAR_SIDE.inside_mm))


def _beside_the_face(face: np.ndarray, side: float, cell_mm: float) -> tuple[np.ndarray, np.ndarray]:
    """(h, w) 0 to 1, how far a cell goes with the face's edge; (h, w) mm, depth of the face where it is nearest."""
    away, nearest = ndimage.distance_transform_edt(np.isnan(face), return_indices=True)
    v, u = np.indices(face.shape)
    outward = smoothstep(side * (u - nearest[1]) * cell_mm, *FAR_SIDE.outward_mm)
    beside, above, touching = (
        1 - smoothstep(away * cell_mm, *reach) for reach in (FAR_SIDE.reach_mm, FAR_SIDE.above_mm, FAR_SIDE.touching_mm)
    )
    share = np.maximum(touching, np.where(v < nearest[0], above, outward * beside))
    return share, face[tuple(nearest)]
