"""A network run by torch."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn


class TorchBackend:
    """Runs a network eagerly on one device."""

    def __init__(self, network: nn.Module) -> None:
        self._network = network

    @torch.inference_mode()
    def __call__(self, photos: np.ndarray) -> np.ndarray:
        """Disparity (B, H, W) float32 of normalised photos (B, 3, H, W) float32."""
        disparity: torch.Tensor = self._network(torch.from_numpy(photos))
        return disparity.numpy()
