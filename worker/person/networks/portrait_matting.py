"""How far each pixel belongs to the people in a photo, by MODNet, which sees hair but not which person it is.

Source: Ke et al., MODNet: Real-Time Trimap-Free Portrait Matting via Objective Decomposition, AAAI 2022.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from worker.person.networks.onnx import OnnxNetwork

FILE = "modnet.onnx"
SHORT_SIDE_PX = (256, 512)  # least and most, of the network's input: a small photo costs less; as official at most
MULTIPLE_PX = 32  # both sides of the input are multiples of it
MOST_ASPECT = 2.0  # longer pictures are squeezed to it, so that the cost is bounded


class PortraitMattingNetwork:
    """Gives soft outlines of people."""

    def __init__(self, folder: Path) -> None:
        """Load the network from the weights folder.

        Raises:
            WeightsError: it is absent or is no network.
        """
        self._network = OnnxNetwork(folder / FILE)

    def alpha(self, pixels: np.ndarray) -> np.ndarray:
        """(H, W) float32, 0 to 1: how far each pixel of a photo (H, W, 3) uint8 RGB belongs to people."""
        height, width = pixels.shape[:2]
        seen = cv2.resize(pixels, input_wh((width, height)), interpolation=cv2.INTER_AREA)
        (alpha,) = self._network.run(seen)
        return np.clip(cv2.resize(alpha, (width, height), interpolation=cv2.INTER_LINEAR), 0, 1)


def input_wh(photo_size_wh: tuple[int, int]) -> tuple[int, int]:
    """Width and height of the network's input for a photo."""
    short_side = min(photo_size_wh)
    target = float(np.clip(short_side, *SHORT_SIDE_PX))
    scaled = (min(side * target / short_side, MOST_ASPECT * target) for side in photo_size_wh)
    wide, high = (max(1, round(side / MULTIPLE_PX)) * MULTIPLE_PX for side in scaled)
    return wide, high
