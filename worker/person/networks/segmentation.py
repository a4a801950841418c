"""What each pixel of a photo shows, by MediaPipe's multi-class selfie segmentation network.

It comes with this package, see data/README.md, since no wheel carries it.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from shared.cloud.classes import PointClass
from worker.person.networks.onnx import OnnxNetwork

FILE = Path(__file__).parent.parent / "data" / "selfie_multiclass_256x256.onnx"
SIZE_PX = 256  # side of the network's input
BACKGROUND, HAIR, BODY_SKIN, FACE_SKIN, CLOTHES, OTHERS = range(6)  # planes of its output
PLANES = {  # of each class; the classes' order is that of the result
    PointClass.BACKGROUND: (BACKGROUND,),
    PointClass.HAIR: (HAIR,),
    PointClass.SKIN: (BODY_SKIN, FACE_SKIN),
    PointClass.CLOTHES: (CLOTHES,),
    PointClass.OTHER: (OTHERS,),
}


class SegmentationNetwork:
    """Tells background, hair, skin, clothes and other things of people apart."""

    def __init__(self) -> None:
        self._network = OnnxNetwork(FILE)

    def probabilities(self, pixels: np.ndarray) -> np.ndarray:
        """How likely each class is.

        Args:
            pixels: (H, W, 3) uint8 RGB; the network sees it stretched to a square.
        Returns:
            (5, SIZE_PX, SIZE_PX) float32 over the same picture, one plane for each `PointClass`; they sum up to 1.
        """
        small = cv2.resize(pixels, (SIZE_PX, SIZE_PX), interpolation=cv2.INTER_AREA)
        logits = self._network.run(small)
        shares = np.exp(logits - logits.max(0))
        shares /= shares.sum(0)
        return np.stack([shares[list(planes)].sum(0) for planes in PLANES.values()])
