"""The head model's mean as a whole head, its neck closed below; its textures have no seams."""

import numpy as np

from shared.head.head import HeadPart, Morph, WholeHead
from worker.head.model.head_model import HeadModel, Part
from worker.head.model.load import head_model

EYES_MM = np.array([0.0, 0.0, 650.0])
TEXTURE = np.full((8, 16, 3), (205, 160, 135), np.uint8)


def mean_head(weights: dict[str, float]) -> WholeHead:
    """Before the camera, with all expressions; the vertices of a part are the model's, in their order."""
    model = head_model()
    parts = tuple(_part(model, part) for part in Part)
    return WholeHead(parts, model.expression_names, weights, np.eye(3), EYES_MM, {"eyes": EYES_MM}, ())


def vertices_of(model: HeadModel, part: Part) -> np.ndarray:
    """(N,) int, ascending, the model's vertices of a part."""
    return np.unique(model.triangles[model.part[model.triangles[:, 0]] == part])


def _part(model: HeadModel, part: Part) -> HeadPart:
    used = vertices_of(model, part)
    triangles = np.searchsorted(used, model.triangles[model.part[model.triangles[:, 0]] == part])
    border = _border(triangles)
    fan = np.column_stack([border[:, ::-1], np.full(len(border), len(used))])
    middle = model.mean[used[border[:, 0]]].mean(0, keepdims=True) if len(border) else np.empty((0, 3))
    vertices = np.vstack([model.mean[used], middle]) + EYES_MM
    morphs = {
        name: Morph(moving.astype(np.int32), offsets[used[moving]])
        for name, offsets in zip(model.expression_names, model.expressions, strict=True)
        if len(moving := np.flatnonzero(np.abs(offsets[used]).max(1) > 1e-3))
    }
    return HeadPart(
        name=part.name.lower(),
        vertices=vertices.astype(np.float32),
        triangles=np.vstack([triangles, fan]).astype(np.int32),
        uv=np.full((len(vertices), 2), 0.5, np.float32),
        rgb=np.tile(TEXTURE[0, :1], (len(vertices), 1)),
        texture=TEXTURE,
        morphs=morphs,
    )


def _border(triangles: np.ndarray) -> np.ndarray:
    """(B, 2) the directed edges of one triangle alone."""
    edges = triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2).tolist()
    known = set(map(tuple, edges))
    return np.array([(a, b) for a, b in edges if (b, a) not in known], int).reshape(-1, 2)
