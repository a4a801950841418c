"""How far each pixel belongs to the people in a photo, by MODNet, which sees hair but not which person it is.

Source: Ke et al., MODNet: Real-Time Trimap-Free Portrait Matting via Objective Decomposition, AAAI 2022.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from worker.person.networks.onnx import OnnxNetwork

FILE = "modnet.onnx"
SHORT_SIDE_PX = 512  # of the network's input; as in the official code
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
        seen = cv2.resize(pixels, _input_wh(width, height), interpolation=cv2.INTER_AREA)
        (alpha,) = self._network.run(seen)
        return np.clip(cv2.resize(alpha, (width, height), interpolation=cv2.INTER_LINEAR), 0, 1)


def _input_wh(width: int, height: int) -> tuple[int, int]:
    """The size of the network's input for a photo."""
    scale = SHORT_SIDE_PX / min(width, height)
    most = SHORT_SIDE_PX * MOST_ASPECT
    wide, high = (
        max(MULTIPLE_PX, round(min(side * scale, most) / MULTIPLE_PX) * MULTIPLE_PX) for side in (width, height)
    )
    return wide, high
