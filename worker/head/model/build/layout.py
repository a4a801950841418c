"""The texture's layout: where in it each triangle lies.

The skin lies upright in a rectangle, the face in its middle, the seam down the back of the head. A strip below it holds
small squares: the inside of the mouth, both eye sockets, both eyeballs, the teeth, the gums, and the tongue.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from worker.head.model.build.flatten import Chart, flattened
from worker.head.model.build.form import Form


@dataclass(frozen=True)
class LayoutSettings:
    """Set by eye on a checkerboard."""

    strip: float = 0.125  # height of the squares below the skin, and their width
    margin: float = 0.008  # free round each
    tight: tuple[int, ...] = (3, 4)  # squares without a margin: the eyes, whose middles are those of the squares
    cells: tuple[tuple[int, float, float], ...] = (
        (0, 0, 1), (1, 0, 1), (2, 0, 1), (3, 0, 1), (4, 0, 1), (5, 0.5, 1), (5, 0, 0.5), (6, 0.5, 1), (6, 0, 0.5),
        (7, 0, 1),
    )  # fmt: skip  # square, and the part of its height: mouth, sockets, eyes, upper and lower teeth and gums, tongue


LAYOUT = LayoutSettings()


@dataclass(frozen=True)
class Layout:
    """uv (M, 2), 0..1 from left to right and from bottom to top; vertex (M,) of each; triangles (T, 3) over M."""

    uv: np.ndarray
    vertex: np.ndarray
    triangles: np.ndarray


def layout_of(form: Form, mean: np.ndarray, head: np.ndarray) -> Layout:
    """The layout of all parts; of the mean head (N, 3) mm, and how much of the head each vertex is (N,)."""
    islands, rest = _inner_islands(form)
    charts = [flattened(mean, rest, head), *islands, *_rider_charts(form), _tongue_chart(form)]
    order = np.concatenate([np.flatnonzero(_in_main(form)), *_inner_triangles(form)])
    order = np.concatenate([order, np.arange(len(form.skin.triangles), len(form.triangles))])
    starts = np.cumsum([0] + [len(chart.uv) for chart in charts])
    triangles = np.concatenate([chart.triangles + start for chart, start in zip(charts, starts, strict=False)])
    placed = np.empty_like(triangles)
    placed[order] = triangles
    small = [_in_cell(chart.uv, *cell) for chart, cell in zip(charts[1:], LAYOUT.cells, strict=True)]
    return Layout(
        np.concatenate([_in_skin(charts[0].uv), *small]), np.concatenate([chart.vertex for chart in charts]), placed
    )


def _in_skin(uv: np.ndarray) -> np.ndarray:
    low, high = np.array([0, LAYOUT.strip]) + LAYOUT.margin / 2, 1 - LAYOUT.margin / 2
    return low + uv * (high - low)


def _in_cell(uv: np.ndarray, square: int, low: float, high: float) -> np.ndarray:
    margin = 0 if square in LAYOUT.tight else LAYOUT.margin
    size = LAYOUT.strip - 2 * margin
    corner = np.array([square * LAYOUT.strip + margin, margin + low * size])
    return corner + uv * [size, size * (high - low)]


def _islands(form: Form) -> np.ndarray:
    """(T,) of the skin's triangles: the connected piece of MakeHuman's own layout, 0 the head and trunk."""
    quads = form.base.uv_quads["body"]
    count = len(form.base.uv)
    ends = [(quads[:, i], quads[:, (i + 1) % 4]) for i in range(4)]
    first, second = np.concatenate([a for a, _ in ends]), np.concatenate([b for _, b in ends])
    _, label = sparse.csgraph.connected_components(
        sparse.coo_matrix((np.ones(len(first)), (first, second)), (count,) * 2)
    )
    of_triangle = label[quads[form.skin.quad, 0]]
    names, counts = np.unique(of_triangle, return_counts=True)
    large = set(names[np.argsort(-counts)][:2].tolist())
    inner = [name for name in names.tolist() if name not in large]
    inner.sort(key=lambda name: (-counts[names == name][0], _side(form, of_triangle == name)))
    result = np.zeros(len(of_triangle), int)
    for index, name in enumerate(inner):
        result[of_triangle == name] = index + 1
    return result


def _side(form: Form, some: np.ndarray) -> float:
    return float((form.skin.mix @ form.base.vertices)[form.skin.triangles[some], 0].mean())


def _in_main(form: Form) -> np.ndarray:
    return np.asarray(_islands(form) == 0)


def _inner_triangles(form: Form) -> list[np.ndarray]:
    islands = _islands(form)
    return [np.flatnonzero(islands == index) for index in range(1, islands.max() + 1)]


def _inner_islands(form: Form) -> tuple[list[Chart], np.ndarray]:
    """The inside of the mouth and the sockets as MakeHuman laid them out; and the other triangles of the skin."""
    base, inner = form.base, _inner_triangles(form)
    where = {}
    for quad, uv_quad in zip(base.quads["body"].tolist(), base.uv_quads["body"].tolist(), strict=True):
        where[tuple(sorted(quad))] = dict(zip(quad, uv_quad, strict=True))
    origin = np.asarray(form.skin.mix.argmax(1)).ravel()  # the inner triangles are whole, none is cut
    charts = []
    for some in inner:
        corners = form.skin.triangles[some]
        quads = base.quads["body"][form.skin.quad[some]]
        uv = [
            [where[tuple(sorted(quad))][origin[corner]] for corner in triangle]
            for quad, triangle in zip(quads.tolist(), corners.tolist(), strict=True)
        ]
        charts.append(_chart(base.uv, np.array(uv), corners))
    return charts, form.skin.triangles[_in_main(form)]


def _chart(uv: np.ndarray, uv_triangles: np.ndarray, triangles: np.ndarray) -> Chart:
    """A chart that fills its square, from triangles in a larger layout."""
    used, first, renumbered = np.unique(uv_triangles, return_index=True, return_inverse=True)
    low, high = uv[used].min(0), uv[used].max(0)
    return Chart((uv[used] - low) / (high - low), triangles.ravel()[first], renumbered.reshape(-1, 3))


def _rider_charts(form: Form) -> list[Chart]:
    return [
        Chart(rider.shape.uv, rider.shape.uv_point + start, rider.shape.uv_triangles)
        for rider, start in zip(form.riders, form.starts[1:], strict=False)
    ]


def _tongue_chart(form: Form) -> Chart:
    quads, uv_quads = form.base.quads["helper-tongue"], form.base.uv_quads["helper-tongue"]
    where = {
        (v, q): t
        for q, row in enumerate(zip(quads.tolist(), uv_quads.tolist(), strict=True))
        for v, t in zip(*row, strict=True)
    }
    triangles = form.triangles[form.triangles[:, 0] >= form.starts[-2]]
    quad = np.tile(np.arange(len(quads)), 2)
    names = form.tongue_vertices[triangles - form.starts[-2]]
    uv = np.array([[where[v, q] for v in row] for row, q in zip(names.tolist(), quad.tolist(), strict=True)])
    return _chart(form.base.uv, uv, triangles)
