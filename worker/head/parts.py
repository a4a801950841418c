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
class Expressions:
    """What expressions do to the model's vertices, in the camera frame.

    moves: (E, N, 3) float32 mm at full strength; weights: those that the photo shows, 0 to 1, by name.
    """

    names: tuple[str, ...]
    moves: np.ndarray
    weights: Mapping[str, float]

    @classmethod
    def of(cls, fit: HeadFit, model: HeadModel) -> Expressions:
        """Those of a fitted model."""
        named = zip(model.expression_names, fit.expression, strict=True)
        weights = {name: float(weight) for name, weight in named if weight >= LEAST_WEIGHT}
        moves = (model.expressions @ (fit.scale * fit.rotation.T)).astype(np.float32)
        return cls(model.expression_names, moves, weights)

    def neutral(self, posed: np.ndarray) -> np.ndarray:
        """The model's vertices (N, 3) without the expression that the photo shows."""
        seen = np.array([self.weights.get(name, 0.0) for name in self.names], np.float32)
        return np.asarray(posed - np.tensordot(seen, self.moves, 1))

    def part(self, name: PartName, posed: np.ndarray, moves: Mapping[str, np.ndarray], mesh: Mesh) -> HeadPart:
        """A part of vertices (V, 3) in the photo's expression, with what moves them (V, 3) by expression."""
        neutral = posed.copy()
        for expression, weight in self.weights.items():
            if expression in moves:
                neutral -= weight * moves[expression]
        morphs = {each: _morph(move[mesh.vertex]) for each, move in moves.items()}
        return HeadPart(
            name=name,
            vertices=neutral[mesh.vertex].astype(np.float32),
            triangles=mesh.triangles.astype(np.int32),
            uv=mesh.uv.astype(np.float32),
            rgb=sampled(mesh.texture, mesh.uv),
            texture=mesh.texture,
            morphs={each: morph for each, morph in morphs.items() if len(morph.indices)},
        )


@dataclass(frozen=True)
class Mesh:
    """How a mesh lies in a texture (h, w, 3): places uv (M, 2), the vertex (M,) of each, triangles (T, 3) over them."""

    vertex: np.ndarray
    triangles: np.ndarray
    uv: np.ndarray
    texture: np.ndarray


def skin_part(body: Body, texture: np.ndarray, expressions: Expressions, model: HeadModel) -> HeadPart:
    """The skin."""
    fine = fine_skin(model)
    named = zip(expressions.names, expressions.moves, strict=True)
    moves = {name: fine.field(move) for name, move in named if move.any()}
    mesh = Mesh(fine.uv_vertex, fine.uv_triangles, fine.uv, texture)
    return expressions.part("skin", body.skin, moves, mesh)


def organ_parts(
    view: HeadView, body: Body, fit: HeadFit, expressions: Expressions, model: HeadModel, skin: np.ndarray
) -> list[HeadPart]:
    """Eyes, teeth and tongue, in colours that go with the skin's texture (h, w, 3)."""
    textures = {"eyes": eye_texture(view, fit.landmarks_mm), "teeth": plain(TEETH), "tongue": plain(TONGUE)}
    moves = dict(zip(expressions.names, expressions.moves, strict=True))
    parts = []
    for name, kind in ORGANS.items():
        cut = _cut(model, kind)
        low, high = cut.box
        mesh = Mesh(cut.vertices, cut.triangles, (cut.uv - low) / (high - low), toned(textures[name], skin))
        parts.append(expressions.part(name, body.coarse, moves, mesh))
    return parts


@lru_cache(maxsize=8)
def _cut(model: HeadModel, part: Part) -> Cut:
    return Cut.of(model, part)


def _morph(moves: np.ndarray) -> Morph:
    """The vertices that moves (V, 3) move, and how."""
    indices = np.flatnonzero((moves * moves).sum(1) >= LEAST_MOVE_MM**2)
    return Morph(indices, moves[indices].astype(np.float32))
