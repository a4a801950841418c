"""Joins the vertices of a head's part that stand twice along the seams of its texture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from shared.head.head import HeadPart, Morph


def welded(part: HeadPart) -> HeadPart:
    """The part without its texture, and with one vertex where several are at one place and move alike.

    Upper and lower lip touch too, but move differently, and stay apart. The first of several gives the colour.
    """
    keys = numbered(np.column_stack([part.vertices.view(np.uint32), _movement(part)]))
    _, first = np.unique(keys, return_index=True)
    order = np.argsort(first)  # vertices stay in their order, in which neighbours are near each other
    new = np.argsort(order)[keys]
    return replace(
        part,
        vertices=part.vertices[first[order]],
        triangles=new[part.triangles].astype(np.int32),
        uv=np.empty((0, 2), np.float32),
        rgb=part.rgb[first[order]],
        texture=np.empty((0, 0, 3), np.uint8),
        morphs={name: _moved(morph, new) for name, morph in part.morphs.items()},
    )


def numbered(rows: np.ndarray) -> np.ndarray:
    """(N,) int, numbers from 0 on: the same for rows (N, K) uint32 that are equal.

    Column by column, as numbers of 64 bits: sorting whole rows takes several times as long.
    """
    numbers = np.zeros(len(rows), np.uint64)
    for column in rows.T:
        numbers = np.unique(numbers << np.uint64(32) | column, return_inverse=True)[1].astype(np.uint64)
    return numbers.astype(np.int64)


def _movement(part: HeadPart) -> np.ndarray:
    """(N,) uint32, a number that is the same for vertices that all morphs move alike."""
    sums = np.zeros(len(part.vertices), np.uint32)
    for morph in part.morphs.values():
        bits = morph.offsets_mm.astype(np.float32).view(np.uint32)
        sums = sums * np.uint32(16_777_619)
        sums[morph.indices] ^= bits[:, 0] ^ (bits[:, 1] * np.uint32(31)) ^ (bits[:, 2] * np.uint32(961))
    return sums


def _moved(morph: Morph, new: np.ndarray) -> Morph:
    """The morph of the new vertices."""
    indices, first = np.unique(new[morph.indices], return_index=True)
    return Morph(indices.astype(np.int32), morph.offsets_mm[first])
