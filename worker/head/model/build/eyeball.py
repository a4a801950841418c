"""The eyeballs, made anew: those of the base mesh are coarse and too large."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from worker.head.model.build.ball import Shape, ball


@dataclass(frozen=True)
class EyeballSettings:
    """Set by eye on the mean head, so that no gap shows between ball and lids."""

    meridians: int = 20
    rings: int = 13
    finer: float = 1.25  # power by which rings are nearer to each other at the pupil
    size: float = 0.86  # of the base mesh's eyeball, whose lids are made for a large one
    cornea: float = 0.045  # how far it stands out of the eyeball, as a share of the radius
    cornea_deg: float = 28.0  # of half its angle


EYEBALL = EyeballSettings()


def eyeball(vertices: np.ndarray) -> Shape:
    """A sphere that looks forward, its front where the base mesh's eyeball (72, 3) dm has it; it begins with the pupil.

    In its layout the pupil is in the middle of the square, and the distance from it, in half sides, is the square root
    of the angle's share of 180 degrees: the iris takes 0.39.
    """
    low, high = vertices.min(0), vertices.max(0)
    radius = EYEBALL.size * (high - low)[0] / 2
    middle = (low + high) / 2
    middle[2] = high[2] - radius
    share = ((1 + np.arange(EYEBALL.rings)) / (EYEBALL.rings + 1)) ** EYEBALL.finer
    angle = np.pi * share
    turn = 2 * np.pi * np.arange(EYEBALL.meridians) / EYEBALL.meridians
    bulge = 1 + EYEBALL.cornea * np.clip(1 - (angle / np.radians(EYEBALL.cornea_deg)) ** 2, 0, None)
    flat = np.sin(angle)[:, None, None] * np.stack([np.cos(turn), np.sin(turn)], -1)
    deep = np.broadcast_to(np.cos(angle)[:, None, None], (*flat.shape[:2], 1))
    rings = bulge[:, None, None] * np.concatenate([flat, deep], 2)
    ends = np.array([0, 0, 1 + EYEBALL.cornea]), np.array([0, 0, -1.0])
    return ball(ends[0] * radius + middle, rings * radius + middle, ends[1] * radius + middle, np.sqrt(share))
