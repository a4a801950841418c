"""Where hair grows, what is ear and what is neck."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from worker.head.model.build.form import Form
from worker.head.model.build.source import Source
from worker.head.model.head_model import Part


@dataclass(frozen=True)
class MaskSettings:
    """Set by eye on the mean head.

    hairline: degrees from the front round the head's axis, and mm below (positive) the pupils where hair ends.
    """

    hairline_deg: tuple[float, ...] = (0, 25, 40, 52, 60, 70, 80, 95, 110, 130, 180)
    hairline_mm: tuple[float, ...] = (-76, -74, -70, -62, -40, 0, 26, 20, 40, 62, 72)
    axis_back_mm: float = 85.0  # how far the head's axis lies behind the pupils
    soft_mm: float = 5.0  # of the hairline
    wings: tuple[str, str] = ("l-ear-wing-incr", "r-ear-wing-incr")
    ear: tuple[float, float] = (0.02, 0.12)  # share of the largest move as the ears' wings open: none, all ear


MASKS = MaskSettings()


def scalp_of(mean: np.ndarray, ears: np.ndarray, neck: np.ndarray, part: np.ndarray) -> np.ndarray:
    """(N,) 0 to 1 where hair grows, of the mean head (N, 3) mm in its own frame."""
    angle = np.degrees(np.arctan2(np.abs(mean[:, 0]), MASKS.axis_back_mm - mean[:, 2]))
    below = mean[:, 1] - np.interp(angle, MASKS.hairline_deg, MASKS.hairline_mm)
    hair = 1 / (1 + np.exp(np.clip(below / MASKS.soft_mm, -30, 30)))
    return np.where(part == Part.SKIN, hair * (1 - ears) * (1 - np.clip(2 * neck - 1, 0, 1)), 0)


def ears_of(source: Source, form: Form) -> np.ndarray:
    """(N,) 0 to 1, what moves as the ears' wings open."""
    moved = form.scalar_of(sum(np.linalg.norm(source.target("ears", name), axis=1) for name in MASKS.wings))
    low, high = MASKS.ear
    return np.clip((moved / moved.max() - low) / (high - low), 0, 1) * (form.part == Part.SKIN)
