"""What runs a network: torch, or ONNX Runtime. Importing this imports neither."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np

if TYPE_CHECKING:
    from torch import nn

BackendName = Literal["auto", "torch", "onnxruntime"]


@dataclass(frozen=True)
class Precision:
    """How a network runs on a device.

    dtype: of weights and activations.
    channels_last: convolutions run on NHWC tensors.
    """

    dtype: Literal["float32", "float16", "bfloat16"]
    channels_last: bool


@dataclass(frozen=True)
class Subject:
    """The network to run.

    network: builds it with its weights, on the CPU, in eval mode; not called where an export lies in the cache.
    gpu_precision: how it runs on a GPU.
    weights_sha256: of its checkpoint.
    side_px: of its native input.
    fixed: it takes that size only.
    cache: folder of the exports.
    """

    network: Callable[[], nn.Module]
    gpu_precision: Precision
    weights_sha256: str
    side_px: int
    fixed: bool
    cache: Path


class Backend(Protocol):
    """A network ready to run on one device; used from one thread at a time.

    batch_sizes: the batch sizes that it was warmed up for; none where any size is as good.
    """

    name: str
    batch_sizes: tuple[int, ...]

    def __call__(self, photos: np.ndarray) -> np.ndarray:
        """Disparity (B, H, W) float32 of normalised photos (B, 3, H, W) float32; MemoryError if B is too many."""
        ...

    def resized(self, disparity: np.ndarray, size_wh: tuple[int, int]) -> np.ndarray:
        """Disparity (h, w) float32 as (H, W) by bicubic interpolation, on the network's device."""
        ...
