"""What runs a network on one device, and ONNX Runtime, which runs it on a CPU. Importing this imports no torch."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
import onnxruntime

from worker.depth.network.reading import Arrays
from worker.depth.network.resizing import Interpolation, resized_on_cpu

CPU_BATCH_SIZES: tuple[int, ...] = (1,)
"""One photo fills a CPU's cores: of eight at once most networks run fewer a second; see bench/midas.md."""


class Backend(Protocol):
    """A loaded network; it may be used from one thread at a time.

    batch_sizes: of the photos that it runs at once. picks_kernels: whether the first pass of each size takes long.
    """

    name: str
    batch_sizes: tuple[int, ...]
    picks_kernels: bool

    def __call__(self, inputs: Arrays) -> Arrays:
        """Outputs of inputs, all float32 with the batch (B, ...) first; MemoryError if B is too many."""
        ...

    def resized(self, plane: np.ndarray, size_wh: tuple[int, int], interpolation: Interpolation) -> np.ndarray:
        """A map (h, w) float32 on another grid (H, W) over the same picture."""
        ...


class OnnxBackend:
    """Runs an exported network."""

    name = "onnxruntime"
    batch_sizes = CPU_BATCH_SIZES
    picks_kernels = False
    resized = staticmethod(resized_on_cpu)

    def __init__(self, path: Path, threads: int = 0) -> None:
        """Read the .onnx file; `threads` 0 takes all cores."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        # Threads that spin between two layers take half as much CPU again where other workers hold the cores.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self._names = [given.name for given in self._session.get_inputs()]

    def __call__(self, inputs: Arrays) -> Arrays:
        """Outputs of inputs, all float32 with the batch (B, ...) first; MemoryError if B is too many."""
        try:
            outputs = self._session.run(None, dict(zip(self._names, inputs, strict=True)))
        except onnxruntime.capi.onnxruntime_pybind11_state.RuntimeException as error:
            if "alloc" in str(error).lower():
                raise MemoryError(str(error)) from error
            raise
        return tuple(outputs)
