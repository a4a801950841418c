"""A whole head as one solid that stands, ready to print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from manifold3d import Error, Manifold, Mesh, OpType

from shared.errors import ReliefError
from worker.export.head.source import ExportPart, HeadSource, welded, y_up
from worker.export.stl import stl_bytes

STANDING = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]], np.float32)
"""Columns take x right, y up, z to the viewer to x right, y back, z up."""


@dataclass(frozen=True)
class _Print:
    """Chosen by eye on prints' previews.

    triangles: at most; the surface may move by detail_mm, or twice, four times ... that, to keep to it.
    eye_root_mm: the eyeballs are given a root so long, to the back, so that they hang together with the head.
    apart_mm: between vertices that lay at one place.
    base_levels: heights in the lowest part that are tried for the base, and the share of the height that they take.
    base_share: the base has at least this share of the largest section there.
    """

    triangles: int = 200_000
    detail_mm: float = 0.03
    eye_root_mm: float = 20.0
    apart_mm: float = 0.01
    base_levels: int = 12
    base_height: float = 0.25
    base_share: float = 0.8


PRINT = _Print()


class SolidError(ReliefError):
    """The parts of a head do not make a solid."""


def head_stl(source: HeadSource) -> bytes:
    """The head with the photo's expression as binary STL in mm, standing on z = 0, its face to the front.

    Raises:
        SolidError: a part is not closed.
    """
    mesh = head_solid(source).to_mesh()
    return stl_bytes(_apart(mesh.vert_properties)[mesh.tri_verts], source.facts)


def head_solid(source: HeadSource) -> Manifold:
    """The union of all parts without what is hidden in it, on a flat base at z = 0.

    Raises:
        SolidError: a part is not closed.
    """
    parts = [_solid_of(each) for each in source.parts]
    parts += [root for each in source.parts if each.part.name == "eyes" for root in _eye_roots(each, source)]
    base = _base_height(parts)
    above = sorted((_above(part, base) for part in parts), key=Manifold.num_tri)
    small, large = Manifold.batch_boolean(above[:-1], OpType.Add), above[-1]  # the order that takes the least time
    whole = _simplified(_outside(small + large))
    middle = np.asarray(whole.bounding_box()).reshape(2, 3).mean(0)
    return whole.translate((-middle[0], -middle[1], -base))


def _solid_of(exported: ExportPart) -> Manifold:
    """A part as a solid; a vertex that stands twice at the texture's seam is one here.

    Raises:
        SolidError: it is not closed.
    """
    part, places = exported.part, exported.welded
    vertices = np.empty((places.max() + 1, 3), np.float32)
    vertices[places] = exported.posed @ STANDING.T
    triangles = places[part.triangles].astype(np.uint32)
    corners = np.sort(triangles, 1)
    flat = (corners[:, 0] == corners[:, 1]) | (corners[:, 1] == corners[:, 2])
    solid = Manifold(Mesh(vertices, np.ascontiguousarray(triangles[~flat])))
    if solid.status() != Error.NoError:
        raise SolidError(f"the {part.name} of the head is not closed: {solid.status().name}")
    if solid.volume() <= 0:
        raise SolidError(f"the {part.name} of the head is wound inside out")
    return solid


def _eye_roots(eyes: ExportPart, source: HeadSource) -> list[Manifold]:
    """A cone from each eyeball to the back: the sockets are open there, and the balls touch nothing but lids."""
    back = STANDING @ y_up(source.head.rotation[:, 2])
    balls = [np.asarray(ball.to_mesh().vert_properties) for ball in _solid_of(eyes).decompose()]
    tips = [ball.mean(0) + back * (np.ptp(ball @ back) / 2 + PRINT.eye_root_mm) for ball in balls]
    return [Manifold.hull_points(np.vstack([ball, tip])) for ball, tip in zip(balls, tips, strict=True)]


def _apart(vertices: np.ndarray) -> np.ndarray:
    """The vertices (N, 3) float32, moved a little where several are at one place.

    STL has no vertices but places: two surfaces that touch in one would be joined there, and the solid not closed.
    """
    places = welded(vertices)
    order = np.argsort(places, kind="stable")
    first = np.searchsorted(places[order], places[order])
    again = np.empty(len(vertices), np.float32)  # how many at this place stand before it
    again[order] = np.arange(len(vertices)) - first
    return vertices + PRINT.apart_mm * again[:, None]


def _outside(solid: Manifold) -> Manifold:
    """The largest piece, without the hollows inside of it, which are pieces of negative volume."""
    return max(solid.decompose(), key=Manifold.volume)


def _simplified(solid: Manifold) -> Manifold:
    """The solid with PRINT.triangles at most; its surface moves as far as that takes."""
    tolerance_mm = PRINT.detail_mm
    while solid.num_tri() > PRINT.triangles:
        solid = solid.simplify(tolerance_mm)
        tolerance_mm *= 2
    return solid


def _base_height(parts: Sequence[Manifold]) -> float:
    """The lowest height at which the sections are about as large as any near it: the body's own end is not level."""
    bounds = np.array([part.bounding_box() for part in parts])
    low, high = bounds[:, 2].min(), bounds[:, 5].max()
    heights = low + (high - low) * np.linspace(0, PRINT.base_height, PRINT.base_levels + 1)[1:]
    areas = np.array([sum(part.slice(height).area() for part in parts) for height in heights])
    return float(heights[np.argmax(areas >= PRINT.base_share * areas.max())])


def _above(part: Manifold, height: float) -> Manifold:
    """What of a part is above a height; a cut costs as much as a union, where there is nothing to cut too."""
    return part if part.bounding_box()[2] >= height else part.trim_by_plane((0, 0, 1), height)
