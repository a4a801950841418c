"""What is drawn of a whole head: all its parts as one mesh with one texture."""

from __future__ import annotations

import cv2
import numpy as np

from worker.export.head.source import HeadSource
from worker.export.pictures.render import Surface

PART_PX = 512  # of each part's texture
EDGE_PX = 1  # that is left to the parts beside it


def surface_of_head(source: HeadSource) -> Surface:
    """All parts of a head in mm, with the photo's expression; their textures lie side by side in one."""
    parts = source.parts
    firsts = np.cumsum([0, *(len(part.posed) for part in parts)])
    margin, share = EDGE_PX / PART_PX, np.array([len(parts), 1])
    places = [(part.part.uv.clip(margin, 1 - margin) + np.array([k, 0])) / share for k, part in enumerate(parts)]
    textures = [cv2.resize(part.part.texture, (PART_PX, PART_PX), interpolation=cv2.INTER_AREA) for part in parts]
    return Surface(
        vertices=np.vstack([part.posed for part in parts]),
        normals=np.vstack([part.posed_normals for part in parts]),
        triangles=np.vstack([part.part.triangles + k for part, k in zip(parts, firsts, strict=False)]).astype(np.int32),
        uv=np.vstack(places).astype(np.float32),
        texture=np.hstack(textures),
        closed=True,
    )
