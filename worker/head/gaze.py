"""Where the eyes look in the photo, as weights of the expressions that turn the eyeballs."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from shared.cloud.camera import project
from worker.head.fit.head_fit import HeadFit
from worker.head.model.head_model import HeadModel, Part
from worker.head.skin import Body
from worker.head.view import HeadView
from worker.person.landmarks import LANDMARKS


@dataclass(frozen=True)
class GazeSettings:
    """Chosen by eye on photos."""

    least_px: float = 5.0  # of an eye's opening, from lid to lid, in the photo: in a smaller one no iris is found
    blur: float = 0.08  # of the eye's width
    dark: float = 40.0  # percent of the opening's pixels that the iris has
    most: float = 0.7  # largest weight
    upright: float = 0.6  # share of what is seen up or down: lids and lashes hide part of the iris


GAZE = GazeSettings()
RIMS = {"Right": LANDMARKS.right_eye_rim, "Left": LANDMARKS.left_eye_rim}
TURNS = ("In", "Out", "Up", "Down")


def with_gaze(view: HeadView, body: Body, fit: HeadFit, model: HeadModel) -> tuple[Body, HeadFit]:
    """The body with its eyeballs turned as in the photo, and the fit with the weights of that; both eyes alike."""
    looks = [_look(view, body, side, fit, model) for side in RIMS]
    seen = [look for look in looks if look is not None]
    if not seen:
        return body, fit
    across, down = np.clip(np.mean(seen, axis=0), -GAZE.most, GAZE.most)  # to the person's left; down
    wanted = {"InRight": across, "OutRight": -across, "InLeft": -across, "OutLeft": across}
    wanted |= {f"{turn}{side}": sign * down for turn, sign in (("Down", 1), ("Up", -1)) for side in RIMS}
    expression, coarse = fit.expression.copy(), body.coarse.copy()
    eyes = model.part == Part.EYES
    for turn, weight in wanted.items():
        index = model.expression_names.index(f"eyeLook{turn}")
        more = max(0.0, float(weight)) - expression[index]
        expression[index] += more
        coarse[eyes] += more * fit.scale * (model.expressions[index][eyes] @ fit.rotation.T)
    return Body(coarse, body.skin), replace(fit, expression=expression)


def _look(view: HeadView, body: Body, side: str, fit: HeadFit, model: HeadModel) -> np.ndarray | None:
    """(2,) how far an eye looks to the person's left and down, as a weight; None where it is not seen."""
    iris = _iris(view, project(fit.landmarks_mm[list(RIMS[side])], view.camera))
    if iris is None or not all(f"eyeLook{turn}{side}" in model.expression_names for turn in TURNS):
        return None
    eye = np.flatnonzero((model.part == Part.EYES) & ((model.mean[:, 0] > 0) == (side == "Left")))
    pupil = eye[np.argmin(model.mean[eye, 2])]
    point = body.coarse[pupil]
    off = (iris - project(point[None], view.camera)[0]) * point[2] / view.camera.fx
    turned = {turn: model.expressions[model.expression_names.index(f"eyeLook{turn}{side}")][pupil] for turn in TURNS}
    moves = {turn: (fit.scale * fit.rotation @ move)[:2] for turn, move in turned.items()}
    left, right = ("In", "Out") if side == "Right" else ("Out", "In")
    both = np.column_stack([(moves[left] - moves[right]) / 2, (moves["Down"] - moves["Up"]) / 2])
    return np.asarray(np.linalg.lstsq(both, off, rcond=None)[0] * [1, GAZE.upright])


def _iris(view: HeadView, rim: np.ndarray) -> np.ndarray | None:
    """(2,) pixels of the view, the middle of the darkest part between lids (K, 2); None where they are too close."""
    scale = view.pixels.shape[1] / view.camera.width
    outline = (rim + 0.5) * scale - 0.5
    low, high = np.floor(outline.min(0)).astype(int), np.ceil(outline.max(0)).astype(int) + 1
    if np.ptp(outline[:, 1]) < GAZE.least_px or (low < 0).any() or (high > view.pixels.shape[1::-1]).any():
        return None
    cut = view.pixels[low[1] : high[1], low[0] : high[0]].mean(2).astype(np.float32)
    within = np.zeros(cut.shape, np.uint8)
    cv2.fillPoly(within, [np.rint(outline - low).astype(np.int32)], 1)
    smooth = cv2.GaussianBlur(cut, (0, 0), max(0.5, GAZE.blur * cut.shape[1]))
    inside = cv2.erode(within, np.ones((3, 3), np.uint8)) > 0
    if inside.sum() < 12:
        return None
    dark = np.where(inside, np.maximum(np.percentile(smooth[inside], GAZE.dark) - smooth, 0), 0)
    if dark.sum() <= 0:
        return None
    v, u = np.mgrid[: cut.shape[0], : cut.shape[1]]
    middle = np.array([(u * dark).sum(), (v * dark).sum()]) / dark.sum()
    return np.asarray((low + middle + 0.5) / scale - 0.5)
