"""Photo to depth map to point cloud, and the files of each; knows nothing of queues.

The functions that end in `_files` give bytes by file name; the caller writes them.
"""

from __future__ import annotations

import io
import json
from dataclasses import asdict
from typing import Any, get_args

import cv2
import numpy as np

from shared.camera import Intrinsics
from shared.errors import PhotoError
from shared.options import ModelOptions
from shared.pointcloud import PointCloud, Unit
from worker import __version__
from worker.depth.estimator import DepthMap, Estimator, Photo
from worker.geometry import cloud as geometry
from worker.geometry.ply import ply_from_cloud
from worker.geometry.tone import gray16_from_depth, gray_from_depth

DEPTH_FILE = "depth.npz"
DEPTH_IMAGE = "depth.png"
DEPTH_IMAGE_16 = "depth16.png"
CLOUD_FILE = "cloud.rlf"
PLY_FILE = "cloud.ply"
CAMERA_KEYS = ("fx", "fy", "cx", "cy")


def estimate_depth(estimator: Estimator, photo: Photo) -> DepthMap:
    """Estimate one photo's depth.

    Raises:
        PhotoError: the photo cannot be used; the estimator says why.
    """
    (result,) = estimator.estimate([photo])
    if isinstance(result, PhotoError):
        raise result
    return result


def build_cloud(depth_map: DepthMap, pixels: np.ndarray, options: ModelOptions) -> tuple[PointCloud, dict[str, Any]]:
    """Build the point cloud of a depth map and its photo (H, W, 3) uint8; the report is JSON values only.

    Raises:
        PhotoError: there is no depth to build from.
    """
    if not depth_map.mask.any():
        raise PhotoError("no depth was found in this photo; one with a face that is well lit and in focus works best")
    cloud, report = geometry.build_cloud(
        depth_map.depth, depth_map.confidence, depth_map.camera, depth_map.unit, pixels, options
    )
    return cloud, asdict(report)


def depth_files(depth_map: DepthMap) -> dict[str, bytes]:
    """The files of the depth stage: depth as float, and as 8 and 16-bit pictures."""
    return {
        DEPTH_FILE: depth_bytes(depth_map),
        DEPTH_IMAGE: _png(gray_from_depth(depth_map.depth)),
        DEPTH_IMAGE_16: _png(gray16_from_depth(depth_map.depth)),
    }


def cloud_files(cloud: PointCloud, options: ModelOptions, *, model: str) -> dict[str, bytes]:
    """The files of the model stage: the compact cloud, and the PLY."""
    comments = provenance(options, model=model, unit=cloud.unit)
    return {
        CLOUD_FILE: cloud.to_bytes(),
        PLY_FILE: ply_from_cloud(cloud, color=options.color, comments=comments),
    }


def provenance(options: ModelOptions, *, model: str, unit: Unit) -> list[str]:
    """Lines that say what made a file."""
    settings = " ".join(f"{name}={value}" for name, value in options.model_dump().items())
    return [
        f"made by Relief {__version__}",
        f"depth model: {model}",
        f"settings: {settings}",
        f"unit: {unit}",
        "frame: x right, y up, z towards the viewer; the camera is at the origin",
    ]


def depth_bytes(depth_map: DepthMap) -> bytes:
    """A depth map as an .npz file: depth, confidence, mask, unit, fx, fy, cx, cy, and the report as JSON."""
    file = io.BytesIO()
    parts: dict[str, Any] = {name: np.float64(getattr(depth_map.camera, name)) for name in CAMERA_KEYS}
    parts |= {"depth": depth_map.depth.astype(np.float32), "confidence": depth_map.confidence.astype(np.float32)}
    parts |= {"mask": depth_map.mask, "unit": np.str_(depth_map.unit), "report": np.str_(json.dumps(depth_map.report))}
    np.savez_compressed(file, **parts)
    return file.getvalue()


def load_depth(data: bytes) -> DepthMap:
    """Read a depth map back from its .npz file.

    Raises:
        ValueError: the unit is none that we know.
        KeyError: a part is missing.
    """
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        depth, unit = file["depth"], str(file["unit"])
        if unit not in get_args(Unit):
            raise ValueError(f"a depth map in {unit!r}; known are {get_args(Unit)}")
        height, width = depth.shape
        camera = Intrinsics(width, height, *(float(file[name]) for name in CAMERA_KEYS))
        return DepthMap(depth, camera, unit, file["confidence"], json.loads(str(file["report"])))  # type: ignore


def _png(image: np.ndarray) -> bytes:
    done, data = cv2.imencode(".png", image)
    if not done:
        raise ValueError(f"OpenCV cannot write an image of {image.shape} {image.dtype} as PNG")
    return data.tobytes()
