"""A whole head from a photo's visible surface and the fitted head model: skin, eyes, teeth, tongue, hair, clothes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from shared.head.accuracy import SizeSource
from shared.head.head import HeadPart, Morph, PartName, WholeHead
from worker.head.atlas import sampled
from worker.head.bodies import Cover
from worker.head.body import Skin
from worker.head.clothes import clothes_of
from worker.head.fit.head_fit import HeadFit
from worker.head.hair import hair_of
from worker.head.measures import landmarks_of, measures_of
from worker.head.model.head_model import HeadModel, Part
from worker.head.organs import TEETH, TONGUE, Cut, eye_texture, plain
from worker.head.shapes import part_of
from worker.head.skin import Body, body_of, fine_skin
from worker.head.texture import skin_texture
from worker.head.tuck import tucked
from worker.head.view import HeadView


@dataclass(frozen=True)
class WholeSettings:
    """least_move_mm: an expression leaves vertices alone that it moves by less."""

    least_move_mm: float = 0.02
    least_weight: float = 0.01
    flattened: float = 0.02  # what is left of the skin's height below the clothes
    grid_px: int = 384  # of what hair and clothes are made from, on its longer side


WHOLE = WholeSettings()
ORGANS: Mapping[PartName, Part] = {"eyes": Part.EYES, "teeth": Part.TEETH, "tongue": Part.TONGUE}


def whole_head(view: HeadView, fit: HeadFit, model: HeadModel, size_from: SizeSource = "assumed") -> WholeHead:
    """Build the head of a person.

    Args:
        view: what the photo shows of them.
        fit: of the model to them.
        model: the head model.
        size_from: what the size of the face is from; the measures' errors depend on it.
    Returns:
        The neutral head, with the photo's expression as weights; every part is closed.
    """
    weights, moves = _weights(fit, model), _moves(fit, model)
    body = body_of(view, fit, model)
    covers, body = _covered(view, body, fit, model)
    bare = -np.ones(len(body.skin)) if covers.hair is None else covers.hair.thickness
    parts = [_skin(view, body, bare, weights, moves, fit, model), *_organs(view, body, weights, moves, fit, model)]
    seen = np.array([weights.get(name, 0.0) for name in model.expression_names], np.float32)
    neutral = body.coarse - np.tensordot(seen, moves, 1)
    landmarks = landmarks_of(model, neutral)
    eyes = (landmarks["right pupil"] + landmarks["left pupil"]) / 2
    measures = measures_of(model, neutral, size_from)
    names = model.expression_names
    return WholeHead((*parts, *covers.parts), names, weights, fit.rotation, eyes, landmarks, measures)


@dataclass(frozen=True)
class _Covers:
    """What lies on the skin, and its parts."""

    hair: Cover | None
    parts: tuple[HeadPart, ...]


def _covered(view: HeadView, body: Body, fit: HeadFit, model: HeadModel) -> tuple[_Covers, Body]:
    """Hair and clothes, and the skin where it is hidden in them."""
    small, fine = view.reduced(WHOLE.grid_px), fine_skin(model)
    skin = Skin.of(fine, body.skin)
    hair = hair_of(small, skin, fit, model)
    hairy = np.zeros(small.depth.shape, bool) if hair is None else hair.mask
    clothes = clothes_of(small, skin, hairy, fit, model)
    points = body.skin
    if hair is not None:
        points = tucked(points, hair, fit.placed(np.array([0.0, 0.0, 85.0])), fine)
    if clothes is not None:
        points = tucked(points, clothes, _neck_axis(points, fit), fine)
        points = _above(points, clothes)
    named: tuple[tuple[PartName, Cover | None], ...] = (("hair", hair), ("clothes", clothes))
    parts = [part_of(name, cover, small) for name, cover in named if cover is not None]
    return _Covers(hair, tuple(part for part in parts if part is not None)), Body(body.coarse, points)


def _above(points: np.ndarray, clothes: Cover) -> np.ndarray:
    """The skin (S, 3), flattened where it would come out of the clothes' lower end."""
    out = points.copy()
    end = clothes.grid.points[..., 1][clothes.distance < 0].max() - clothes.grid.step_mm
    out[:, 1] = np.minimum(points[:, 1], end + WHOLE.flattened * (points[:, 1] - end))
    return out


def _neck_axis(points: np.ndarray, fit: HeadFit) -> np.ndarray:
    """(S, 3) mm, for each vertex a point inside of the trunk, at its height or at that of the neck."""
    neck = fit.placed(np.array([0.0, 150.0, 85.0])).astype(float)
    axis = np.tile(neck, (len(points), 1))
    axis[:, 1] = np.maximum(points[:, 1], neck[1])
    return axis


def _weights(fit: HeadFit, model: HeadModel) -> dict[str, float]:
    """Weights of the photo's expressions by name, those that are seen."""
    named = zip(model.expression_names, fit.expression, strict=True)
    return {name: float(weight) for name, weight in named if weight >= WHOLE.least_weight}


def _moves(fit: HeadFit, model: HeadModel) -> np.ndarray:
    """(E, N, 3) mm in the camera frame, what each expression at full strength does to the model's vertices."""
    return (model.expressions @ (fit.scale * fit.rotation.T)).astype(np.float32)


def _skin(
    view: HeadView,
    body: Body,
    hair: np.ndarray,
    weights: Mapping[str, float],
    moves: np.ndarray,
    fit: HeadFit,
    model: HeadModel,
) -> HeadPart:
    fine = fine_skin(model)
    fine_moves = {
        name: fine.field(move) for name, move in zip(model.expression_names, moves, strict=True) if move.any()
    }
    texture = skin_texture(view, body.skin, np.clip(hair / 4, 0, 1), model, fit.landmarks_mm)
    return _part("skin", body.skin, fine.uv_vertex, fine.uv_triangles, fine.uv, texture, fine_moves, weights)


def _organs(
    view: HeadView, body: Body, weights: Mapping[str, float], moves: np.ndarray, fit: HeadFit, model: HeadModel
) -> list[HeadPart]:
    textures = {"eyes": eye_texture(view, fit.landmarks_mm), "teeth": plain(TEETH), "tongue": plain(TONGUE)}
    by_name = dict(zip(model.expression_names, moves, strict=True))
    parts = []
    for name, kind in ORGANS.items():
        cut = _cut(model, kind)
        low, high = cut.box
        uv = (cut.uv - low) / (high - low)
        parts.append(_part(name, body.coarse, cut.vertices, cut.triangles, uv, textures[name], by_name, weights))
    return parts


@lru_cache(maxsize=8)
def _cut(model: HeadModel, part: Part) -> Cut:
    return Cut.of(model, part)


def _part(
    name: PartName,
    posed: np.ndarray,
    vertex: np.ndarray,
    triangles: np.ndarray,
    uv: np.ndarray,
    texture: np.ndarray,
    moves: Mapping[str, np.ndarray],
    weights: Mapping[str, float],
) -> HeadPart:
    """A part of vertices (V, 3) in the photo's expression, standing at places (M,) of the texture."""
    neutral = posed.copy()
    for expression, weight in weights.items():
        if expression in moves:
            neutral -= weight * moves[expression]
    morphs = {each: _morph(move[vertex]) for each, move in moves.items()}
    return HeadPart(
        name=name,
        vertices=neutral[vertex].astype(np.float32),
        triangles=triangles.astype(np.int32),
        uv=uv.astype(np.float32),
        rgb=sampled(texture, uv),
        texture=texture,
        morphs={each: morph for each, morph in morphs.items() if len(morph.indices)},
    )


def _morph(moves: np.ndarray) -> Morph:
    """The vertices that moves (V, 3) move, and how."""
    indices = np.flatnonzero(np.linalg.norm(moves, axis=1) >= WHOLE.least_move_mm)
    return Morph(indices, moves[indices].astype(np.float32))
