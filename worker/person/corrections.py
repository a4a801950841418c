"""What is known of the landmark network's depths beyond the network: faces are nearly symmetric, and it errs alike.

The network sees where a landmark lies in the photo far better than how far away it is. So landmarks move along their
rays alone: they stay where they are in the photo.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache

import numpy as np

from worker.person.face_mesh import DATA, face_mesh


@dataclass(frozen=True)
class SymmetrySettings:
    """How far depths follow symmetry. Tuned on rendered ICT-FaceKit heads h0-h7: 0.5 to 1 are alike."""

    asymmetry: float = 0.7  # usual asymmetry of a face, as a share of the network's usual error in depth
    rounds: int = 4  # of plane and depths in turn


SYMMETRY = SymmetrySettings()


def symmetric(points: np.ndarray) -> np.ndarray:
    """Landmarks moved along their rays until both halves of the face agree, as far as that explains them.

    The two halves of a turned face are two views of one shape: how far the halves stand apart in the photo says how
    deep they are. Of a face seen from the front it says nothing, and nothing moves. Least squares: each pair gives way
    by its errors in depth and by its asymmetry, which weigh as `SymmetrySettings` says.

    Args:
        points: (468, 3) in the camera frame, any unit of length, z positive.
    Returns:
        (468, 3) float64.
    Source: Francois, Medioni & Waupotitsch, Mirror symmetry => 2-view stereo geometry, 2003, for the idea.
    """
    mirror = face_mesh().mirror
    rays = points / points[:, 2:]
    moved = points
    for _ in range(SYMMETRY.rounds):
        turn, shift = _reflection(moved[mirror], moved)
        apart = points - (points[mirror] @ turn.T + shift)
        along = _along(apart, rays, rays[mirror] @ turn.T, mirror)
        moved = points + along[:, None] * rays
    return moved


def unbiased(points: np.ndarray, back: np.ndarray) -> np.ndarray:
    """Landmarks without the error that the network makes on every face.

    Args:
        points: (468, 3) mm, of a head of mean size (63 mm between the pupils), in any frame.
        back: (3,) unit vector in that frame, from the face into the head.
    Returns:
        (468, 3) float64.
    """
    return points - _bias_mm()[:, None] * back


@cache
def _bias_mm() -> np.ndarray:
    """(468,) how far too far back the network puts each landmark; see data/README.md for how it was measured."""
    return np.array(json.loads((DATA / "bias_mm.json").read_text()))


def _reflection(source: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The reflection, (3, 3) and (3,), that takes source (N, 3) closest to target. Source: Umeyama, 1991."""
    a, b = source - source.mean(0), target - target.mean(0)
    u, _, vt = np.linalg.svd(b.T @ a)
    turn = u @ np.diag([1, 1, -np.sign(np.linalg.det(u @ vt))]) @ vt
    return turn, target.mean(0) - turn @ source.mean(0)


def _along(apart: np.ndarray, rays: np.ndarray, mirrored: np.ndarray, mirror: np.ndarray) -> np.ndarray:
    """(N,) how far each landmark moves along its ray.

    Args:
        apart: (N, 3) from the mirror image of each landmark's partner to the landmark.
        rays: (N, 3) of the landmarks; mirrored: (N, 3) of the partners, reflected.
        mirror: (N,) index of each one's partner; a landmark of the middle is its own.
    """
    trust = SYMMETRY.asymmetry**2
    own, other = trust + (rays**2).sum(1), trust + (mirrored**2).sum(1)
    both = -(rays * mirrored).sum(1)
    pull, push = -(apart * rays).sum(1), (apart * mirrored).sum(1)
    pairs = (pull * other - push * both) / (own * other - both**2)
    across = rays - mirrored
    middle = -(apart * across).sum(1) / (trust + (across**2).sum(1))
    return np.where(mirror == np.arange(len(mirror)), middle, pairs)
