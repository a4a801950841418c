"""The compact file format of a whole head, head.rlh; shared/viewer/js/head.js reads it in the browser.

File: b"RLH1", uint32 length of the header (little endian), the header as UTF-8 JSON, then for each of its parts planes
of bytes, as `shared.head.planes` writes them: each value as its difference to the one before it; of two bytes, the low
ones before the high ones: gzip makes them small. N vertices, T triangles, K vertices moved by all morphs together:

    vertices    x, y, z: (3, N) uint16; a coordinate is origin + value * step
    rgb         red, green, blue: (3, N) uint8
    triangles   corners: (3 T) uint16
    moved       which vertices, ascending within each morph: (K) uint16
    offsets     x, y, z at full strength: (3, K) int16; an offset is value * morph_step

Header: parts: name, vertices (N), triangles (T), morphs: how many vertices each expression moves, by its name; origin
(3), step, morph_step in mm; expressions, weights, rotation, eyes_mm, landmarks and measures as `WholeHead` has them.

The file has no texture but a colour for each vertex; where the texture shows more than these, there are more vertices
than the part had. Vertices that differ only in their place in the texture are one. Each part has at most 65,536 of
them. Compressed by gzip, a skin of 18,900 vertices with 52 morphs that each move a fifth of it takes 0.6 MB; a whole
head to whose 9,000 vertices of hair and clothes the textures gave 13,000, 1.1 MB; with noise as textures, 1.3 MB.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from shared.errors import HeadFormatError
from shared.head.head import HeadPart, Morph, PartName, WholeHead
from shared.head.header import Header, Shape
from shared.head.planes import Planes, packed
from shared.head.refine import refined
from shared.head.weld import welded

MAGIC = b"RLH1"
STEP_MM = 0.01  # and coarser only for what is larger than 655 mm
MORPH_STEP_MM = 0.04
# That there may be after a texture gave more, so that a head stays below 1.5 MB when compressed.
MOST_VERTICES: Mapping[PartName, int] = {"skin": 21_000, "eyes": 1_500, "hair": 12_000, "clothes": 16_000}


def bytes_from_head(head: WholeHead) -> bytes:
    """Write a head in the compact format.

    Raises:
        ValueError: it has no vertices, a number that is none, or more of something than is allowed.
    """
    parts = [welded(_stepped(refined(part, MOST_VERTICES.get(part.name, 0)))) for part in head.parts]
    vertices = np.concatenate([part.vertices for part in parts] or [np.empty((0, 3))])
    if not len(vertices) or not np.isfinite(vertices).all():
        raise ValueError("a head that is stored needs vertices, all of them numbers")
    origin = vertices.min(axis=0).astype(float)
    step = max(STEP_MM, float(np.ptp(vertices, axis=0).max()) / 65_535)
    header = Header(tuple(Shape.of(part) for part in parts), origin, step, MORPH_STEP_MM, replace(head, parts=()))
    try:
        header.check()
    except HeadFormatError as error:
        raise ValueError(f"the head cannot be stored: {error}") from error
    text = header.to_json()
    planes = [_planes(part, header) for part in parts]
    return b"".join([MAGIC, struct.pack("<I", len(text)), text, *planes])


def head_from_bytes(data: bytes) -> WholeHead:
    """Read a head from the compact format. Its parts have no texture: `uv` is (0, 2), `texture` (0, 0, 3).

    Raises:
        HeadFormatError: the bytes are not such a file, or are torn.
    """
    if data[:4] != MAGIC or len(data) < 8:
        raise HeadFormatError(f"expected a file that begins with {MAGIC!r}, got {data[:4]!r}")
    (header_size,) = struct.unpack_from("<I", data, 4)
    header = Header.from_json(data[8 : 8 + header_size])
    planes = Planes(data[8 + header_size :])
    parts = tuple(_part(shape, header, planes) for shape in header.shapes)
    planes.end()
    return replace(header.head, parts=parts)


def _stepped(part: HeadPart) -> HeadPart:
    """The part with its morphs in steps, without the vertices that move by less than half of one."""
    return replace(part, morphs={name: _stepped_morph(morph) for name, morph in part.morphs.items()})


def _stepped_morph(morph: Morph) -> Morph:
    steps = np.clip(np.rint(morph.offsets_mm / MORPH_STEP_MM), -32_767, 32_767)
    moves = steps.any(axis=1)
    return Morph(morph.indices[moves], (steps[moves] * MORPH_STEP_MM).astype(np.float32))


def _planes(part: HeadPart, header: Header) -> bytes:
    """A part as the file has it."""
    places = np.rint((part.vertices - header.origin) / header.step).astype(np.uint16)
    moved = [morph.indices for morph in part.morphs.values()]
    offsets = [np.rint(morph.offsets_mm / header.morph_step).astype(np.int16) for morph in part.morphs.values()]
    return b"".join(
        [
            packed(np.ascontiguousarray(places.T)),
            packed(np.ascontiguousarray(part.rgb.T)),
            packed(part.triangles.reshape(1, -1).astype(np.uint16)),
            packed(np.concatenate([np.empty(0, np.uint16), *moved])[None].astype(np.uint16)),
            packed(np.ascontiguousarray(np.concatenate([np.empty((0, 3), np.int16), *offsets]).T)),
        ]
    )


def _part(shape: Shape, header: Header, planes: Planes) -> HeadPart:
    """Read a part; what is read is checked before it is used.

    Raises:
        HeadFormatError: there are too few bytes, or an index of no vertex.
    """
    places = planes.values(3, shape.vertices, np.uint16).T
    rgb = planes.values(3, shape.vertices, np.uint8).T
    triangles = _inside(planes.values(1, 3 * shape.triangles, np.uint16), shape)
    moved = _inside(planes.values(1, shape.moved, np.uint16)[0], shape)
    offsets = planes.values(3, shape.moved, np.int16).T * np.float32(header.morph_step)
    ends = np.cumsum([0, *shape.morphs.values()])
    return HeadPart(
        name=shape.name,
        vertices=(header.origin + places * header.step).astype(np.float32),
        triangles=triangles.reshape(-1, 3),
        uv=np.empty((0, 2), np.float32),
        rgb=np.ascontiguousarray(rgb),
        texture=np.empty((0, 0, 3), np.uint8),
        morphs={
            name: Morph(moved[start:stop], offsets[start:stop])
            for name, start, stop in zip(shape.morphs, ends, ends[1:], strict=False)
        },
    )


def _inside(indices: np.ndarray, shape: Shape) -> np.ndarray:
    """The indices as int32.

    Raises:
        HeadFormatError: one is of no vertex.
    """
    if indices.size and indices.max() >= shape.vertices:
        raise HeadFormatError(f"{shape.name} has {shape.vertices} vertices, and an index {indices.max()}")
    return indices.astype(np.int32)
