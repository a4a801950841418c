"""Which parts of a head a photo does not show, so that their shape is a guess."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from shared.cloud.camera import pixels_at, project
from shared.cloud.classes import PointClass
from worker.head.fit.head_fit import HeadFit
from worker.head.model.head_model import HeadModel
from worker.head.view import HeadView


@dataclass(frozen=True)
class Region:
    """A part of the head, by the model's vertices (N,) bool, and the classes of the pixels that show it."""

    words: str
    vertices: Callable[[HeadModel], np.ndarray]
    classes: tuple[PointClass, ...] = (PointClass.SKIN,)


@dataclass(frozen=True)
class _Settings:
    """Chosen by looking at photos.

    depth_mm: a vertex is seen where the surface in the photo is no farther before it.
    share: of a region's vertices that are seen, where it counts as shown; half of an ear's look to the back.
    """

    depth_mm: float = 20.0
    share: float = 0.1


SETTINGS = _Settings()
REGIONS = (
    Region("the right ear", lambda model: (model.ears > 0.5) & (model.mean[:, 0] < 0)),
    Region("the left ear", lambda model: (model.ears > 0.5) & (model.mean[:, 0] > 0)),
    Region(
        "the crown",
        lambda model: (model.scalp > 0.5) & (model.mean[:, 1] < -70) & (model.mean[:, 2] < 90),
        (PointClass.SKIN, PointClass.HAIR),
    ),
    Region("the neck", lambda model: (model.neck > 0.5) & (np.abs(model.mean[:, 0]) < 50) & (model.mean[:, 2] < 100)),
    Region(
        "the back of the head",
        lambda model: (model.scalp > 0.5) & (model.mean[:, 2] > 120),
        (PointClass.SKIN, PointClass.HAIR),
    ),
)


def unseen_parts(view: HeadView, fit: HeadFit, model: HeadModel) -> list[str]:
    """The words of those of REGIONS that the photo does not show: turned away, covered, or beyond its edge."""
    vertices = fit.vertices(model)
    row, column, inside = pixels_at(project(vertices, view.camera), view.camera)
    at = row, column
    near = inside & (np.abs(vertices[:, 2] - view.depth[at]) < SETTINGS.depth_mm)  # False where there is no depth
    return [each.words for each in REGIONS if not _shown(near & np.isin(view.classes[at], each.classes), each, model)]


def _shown(seen: np.ndarray, region: Region, model: HeadModel) -> bool:
    return bool(seen[region.vertices(model)].mean() >= SETTINGS.share)
