"""Parts of the head model as meshes that expressions move."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from shared.head.head import HeadPart, Morph, PartName
from worker.head.atlas import sampled
from worker.head.fit.head_fit import HeadFit
from worker.head.model.head_model import HeadModel, Part
from worker.head.organs import TEETH, TONGUE, Cut, eye_texture, plain, toned
from worker.head.skin import Body, fine_skin
from worker.head.view import HeadView

LEAST_MOVE_MM = 0.02  # an expression leaves vertices alone that it moves by less
LEAST_WEIGHT = 0.01  # an expression that is seen less is not
ORGANS: Mapping[PartName, Part] = {"eyes": Part.EYES, "teeth": Part.TEETH, "tongue": Part.TONGUE}


@dataclass(frozen=True)
class Moves:
    """What one expression of the model does to places of a mesh, in the head's own frame; by itself of any person.

    indices: (K,) int, ascending, which places; offsets: (K, 3) float32 mm at full strength.
    """

    indices: np.ndarray
    offsets: np.ndarray

    @classmethod
    def of(cls, moves: np.ndarray) -> Moves:
        """Those of moves (M, 3) that are not 0."""
        indices = np.flatnonzero(moves.any(1))
        return cls(indices.astype(np.int32), moves[indices].astype(np.float32))

    def turned(self, turn: np.ndarray) -> Morph:
        """As a fitted model has them, whose frame is `turn` (3, 3); without those that are too small to be seen."""
        offsets = self.offsets @ turn
        seen = (offsets * offsets).sum(1) >= LEAST_MOVE_MM**2
        return Morph(self.indices[seen], offsets[seen])


@dataclass(frozen=True)
class Expressions:
    """What expressions do to a fitted model.

    turn: (3, 3) float32, by which the model's moves are multiplied to be those in the camera frame.
    weights: those that the photo shows, 0 to 1, by name.
    """

    model: HeadModel
    turn: np.ndarray
    weights: Mapping[str, float]

    @classmethod
    def of(cls, fit: HeadFit, model: HeadModel) -> Expressions:
        """Those of a fitted model."""
        named = zip(model.expression_names, fit.expression, strict=True)
        weights = {name: float(weight) for name, weight in named if weight >= LEAST_WEIGHT}
        return cls(model, (fit.scale * fit.rotation.T).astype(np.float32), weights)

    def neutral(self, posed: np.ndarray) -> np.ndarray:
        """The model's vertices (N, 3) without the expression that the photo shows."""
        seen = [self.model.expression_names.index(name) for name in self.weights]
        moves = np.tensordot(np.array([*self.weights.values()], np.float32), self.model.expressions[seen], 1)
        return np.asarray(posed - moves @ self.turn)

    def part(self, name: PartName, posed: np.ndarray, moves: Mapping[str, Moves], mesh: Mesh) -> HeadPart:
        """A part of places (M, 3) in the photo's expression, with what moves them by expression."""
        neutral = posed.copy()
        for expression, weight in self.weights.items():
            if expression in moves:
                move = moves[expression]
                neutral[move.indices] -= weight * (move.offsets @ self.turn)
        morphs = {each: move.turned(self.turn) for each, move in moves.items()}
        return HeadPart(
            name=name,
            vertices=neutral.astype(np.float32),
            triangles=mesh.triangles.astype(np.int32),
            uv=mesh.uv.astype(np.float32),
            rgb=sampled(mesh.texture, mesh.uv),
            texture=mesh.texture,
            morphs={each: morph for each, morph in morphs.items() if len(morph.indices)},
        )


@dataclass(frozen=True)
class Mesh:
    """How a mesh lies in a texture (h, w, 3): places uv (M, 2), triangles (T, 3) over them."""

    triangles: np.ndarray
    uv: np.ndarray
    texture: np.ndarray


def skin_part(body: Body, texture: np.ndarray, expressions: Expressions, model: HeadModel) -> HeadPart:
    """The skin."""
    fine = fine_skin(model)
    mesh = Mesh(fine.uv_triangles, fine.uv, texture)
    return expressions.part("skin", body.skin[fine.uv_vertex], _skin_moves(model), mesh)


def organ_parts(
    view: HeadView, body: Body, fit: HeadFit, expressions: Expressions, model: HeadModel, skin: np.ndarray
) -> list[HeadPart]:
    """Eyes, teeth and tongue, in colours that go with the skin's texture (h, w, 3)."""
    textures = {"eyes": eye_texture(view, fit.landmarks_mm), "teeth": plain(TEETH), "tongue": plain(TONGUE)}
    parts = []
    for name, kind in ORGANS.items():
        cut = _cut(model, kind)
        low, high = cut.box
        mesh = Mesh(cut.triangles, (cut.uv - low) / (high - low), toned(textures[name], skin))
        parts.append(expressions.part(name, body.coarse[cut.vertices], _organ_moves(model, kind), mesh))
    return parts


@lru_cache(maxsize=8)
def _cut(model: HeadModel, part: Part) -> Cut:
    return Cut.of(model, part)


@lru_cache(maxsize=2)
def _skin_moves(model: HeadModel) -> dict[str, Moves]:
    """What moves the fine skin's places; made once."""
    fine, named = fine_skin(model), zip(model.expression_names, model.expressions, strict=True)
    return {name: Moves.of(fine.field(move)[fine.uv_vertex]) for name, move in named if move.any()}


@lru_cache(maxsize=8)
def _organ_moves(model: HeadModel, part: Part) -> dict[str, Moves]:
    """What moves the places of eyes, teeth or tongue; made once."""
    named = zip(model.expression_names, model.expressions, strict=True)
    return {name: Moves.of(move[_cut(model, part).vertices]) for name, move in named}
