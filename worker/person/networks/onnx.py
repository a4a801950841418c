"""ONNX networks of pictures, run by ONNX Runtime on the CPU."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import onnxruntime

from shared.errors import WeightsError


class OnnxNetwork:
    """A network with one RGB input and one output."""

    def __init__(self, path: Path) -> None:
        """Read the network.

        Raises:
            WeightsError: the file is absent or is no network.
        """
        if not path.is_file():
            raise WeightsError(f"{path} is absent; fetch the weights of the model 'portrait' first")
        options = onnxruntime.SessionOptions()
        options.enable_cpu_mem_arena = False  # what it frees is of use to the other steps
        # A thread that spins while others hold the cores takes half as much CPU again, and is no faster alone.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # of pybind11: onnxruntime has no class of its own for what it cannot read
            raise WeightsError(f"{path} is not an ONNX network that ONNX Runtime reads: {error}") from error
        self._input = self._session.get_inputs()[0].name

    def run(self, image: np.ndarray) -> np.ndarray:
        """The output (C, H, W) float32 of one picture (h, w, 3) uint8 RGB, which is shown from -1 to 1."""
        planes = cv2.dnn.blobFromImage(image, 1 / 127.5, mean=(127.5, 127.5, 127.5))  # (1, 3, h, w)
        output: np.ndarray = self._session.run(None, {self._input: planes})[0][0]
        return output
