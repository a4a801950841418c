"""How likely each pixel is a person: MediaPipe Selfie Segmentation, general model.

The network comes with this package: its wheel is 35 MB and made for few platforms only; see data/README.md.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from worker.person.networks.tflite import TfliteNetwork

FILE = Path(__file__).parents[1] / "data" / "selfie_segmentation.tflite"
SIZE_PX = 256  # side of the network's input


class PersonSegmentation:
    """Finds people's pixels."""

    def __init__(self) -> None:
        """Load the network."""
        self._network = TfliteNetwork(FILE)

    def likelihood(self, small: np.ndarray) -> np.ndarray:
        """(256, 256) float32, 0 to 1, of a (256, 256, 3) uint8 RGB picture; see `shrunk`."""
        (output,) = self._network.run(small.astype(np.float32) / 255).values()
        return output.reshape(SIZE_PX, SIZE_PX)


def shrunk(pixels: np.ndarray) -> np.ndarray:
    """A picture (H, W, 3) at the size of the network's input, whatever its aspect."""
    return cv2.resize(pixels, (SIZE_PX, SIZE_PX), interpolation=cv2.INTER_AREA)
