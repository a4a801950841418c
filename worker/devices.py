"""What this process uses of the CPU and the GPU."""

from __future__ import annotations

import os
import sys

import cv2


def limit_threads(count: int) -> None:
    """Give OpenCV, and torch where it is loaded, `count` threads; 0 leaves all cores to them."""
    if count == 0:
        return
    cv2.setNumThreads(count)
    os.environ["OMP_NUM_THREADS"] = str(count)  # read by torch when it is imported later, and where a network is loaded
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(count)


def gpu_memory_bytes() -> int | None:
    """Memory that torch holds on the GPU; None where torch is not loaded or there is no GPU."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available():
        return None
    return int(torch.cuda.memory_reserved())
