"""The head model fitted to the landmarks of a face and the outline of its head.

Gauss-Newton over rotation, shift, scale, shape and expression together, with a prior on each.
Source: Wood et al., 3D Face Reconstruction with Dense Landmarks, ECCV 2022 (arXiv 2204.02776), for fitting dense
landmarks alone; Bas et al., Fitting a 3D Morphable Model to Edges, ACCVW 2016 (arXiv 1602.01125), for the outline.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from worker.head.fit.bounded import bounded_least_squares
from worker.head.fit.head_fit import HeadFit
from worker.head.fit.outline import PersonOutline, outline_rows
from worker.head.fit.rows import Rows, moves_of
from worker.head.fit.settings import FIT, OUTLINE
from worker.head.model.head_model import HeadModel
from worker.person.face import head_pose

OFFSETS = Path(__file__).parent / "data" / "landmark_offsets_mm.json"
UNSEEN = ("eyeLook", "tongue")
"""Expressions that no landmark tells: what they do to lids and lips, others do too."""
OPPOSITE = (("jawLeft", "jawRight"), ("mouthLeft", "mouthRight"))
POSE_UNKNOWNS = 7  # rotation, shift, logarithm of the scale


def fit_head(landmarks_mm: np.ndarray, model: HeadModel, outline: PersonOutline | None = None) -> HeadFit:
    """Fit the model to a face.

    Args:
        landmarks_mm: (468, 3) in the camera frame, as `worker.person.face.points_mm` gives them.
        model: the head model.
        outline: of the person; None where it is not known.
    Returns:
        The fit, with the photo's expression.
    """
    fit = posed(landmarks_mm, model)
    for _ in range(FIT.rounds):
        fit = _improved(fit, model, [_landmark_rows(fit, model)], FIT.shape_ridge)
    if outline is not None and len(outline.uv):
        for _ in range(OUTLINE.rounds):
            rows = [_landmark_rows(fit, model), outline_rows(fit, model, outline)]
            fit = _improved(fit, model, rows, OUTLINE.shape_ridge)
    left = np.linalg.norm(seen_landmarks(fit, model) - landmarks_mm, axis=1)
    trust = _trust(model)
    return replace(fit, error_mm=float(np.sqrt((trust * left**2).sum() / trust.sum())))


def posed(landmarks_mm: np.ndarray, model: HeadModel) -> HeadFit:
    """The mean head in the pose of a face, scaled as its eyes are."""
    pose = head_pose(landmarks_mm)
    own = head_pose(model.landmarks(model.mean.astype(float)))
    rotation = pose.axes @ own.axes.T
    shift = pose.eyes - rotation @ own.eyes
    shape, expression = np.zeros(len(model.modes)), np.zeros(len(model.expressions))
    return HeadFit(rotation, shift, 1.0, shape, expression, landmarks_mm, 0.0)


def seen_landmarks(fit: HeadFit, model: HeadModel) -> np.ndarray:
    """(468, 3) mm where the landmark network sees the fitted head's landmarks, in the camera frame.

    On photos of people it does not see them where it sees them on pictures of the model: the mean difference is added.
    """
    basis = _landmark_basis(model)
    own = basis.mean + np.tensordot(fit.shape, basis.modes, 1) + np.tensordot(fit.expression, basis.expressions, 1)
    return fit.placed(own + _offsets_mm()).astype(float)


@cache
def _offsets_mm() -> np.ndarray:
    """(468, 3) in the head's frame: means over eight photos and four rendered heads, by `bench.landmark_offsets`."""
    return np.array(json.loads(OFFSETS.read_text()))


def _trust(model: HeadModel) -> np.ndarray:
    """(468,) weight of each landmark, next to 1 of one whose place does not vary with the view."""
    return FIT.across_mm**2 / (FIT.across_mm**2 + model.landmark_spread_mm.astype(float) ** 2)


def _landmark_rows(fit: HeadFit, model: HeadModel) -> Rows:
    """Each landmark's error across and along its ray."""
    points = seen_landmarks(fit, model)
    ray = fit.landmarks_mm / np.linalg.norm(fit.landmarks_mm, axis=1, keepdims=True)
    shrink = 1 / FIT.along_mm - 1 / FIT.across_mm
    whiten = np.eye(3) / FIT.across_mm + shrink * np.einsum("li,lj->lij", ray, ray)  # (L, 3, 3)
    trust = _trust(model)
    whiten *= np.sqrt(FIT.independent * trust / trust.sum())[:, None, None]
    basis = _landmark_basis(model)
    moves = moves_of(fit, points, basis.modes, basis.expressions)
    rows = (whiten @ moves).reshape(-1, moves.shape[-1])
    return Rows(rows, np.einsum("lij,lj->li", whiten, fit.landmarks_mm - points).ravel())


@dataclass(frozen=True)
class _LandmarkBasis:
    """A model at its landmarks alone: mean (468, 3), modes (K, 468, 3) and expressions (E, 468, 3)."""

    mean: np.ndarray
    modes: np.ndarray
    expressions: np.ndarray


@lru_cache(maxsize=2)
def _landmark_basis(model: HeadModel) -> _LandmarkBasis:
    mean, modes, expressions = (
        np.einsum("lk,elkx->elx", model.landmark_weights, basis[:, model.landmark_corners]).astype(float)
        for basis in (model.mean[None], model.modes, model.expressions)
    )
    return _LandmarkBasis(mean[0], modes, expressions)


@dataclass(frozen=True)
class _Span:
    """Where the unknowns of shape and expression lie."""

    shape: slice
    expression: slice


def _improved(fit: HeadFit, model: HeadModel, seen: list[Rows], ridge: float) -> HeadFit:
    """One round: the least squares solution of the rows and the priors, within bounds."""
    shapes, expressions = len(fit.shape), len(fit.expression)
    span = _Span(
        slice(POSE_UNKNOWNS, POSE_UNKNOWNS + shapes),
        slice(POSE_UNKNOWNS + shapes, POSE_UNKNOWNS + shapes + expressions),
    )
    count = span.expression.stop
    low, high = np.full(count, -np.inf), np.full(count, np.inf)
    low[span.shape], high[span.shape] = -model.bound - fit.shape, model.bound - fit.shape
    most = [not name.startswith(UNSEEN) for name in model.expression_names]
    low[span.expression], high[span.expression] = -fit.expression, np.array(most) - fit.expression
    rows = [*seen, *_priors(fit, span, ridge)]
    every = Rows.stacked(rows)
    step = bounded_least_squares(every.left, every.right, low, high)
    turn = Rotation.from_rotvec(step[:3]).as_matrix()
    return replace(
        fit,
        rotation=turn @ fit.rotation,
        shift_mm=fit.shift_mm + step[3:6],
        scale=float(fit.scale * np.exp(step[6])),
        shape=fit.shape + step[span.shape],
        expression=_without_both(np.clip(fit.expression + step[span.expression], 0, 1), model),
    )


def _without_both(expression: np.ndarray, model: HeadModel) -> np.ndarray:
    """Weights (E,) of which opposite ones are not both above 0."""
    less = expression.copy()
    for pair in OPPOSITE:
        if set(pair) <= set(model.expression_names):
            both = [model.expression_names.index(name) for name in pair]
            less[both] -= less[both].min()
    return less


def _priors(fit: HeadFit, span: _Span, ridge: float) -> list[Rows]:
    count = span.expression.stop
    shape = Rows.single(count, span.shape, ridge, -fit.shape)
    expression = Rows.single(count, span.expression, 1 / FIT.expression_error, -fit.expression)
    scale = Rows.single(count, slice(6, 7), 1 / FIT.scale_error, np.array([-np.log(fit.scale)]))
    return [shape, expression, scale]
