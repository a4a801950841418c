"""A whole head from a photo's visible surface and the fitted head model: skin, eyes, teeth, tongue, hair, clothes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shared.cloud.camera import unproject
from shared.head.accuracy import SizeSource
from shared.head.head import HeadPart, WholeHead
from worker.head.bodies import Cover
from worker.head.body import Skin
from worker.head.cloth_texture import clothes_part
from worker.head.clothes import clothes_of
from worker.head.cropped import bare_body
from worker.head.fit.head_fit import HeadFit
from worker.head.gaze import with_gaze
from worker.head.hair import hair_of
from worker.head.hair_texture import hair_part
from worker.head.measures import landmarks_of, measures_of
from worker.head.model.head_model import HeadModel
from worker.head.parts import Expressions, organ_parts, skin_part
from worker.head.skin import Body, fine_skin
from worker.head.texture import skin_texture
from worker.head.tuck import tucked
from worker.head.view import HeadView


@dataclass(frozen=True)
class WholeSettings:
    """Lengths in mm of a head of mean size, places in its own frame; chosen by eye."""

    grid_px: int = 384  # of what hair and clothes are made from, on its longer side
    skull_mm: tuple[float, float, float] = (0.0, 0.0, 85.0)  # skin under hair moves towards it, ...
    under_hair_mm: float = 15.0  # ... so far at most
    neck_mm: tuple[float, float, float] = (0.0, 150.0, 85.0)  # skin under clothes moves to a line down from it, ...
    under_clothes_mm: float = 150.0  # ... so far at most
    flattened: float = 0.02  # what is left of the skin's height below its end
    fold_mm: float = 25.0  # so far below it the base has half its breadth
    lowest: float = 99.5  # percent of a bare bust's pixels lie above its end
    stubble_mm: float = 4.0  # of hair: so thick it colours the scalp below it fully


WHOLE = WholeSettings()


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
    view, body = bare_body(view, fit, model)
    body, fit = with_gaze(view, body, fit, model)
    expressions = Expressions.of(fit, model)
    covers = _covers(view.reduced(WHOLE.grid_px), body, fit, model)
    end = _lower_end(view, covers.clothes)
    body = Body(body.coarse, _ended(_under(covers, body.skin, end, fit, model), end, fit))
    texture = skin_texture(view, body.skin, covers.stubble(len(body.skin)), model, fit.landmarks_mm)
    skin = skin_part(body, texture, expressions, model)
    organs = organ_parts(view, body, fit, expressions, model, texture)
    neutral = expressions.neutral(body.coarse)
    landmarks = landmarks_of(model, neutral)
    return WholeHead(
        parts=(skin, *organs, *covers.parts),
        expressions=model.expression_names,
        weights=expressions.weights,
        rotation=fit.rotation,
        eyes_mm=(landmarks["right pupil"] + landmarks["left pupil"]) / 2,
        landmarks=landmarks,
        measures=measures_of(model, neutral, size_from),
    )


@dataclass(frozen=True)
class _Covers:
    """What lies on the skin, and its parts."""

    hair: Cover | None
    clothes: Cover | None
    parts: tuple[HeadPart, ...]

    def stubble(self, count: int) -> np.ndarray:
        """(count,) 0 to 1, how much of the hair's colour the skin below it has."""
        return np.zeros(count) if self.hair is None else np.clip(self.hair.thickness / WHOLE.stubble_mm, 0, 1)


def _covers(view: HeadView, body: Body, fit: HeadFit, model: HeadModel) -> _Covers:
    """Hair and clothes."""
    skin = Skin.of(fine_skin(model), body.skin)
    hair = hair_of(view, skin, fit, model)
    clothes = clothes_of(view, skin, np.zeros(view.depth.shape, bool) if hair is None else hair.mask, fit, model)
    parts = [hair_part(hair, view, fit)] if hair is not None else []
    parts += [clothes_part(clothes, view)] if clothes is not None else []
    return _Covers(hair, clothes, tuple(part for part in parts if part is not None))


def _under(covers: _Covers, points: np.ndarray, end: float, fit: HeadFit, model: HeadModel) -> np.ndarray:
    """The skin (S, 3), which ends at a height, where it is hidden in hair and clothes, inside of them."""
    fine = fine_skin(model)
    if covers.hair is not None:
        middle = fit.placed(np.array(WHOLE.skull_mm)).astype(float)
        points = tucked(points, covers.hair, middle, WHOLE.under_hair_mm, fine)
    if covers.clothes is not None:
        line = _neck_line(points, end, fit)
        points = tucked(points, covers.clothes, line, WHOLE.under_clothes_mm, fine)
    return points


def _ended(points: np.ndarray, end: float, fit: HeadFit) -> np.ndarray:
    """The skin (S, 3) with a flat base at a height: what is lower is folded inward."""
    below = np.maximum(points[:, 1] - end, 0)
    middle = fit.placed(np.array(WHOLE.neck_mm)).astype(float)
    out = middle + (points - middle) / (1 + below / WHOLE.fold_mm)[:, None]
    out[:, 1] = np.minimum(points[:, 1], end + WHOLE.flattened * below)
    return out


def _lower_end(view: HeadView, clothes: Cover | None) -> float:
    """y in mm at which the skin ends: just above the clothes' flat end, or where the photo's person ends."""
    if clothes is not None:
        return float(clothes.grid.points[..., 1][clothes.distance < 0].max()) - clothes.grid.step_mm
    small = view.reduced(WHOLE.grid_px)
    down = unproject(small.depth.astype(float), small.camera)[..., 1]
    return float(np.nanpercentile(np.where(small.person, down, np.nan), WHOLE.lowest))


def _neck_line(points: np.ndarray, end: float, fit: HeadFit) -> np.ndarray:
    """(S, 3) mm, for each vertex a point inside of the trunk, at its height, that of the neck, or above its end."""
    neck = fit.placed(np.array(WHOLE.neck_mm)).astype(float)
    line = np.tile(neck, (len(points), 1))
    line[:, 1] = np.minimum(np.maximum(points[:, 1], neck[1]), end - 15)
    return line
