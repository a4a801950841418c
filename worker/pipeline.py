"""Photo to depth map to point cloud, and the files of each; knows nothing of queues.

The functions that end in `_files` give bytes by file name; the caller writes them.
"""

from __future__ import annotations

import io
import json
from dataclasses import asdict
from typing import Any, get_args

import numpy as np

from shared.cloud.camera import Intrinsics
from shared.cloud.format import bytes_from_cloud
from shared.cloud.pointcloud import PointCloud, Unit
from shared.errors import PhotoError
from shared.options import ModelOptions
from shared.results import (
    CLOUD,
    CLOUD_PLY,
    DEPTH_IMAGE,
    DEPTH_IMAGE_16,
    DEPTH_VALUES,
    GLB,
    NORMALS,
    OBJ,
    PLY,
    REPORT,
    STL,
)
from worker import __version__
from worker.depth.estimator import DepthMap, Estimator, Photo
from worker.export.files import (
    glb_from_mesh,
    obj_zip_from_mesh,
    ply_from_mesh,
    png_from_image,
    stl_from_solid,
    texture_from_photo,
)
from worker.export.ply import ply_from_cloud
from worker.geometry.jumps import links_of
from worker.geometry.normals import normal_map, normals_of
from worker.geometry.surface import cloud as geometry
from worker.geometry.surface.mesh import mesh_from_cloud, simplified
from worker.geometry.surface.solid import solid_from_cloud, solid_squares
from worker.geometry.surface.tone import gray16_from_depth, gray_from_depth

MESH_TRIANGLES = 60_000
SOLID_TRIANGLES = 100_000
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


def depth_files(depth_map: DepthMap, *, model: str = "unknown") -> dict[str, bytes]:
    """The files of the depth stage: depth as float, and as 8 and 16-bit pictures."""
    facts = facts_of(model, depth_map.unit)
    return {
        DEPTH_VALUES: depth_bytes(depth_map),
        DEPTH_IMAGE: png_from_image(gray_from_depth(depth_map.depth), facts),
        DEPTH_IMAGE_16: png_from_image(gray16_from_depth(depth_map.depth), facts),
    }


def cloud_files(cloud: PointCloud, options: ModelOptions, *, model: str) -> dict[str, bytes]:
    """The files of the model stage: the compact cloud, and the PLY."""
    facts = facts_of(model, cloud.unit, options)
    comments = [f"{name}: {fact}" for name, fact in facts.items()]
    return {
        CLOUD: bytes_from_cloud(cloud),
        CLOUD_PLY: ply_from_cloud(cloud, color=options.color, comments=comments),
    }


def mesh_files(cloud: PointCloud, pixels: np.ndarray, options: ModelOptions, *, model: str) -> dict[str, bytes]:
    """The surface as files for other programs: textured meshes, a printable body, and the normal map.

    Args:
        cloud: as `build_cloud` gives it.
        pixels: (H, W, 3) uint8, the photo, which becomes the texture.
        options: what the cloud was made with; the files say so.
        model: name of the depth model.
    Raises:
        PhotoError: the cloud has no four points side by side.
    """
    if not solid_squares(cloud.mask).any():
        raise PhotoError("the surface that was found is too small or too torn for a mesh")
    facts = facts_of(model, cloud.unit, options)
    mesh = simplified(mesh_from_cloud(cloud), MESH_TRIANGLES)
    solid = simplified(solid_from_cloud(cloud), SOLID_TRIANGLES)
    texture = texture_from_photo(pixels, cloud.mask)
    normals = normals_of(cloud.depth, cloud.camera, links_of(cloud.depth, cloud.camera))
    return {
        GLB: glb_from_mesh(mesh, cloud, texture, facts),
        OBJ: obj_zip_from_mesh(mesh, cloud, texture, facts),
        PLY: ply_from_mesh(mesh, cloud, facts),
        STL: stl_from_solid(solid, cloud, facts),
        NORMALS: png_from_image(normal_map(normals), facts),
    }


def report_files(report: dict[str, Any]) -> dict[str, bytes]:
    """The report as a file, which is JSON that any program reads: no NaN in it."""
    return {REPORT: json.dumps(report, indent=2, allow_nan=False).encode()}


def facts_of(model: str, unit: Unit, options: ModelOptions | None = None) -> dict[str, str]:
    """What made a file, as the file itself says it."""
    settings = " ".join(f"{name}={value}" for name, value in options.model_dump().items()) if options else ""
    facts = {"generator": f"Relief {__version__}", "depth model": model, "unit": unit}
    return facts | ({"settings": settings} if settings else {})


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
