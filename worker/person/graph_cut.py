"""A person cut out by colour, starting from what a network thinks.

Source: Rother et al., GrabCut, 2004.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from worker.person.region import Region


@dataclass(frozen=True)
class GraphCutSettings:
    """What a graph cut takes as given; likelihoods are 0 to 1. All was set by hand, no data is recorded."""

    likely: float = 0.5  # likelihood from which a pixel starts as person
    certain: float = 0.9  # likelihood from which a pixel stays person ...
    certain_px: int = 4  # ... so far, in small pixels, from less likely ones
    unlikely: float = 0.1  # likelihood up to which a pixel stays background ...
    unlikely_px: int = 12  # ... so far from likelier ones
    beside: float = 0.3  # the same above the chin, where the network is right
    beside_px: int = 4
    neck_down: float = 0.35  # face sides below the chin: what may stay person there ...
    neck_aside: float = 0.25  # ... face sides to either side
    body_aside: float = 0.35  # face sides: half width of a body under the chin
    body_widening: float = 1.1  # what it grows by for each face side further down
    rounds: int = 4  # of GrabCut


GRAPH_CUT = GraphCutSettings()


def graph_cut(small: np.ndarray, likely: np.ndarray, region: Region, reach: float) -> np.ndarray:
    """Cut out the person by colour.

    Args:
        small: (S, S, 3) uint8 RGB, the region.
        likely: (S, S) float, the network's likelihood of a person.
        region: what `small` shows.
        reach: how far below the chin the network is believed as a start, in face sides; infinity for wholly.
    Returns:
        (S, S) bool; the network's own outline where nothing or everything is certain.
    """
    labels = _start(likely, region, reach)
    labels[_certain_person(likely, region)] = cv2.GC_FGD
    labels[_certain_background(likely, region)] = cv2.GC_BGD
    if not ((labels == cv2.GC_FGD).any() and ((labels == cv2.GC_BGD) | (labels == cv2.GC_PR_BGD)).any()):
        return likely > GRAPH_CUT.likely
    background, foreground = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(0)
    cv2.grabCut(small, labels, (0, 0, 1, 1), background, foreground, GRAPH_CUT.rounds, cv2.GC_INIT_WITH_MASK)
    return (labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)


def _start(likely: np.ndarray, region: Region, reach: float) -> np.ndarray:
    """(S, S) uint8 labels of GrabCut: probably person where the network says so, below the chin down to `reach`."""
    below = region.below_chin
    body = (below > 0) & (below < reach)
    if np.isfinite(reach):
        body &= region.beside_face < GRAPH_CUT.body_aside + GRAPH_CUT.body_widening * below
    person = (likely > GRAPH_CUT.likely) & ((below <= 0) | body)
    return np.where(person, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)


def _certain_person(likely: np.ndarray, region: Region) -> np.ndarray:
    """(S, S) bool: deep inside what the network is sure of, in the head and the neck."""
    deep = cv2.erode((likely > GRAPH_CUT.certain).astype(np.uint8), _square(GRAPH_CUT.certain_px)) > 0
    neck = (region.below_chin < GRAPH_CUT.neck_down) & (region.beside_face < GRAPH_CUT.neck_aside)
    return deep & ((region.below_chin <= 0) | neck)


def _certain_background(likely: np.ndarray, region: Region) -> np.ndarray:
    """(S, S) bool: far from anything that may be person; beside the head less far is enough."""
    far = cv2.dilate((likely > GRAPH_CUT.unlikely).astype(np.uint8), _square(GRAPH_CUT.unlikely_px)) == 0
    near = cv2.dilate((likely > GRAPH_CUT.beside).astype(np.uint8), _square(GRAPH_CUT.beside_px)) == 0
    return far | ((region.below_chin <= 0) & near)


def _square(reach_px: int) -> np.ndarray:
    """A square structuring element that reaches so far from its middle."""
    return np.ones((2 * reach_px + 1, 2 * reach_px + 1))
