"""A network run by ONNX Runtime on the CPU."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime

from worker.depth.midas.transforms import resized_disparity


class OnnxBackend:
    """Runs an exported network."""

    name = "onnxruntime"
    batch_sizes: tuple[int, ...] = ()

    def __init__(self, path: Path, threads: int = 0) -> None:
        """Read the .onnx file; `threads` 0 takes all cores."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        # Threads that spin between two layers save a tenth of the time; between two photos they would take the cores
        # from the other workers of the machine.
        options.add_session_config_entry("session.force_spinning_stop", "1")
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name

    def __call__(self, photos: np.ndarray) -> np.ndarray:
        """Disparity (B, H, W) float32 of normalised photos (B, 3, H, W) float32."""
        try:
            disparity: np.ndarray = self._session.run(None, {self._input: photos})[0]
        except onnxruntime.capi.onnxruntime_pybind11_state.RuntimeException as error:
            if "alloc" in str(error).lower():
                raise MemoryError(str(error)) from error
            raise
        return disparity

    def resized(self, disparity: np.ndarray, size_wh: tuple[int, int]) -> np.ndarray:
        """Disparity (h, w) float32 as (H, W) by bicubic interpolation."""
        return resized_disparity(disparity, size_wh)
