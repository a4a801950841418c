"""Runs a network by torch, on the GPU where there is one."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from worker.depth.network.backends import CPU_BATCH_SIZES
from worker.depth.network.reading import Arrays
from worker.depth.network.resizing import Interpolation, resized_on_cpu
from worker.depth.network.row import Precision

CUDA_BATCH_SIZES: tuple[int, ...] = (1, 2, 4, 8)
CPU_PRECISION = Precision("float32", channels_last=False)
# As `resized_on_cpu` has them.
INTERPOLATIONS: dict[Interpolation, dict[str, Any]] = {
    "bicubic": {"mode": "bicubic", "align_corners": False},
    "bilinear": {"mode": "bilinear", "align_corners": False},
    "corners": {"mode": "bilinear", "align_corners": True},
}


class TorchBackend:
    """Runs a network eagerly."""

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
    def __call__(self, inputs: Arrays) -> Arrays:
        """Outputs of inputs, all float32 with the batch (B, ...) first; MemoryError if B is too many."""
        try:
            outputs = self.network(*map(self._on_device, inputs))
        except torch.OutOfMemoryError as error:
            torch.cuda.empty_cache()
            raise MemoryError(str(error)) from error
        several = outputs if isinstance(outputs, tuple) else (outputs,)
        return tuple(output.float().cpu().numpy() for output in several)

    @torch.inference_mode()
    def resized(self, plane: np.ndarray, size_wh: tuple[int, int], interpolation: Interpolation) -> np.ndarray:
        """A map (h, w) float32 on another grid (H, W) over the same picture."""
        if self._device.type == "cpu":
            return resized_on_cpu(plane, size_wh, interpolation)
        return resized_tensor(torch.from_numpy(plane).to(self._device), size_wh, interpolation).cpu().numpy()

    def _on_device(self, values: np.ndarray) -> Tensor:
        """Pictures (B, 3, H, W) in the network's precision and layout; what stands beside them, float32."""
        batch = torch.from_numpy(values)
        if self._device.type == "cuda":  # from pinned memory the copy goes on beside other work
            batch = batch.pin_memory()
        if batch.ndim < 4:
            return batch.to(self._device, non_blocking=True)
        layout = torch.channels_last if self._precision.channels_last else torch.contiguous_format
        return batch.to(self._device, self._dtype, non_blocking=True).contiguous(memory_format=layout)


def resized_tensor(plane: Tensor, size_wh: tuple[int, int], interpolation: Interpolation) -> Tensor:
    """A map (h, w) as (H, W), on the tensor's device."""
    return functional.interpolate(plane[None, None], size_wh[::-1], **INTERPOLATIONS[interpolation])[0, 0]


def torch_backend(network: nn.Module, gpu_precision: Precision) -> TorchBackend:
    """The network on this machine's device; on a GPU in that precision."""
    device = default_device()
    return TorchBackend(network, device, gpu_precision if device.type == "cuda" else CPU_PRECISION)


def default_device() -> torch.device:
    """The GPU where there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
