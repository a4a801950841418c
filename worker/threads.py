"""How many CPU threads the numeric libraries of this process use."""

from __future__ import annotations

import os
import sys

import cv2


def limit_threads(count: int) -> None:
    """Give OpenCV, and torch where it is loaded, `count` threads; 0 leaves all cores to them."""
    if count == 0:
        return
    cv2.setNumThreads(count)
    os.environ["OMP_NUM_THREADS"] = str(count)  # read by torch when it is imported later
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(count)
