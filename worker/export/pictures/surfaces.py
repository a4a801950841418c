"""What is drawn of a whole head: all its parts as one mesh with one texture."""

from __future__ import annotations

import cv2
import numpy as np

from worker.export.head.source import ExportPart, HeadSource
from worker.export.pictures.render import Surface
from worker.head.model.load import head_model
from worker.head.skin import fine_skin

PART_PX = 512  # of each part's texture
EDGE_PX = 1  # that is left to the parts beside it


def surface_of_head(source: HeadSource) -> Surface:
    """All parts of a head in mm, with the photo's expression; their textures lie side by side in one."""
    parts = [_part(each) for each in source.parts]
    firsts = np.cumsum([0, *(len(part.vertices) for part in parts)])
    beside, share = np.array([1, 0]), np.array([len(parts), 1])
    return Surface(
        vertices=np.vstack([part.vertices for part in parts]),
        normals=np.vstack([part.normals for part in parts]),
        triangles=np.vstack([part.triangles + first for part, first in zip(parts, firsts, strict=False)]),
        uv=np.vstack([(part.uv + k * beside) / share for k, part in enumerate(parts)]).astype(np.float32),
        texture=np.hstack([part.texture for part in parts]),
        closed=True,
    )


def _part(exported: ExportPart) -> Surface:
    """A part of a head as pictures show it: the skin in as few triangles as the model has."""
    fine, part = fine_skin(head_model()), exported.part
    fully = np.array_equal(part.triangles, fine.uv_triangles)
    used, corner = np.unique(fine.few_uv_triangles if fully else part.triangles, return_inverse=True)
    margin = EDGE_PX / PART_PX
    return Surface(
        vertices=exported.posed[used],
        normals=exported.posed_normals[used],
        triangles=corner.reshape(-1, 3).astype(np.int32),
        uv=part.uv[used].clip(margin, 1 - margin),
        texture=cv2.resize(part.texture, (PART_PX, PART_PX), interpolation=cv2.INTER_AREA),
    )
