"""The embedded default depth model, `portrait`: a face's real geometry and a believable bust, no large download."""

from __future__ import annotations

from pathlib import Path

from worker.depth.estimator import Estimator

__all__ = ["load"]


def load(folder: Path) -> Estimator:
    """Load the model.

    Args:
        folder: holds face_detection_short_range.tflite, face_detection_full_range.tflite and face_landmark.tflite.
    Raises:
        WeightsError: one of them is absent or is no network.
    """
    from worker.depth.portrait.estimator import Portrait  # OpenCV and SciPy load with the model, not before

    return Portrait(folder)
