"""The 52 expressions by ARKit's names, from Face Units, on the average head."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from worker.head.model.build.form import Form
from worker.head.model.build.source import Source


def expressions_of(source: Source, form: Form, average: np.ndarray, mirror: np.ndarray) -> Mapping[str, np.ndarray]:
    """By name, (N, 3) dm: how each moves the vertices of an average person (19158, 3) dm.

    They are drawn by hand, left and right a little different: `mirror` (N,) evens that out.
    """
    before = form.of(average)
    moves = {name: form.of(average + source.face_unit(name)) - before for name in source.face_units}
    for name, move in moves.items():
        if name.startswith("eyeLook"):
            _turn_eyes(form, before, move)
    flipped = {name: move[mirror] * [-1, 1, 1] for name, move in moves.items()}
    return {name: (move + flipped[_other_side(name)]) / 2 for name, move in moves.items()}


def _other_side(name: str) -> str:
    if name.endswith("Left"):
        return name.removesuffix("Left") + "Right"
    return name.removesuffix("Right") + "Left" if name.endswith("Right") else name


def _turn_eyes(form: Form, before: np.ndarray, move: np.ndarray) -> None:
    """In place of what moves an eyeball (Face Units turn it about its back), turn it about its middle, as far."""
    for start, end in zip(form.starts[1:3], form.starts[2:4], strict=True):
        ball = before[start:end]
        middle = (ball[0] + ball[-1]) / 2  # from the pupil, which is first, to the back pole, which is last
        arm = ball[0] - middle
        pushed = arm + move[start]
        axis = np.cross(arm, pushed)
        sine = np.linalg.norm(axis)
        if sine > 0:
            angle = float(np.linalg.norm(move[start]) / np.linalg.norm(arm))
            move[start:end] = (ball - middle) @ _rotation(axis / sine, angle).T + middle - ball


def _rotation(axis: np.ndarray, angle: float) -> np.ndarray:
    """(3, 3) about a unit vector. Source: Rodrigues' formula."""
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross)
