"""How thick hair or cloth lies on the skin: seen in the photo, and continued over the rest of the head."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import cg

from worker.head.body import Skin
from worker.head.meshes import cotangents, vertex_areas
from worker.head.model.head_model import HeadModel
from worker.head.skin import fine_skin

EXACT = 1e-7  # of a thickness: 70 rounds, a quarter of the time of an exact solution
BARE_MM = 15.0  # what is seen farther from the skin is no bare skin


@dataclass(frozen=True)
class LayerRules:
    """How a layer is continued; lengths in mm.

    least, most: of its thickness where it is; bare: where it is not, below 0; prior: where nothing is seen.
    cover_reach: of where it is seen or is not; thick_reach: of its thickness.
    known: weight of a vertex that is seen, next to the smoothness.
    """

    least: float
    most: float
    bare: float
    prior: float
    cover_reach: float
    thick_reach: float
    known: float = 20.0


@dataclass(frozen=True)
class _Coarse:
    """The model's skin by itself: C vertices.

    laplacian: (C, C); area: (C,) mm2; nearest: (S,) for each fine vertex the coarse one that has most to say of it.
    """

    laplacian: sparse.csr_matrix
    area: np.ndarray
    nearest: np.ndarray


@lru_cache(maxsize=2)
def _coarse(model: HeadModel) -> _Coarse:
    fine = fine_skin(model)
    local = np.zeros(len(model.mean), int)
    local[fine.coarse] = np.arange(len(fine.coarse))
    triangles, points = local[model.skin_triangles], model.mean[fine.coarse].astype(float)
    nearest = local[np.asarray(fine.weights.argmax(axis=1)).ravel()]
    count = len(points)
    return _Coarse(cotangents(points, triangles, count), vertex_areas(points, triangles, count), nearest)


def layer_mm(
    on: np.ndarray, off: np.ndarray, likely: np.ndarray, rules: LayerRules, skin: Skin, model: HeadModel
) -> np.ndarray:
    """Thickness over each vertex of the fine skin, below 0 where there is none.

    Args:
        on: (P, 3) mm, points of the layer's visible surface; off: (Q, 3) mm, points where bare skin is seen.
        likely: (N,) 0 to 1, where the layer is if nothing is seen, by the model's vertices.
        rules: of the layer.
        skin: in the photo's expression.
        model: the head model.
    Returns:
        (S,) mm.
    """
    coarse, fine = _coarse(model), fine_skin(model)
    over, nearest = skin.offsets(on)
    usable = over < rules.most
    at_on = coarse.nearest[nearest[usable]]
    over_off, nearest_off = skin.offsets(off, BARE_MM)
    at_off = coarse.nearest[nearest_off[np.abs(over_off) < BARE_MM]]
    count = len(coarse.area)
    hits, misses = np.bincount(at_on, minlength=count), np.bincount(at_off, minlength=count)
    sums = np.bincount(at_on, np.clip(over[usable], rules.least, rules.most), count)
    seen = hits + misses
    share = np.divide(hits, seen, out=np.zeros(count), where=seen > 0)
    thick = np.divide(sums, hits, out=np.zeros(count), where=hits > 0)
    cover = _spread(share, seen > 0, likely[fine.coarse].astype(float), rules.cover_reach, rules.known, coarse)
    mean = float(thick[hits > 0].mean()) if hits.any() else rules.prior
    own = _spread(thick, hits > 0, np.full(count, mean), rules.thick_reach, rules.known, coarse)
    whole = np.zeros(len(model.mean))
    whole[fine.coarse] = rules.bare + np.clip(cover, 0, 1) * (np.maximum(own, rules.least) - rules.bare)
    return np.asarray(fine.field(whole))


def _spread(
    values: np.ndarray, known: np.ndarray, prior: np.ndarray, reach_mm: float, weight: float, coarse: _Coarse
) -> np.ndarray:
    """Values (C,) where they are known, continued smoothly, far from them going to a prior (C,)."""
    own, screen = weight * known, coarse.area / reach_mm**2
    system = sparse.diags_array(own + screen) - coarse.laplacian
    scaled = sparse.diags_array(1 / system.diagonal())
    found, _unfinished = cg(system.tocsr(), own * values + screen * prior, rtol=EXACT, M=scaled)
    return np.asarray(found)
