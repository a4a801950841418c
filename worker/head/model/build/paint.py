"""Colours by which the landmark network knows a face: skin, lips, brows, irises."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from worker.head.model.build.form import Form
from worker.head.model.build.modes import pupils_of
from worker.head.model.build.source import Source
from worker.head.model.head_model import Part
from worker.person.landmarks import LANDMARKS

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class PaintSettings:
    """Colours from 0 to 1; by eye."""

    skin: Colour = (0.78, 0.60, 0.50)
    lips: Colour = (0.66, 0.38, 0.36)
    brows: Colour = (0.30, 0.22, 0.17)
    white: Colour = (0.93, 0.93, 0.93)
    iris: Colour = (0.25, 0.20, 0.15)
    pupil: Colour = (0.05, 0.05, 0.05)
    teeth: Colour = (0.92, 0.90, 0.86)
    tongue: Colour = (0.70, 0.35, 0.35)
    lip_dm: float = 0.05  # what the lips' targets move so far is all lip
    brow_mm: float = 3.0  # half its height
    iris_mm: float = 6.0  # radius
    pupil_mm: float = 2.4


PAINT = PaintSettings()


def painted(source: Source, form: Form, mean: np.ndarray, landmarks: np.ndarray | None) -> np.ndarray:
    """(N, 3) colours of the mean head (N, 3) mm; brows only where landmarks (468, 3) are known."""
    parts = np.array([PAINT.skin, PAINT.white, PAINT.teeth, PAINT.tongue])
    colours = parts[form.part]
    skin = form.part == Part.SKIN
    colours = _mixed(colours, PAINT.lips, _lips(source, form) * skin)
    if landmarks is not None:
        colours = _mixed(colours, PAINT.brows, _brows(mean, landmarks) * skin)
    for pupil in pupils_of(form, mean):
        far = np.linalg.norm(mean - pupil, axis=1)
        for colour, radius in ((PAINT.iris, PAINT.iris_mm), (PAINT.pupil, PAINT.pupil_mm)):
            colours = _mixed(colours, colour, ((far < radius) & (form.part == Part.EYES)).astype(float))
    return colours


def _mixed(colours: np.ndarray, other: Colour, share: np.ndarray) -> np.ndarray:
    return np.asarray(colours * (1 - share[:, None]) + np.array(other) * share[:, None])


def _lips(source: Source, form: Form) -> np.ndarray:
    names = ("mouth-upperlip-volume-incr", "mouth-lowerlip-volume-incr")
    moved = np.max([np.linalg.norm(source.target("mouth", name), axis=1) for name in names], 0)
    return np.clip(form.scalar_of(moved) / PAINT.lip_dm, 0, 1)


def _brows(mean: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    """Near the middle line between a brow's upper and lower landmarks."""
    share = np.zeros(len(mean))
    for brow in (LANDMARKS.right_brow, LANDMARKS.left_brow):
        upper, lower = landmarks[list(brow[:5])], landmarks[list(brow[:4:-1])]
        line = (upper + lower) / 2
        dense = np.concatenate([np.linspace(a, b, 12) for a, b in pairwise(line)])
        far = np.linalg.norm(mean[:, None] - dense, axis=2).min(1)
        share = np.maximum(share, np.clip(2 * (1 - far / (2 * PAINT.brow_mm)), 0, 1))
    return share
