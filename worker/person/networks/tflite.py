"""TFLite networks, run by OpenCV on the CPU."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from shared.errors import WeightsError


class TfliteNetwork:
    """A TFLite network with a square RGB input; it may be used from one thread at a time."""

    def __init__(self, path: Path) -> None:
        """Read the network.

        Raises:
            WeightsError: the file is absent or is no network.
        """
        if not path.is_file():
            raise WeightsError(f"{path} is absent; fetch the weights of the model 'portrait' first")
        try:
            self._net = cv2.dnn.readNetFromTFLite(str(path), cv2.dnn.ENGINE_CLASSIC)
        except cv2.error as error:
            raise WeightsError(f"{path} is not a TFLite network that OpenCV reads: {error.err}") from error
        self._outputs = sorted(self._net.getUnconnectedOutLayersNames())

    def run(self, image: np.ndarray) -> dict[str, np.ndarray]:
        """Every output of the network by its name.

        Args:
            image: (S, S, 3) float32, already in the range that the network wants.
        """
        self._net.setInput(np.ascontiguousarray(image.transpose(2, 0, 1)[None]))
        return dict(zip(self._outputs, self._net.forward(self._outputs), strict=True))
