"""What each pixel of a photo shows, by MediaPipe's multi-class selfie segmentation network.

It comes with this package, see data/README.md, since no wheel carries it.
"""

from __future__ import annotations

from enum import IntEnum
from pathlib import Path

import cv2
import numpy as np

from shared.cloud.classes import PointClass
from worker.person.networks.onnx import OnnxNetwork

FILE = Path(__file__).parent.parent / "data" / "selfie_multiclass_256x256.onnx"
SIZE_PX = 256  # side of the network's input


class Part(IntEnum):
    """What the network tells apart: the planes of its output."""

    BACKGROUND = 0
    HAIR = 1
    BODY_SKIN = 2
    FACE_SKIN = 3
    CLOTHES = 4
    OTHERS = 5


CLASSES = {
    Part.BACKGROUND: PointClass.BACKGROUND,
    Part.HAIR: PointClass.HAIR,
    Part.BODY_SKIN: PointClass.SKIN,
    Part.FACE_SKIN: PointClass.SKIN,
    Part.CLOTHES: PointClass.CLOTHES,
    Part.OTHERS: PointClass.OTHER,
}
"""What each part is called elsewhere."""


class SegmentationNetwork:
    """Tells background, hair, skin, clothes and other things of people apart."""

    def __init__(self) -> None:
        self._network = OnnxNetwork(FILE)

    def shares(self, pixels: np.ndarray) -> np.ndarray:
        """How likely each pixel shows each part.

        Args:
            pixels: (H, W, 3) uint8 RGB; the network sees it stretched to a square.
        Returns:
            (6, SIZE_PX, SIZE_PX) float32 over the same picture, a plane for each `Part`; they sum up to 1.
        """
        small = cv2.resize(pixels, (SIZE_PX, SIZE_PX), interpolation=cv2.INTER_AREA)
        logits = self._network.run(small)
        shares = np.exp(logits - logits.max(0))
        return np.asarray(shares / shares.sum(0))
