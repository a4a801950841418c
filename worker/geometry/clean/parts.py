"""The connected surfaces of a depth map, and the small ones among them: floating islands."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from worker.geometry.jumps import Links

ISLAND_SHARE = 0.005
"""A surface with fewer of all points than this is an island."""


def label_parts(known: np.ndarray, links: Links) -> np.ndarray:
    """Number the connected surfaces of a grid, 1, 2, 3 ...: (H, W) int32, 0 where nothing is known.

    Runs along the rows are numbered first, then joined by the links down: the graph has one node a run, not a pixel.
    """
    begins = known.copy()
    begins[:, 1:] &= ~links.right
    run = np.cumsum(begins.ravel()).reshape(known.shape) - 1
    runs = int(begins.sum())
    first = links.down.copy()  # of the links between the same two runs
    first[:, 1:] &= ~(links.down[:, :-1] & links.right[:-1] & links.right[1:])
    above, below = run[:-1][first], run[1:][first]
    graph = coo_array((np.ones(len(above), np.int32), (above, below)), shape=(runs, runs))
    _, part_of_run = connected_components(graph, directed=False) if runs else (0, np.zeros(0, np.int32))
    labels = np.zeros(known.shape, np.int32)
    labels[known] = part_of_run[run[known]] + 1
    return labels


def islands(known: np.ndarray, links: Links) -> np.ndarray:
    """(H, W) bool, the points on surfaces too small to be part of a person; the largest is never among them."""
    labels = label_parts(known, links)
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    small = sizes < min(ISLAND_SHARE * sizes.sum(), sizes.max())
    small[0] = False
    return small[labels]
