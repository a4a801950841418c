"""What runs a network on one device: torch, on the GPU where there is one, or ONNX Runtime on the CPU."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch import nn

from worker.depth.network.resizing import resized_on_cpu, resized_tensor
from worker.depth.network.row import Precision
from worker.depth.network.transforms import Interpolation

CUDA_BATCH_SIZES: tuple[int, ...] = (1, 2, 4, 8)
CPU_BATCH_SIZES: tuple[int, ...] = (1,)
"""One photo fills a CPU's cores: of eight at once most networks run fewer a second; see bench/midas.md."""
CPU_PRECISION = Precision("float32", channels_last=False)


class TorchBackend:
    """Runs a network eagerly; it may be used from one thread at a time.

    batch_sizes: of the photos that it runs at once. picks_kernels: whether the first pass of each size takes long.
    """

    name = "torch"

    def __init__(self, network: nn.Module, device: torch.device, precision: Precision = CPU_PRECISION) -> None:
        layout = torch.channels_last if precision.channels_last else torch.preserve_format
        self._dtype: torch.dtype = getattr(torch, precision.dtype)
        self.network: nn.Module = network.to(device=device, dtype=self._dtype).to(memory_format=layout)
        self.picks_kernels = device.type == "cuda"
        self.batch_sizes = CUDA_BATCH_SIZES if device.type == "cuda" else CPU_BATCH_SIZES
        self._device = device
        self._precision = precision

    @torch.inference_mode()
    def __call__(self, photos: np.ndarray) -> np.ndarray:
        """Disparity (B, H, W) float32 of normalised photos (B, 3, H, W) float32; MemoryError if B is too many."""
        try:
            disparity: torch.Tensor = self.network(self._on_device(photos))
        except torch.OutOfMemoryError as error:
            torch.cuda.empty_cache()
            raise MemoryError(str(error)) from error
        return disparity.float().cpu().numpy()

    @torch.inference_mode()
    def resized(self, disparity: np.ndarray, size_wh: tuple[int, int], interpolation: Interpolation) -> np.ndarray:
        """Disparity (h, w) float32 on another grid (H, W) over the same picture."""
        if self._device.type == "cpu":
            return resized_on_cpu(disparity, size_wh, interpolation)
        return resized_tensor(torch.from_numpy(disparity).to(self._device), size_wh, interpolation).cpu().numpy()

    def _on_device(self, photos: np.ndarray) -> torch.Tensor:
        batch = torch.from_numpy(photos)
        if self._device.type == "cuda":  # from pinned memory the copy goes on beside other work
            batch = batch.pin_memory()
        layout = torch.channels_last if self._precision.channels_last else torch.contiguous_format
        return batch.to(self._device, self._dtype, non_blocking=True).contiguous(memory_format=layout)


class OnnxBackend:
    """Runs an exported network, with the attributes and methods of TorchBackend."""

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
        self._input = self._session.get_inputs()[0].name

    def __call__(self, photos: np.ndarray) -> np.ndarray:
        """Disparity (B, H, W) float32 of normalised photos (B, 3, H, W) float32; MemoryError if B is too many."""
        try:
            disparity: np.ndarray = self._session.run(None, {self._input: photos})[0]
        except onnxruntime.capi.onnxruntime_pybind11_state.RuntimeException as error:
            if "alloc" in str(error).lower():
                raise MemoryError(str(error)) from error
            raise
        return disparity


Backend = TorchBackend | OnnxBackend


def default_device() -> torch.device:
    """The GPU where there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
