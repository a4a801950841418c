"""Scenes whose true depth is known in closed form."""

import numpy as np

from shared.cloud.camera import Intrinsics
from shared.cloud.classes import PointClass
from shared.cloud.pointcloud import PointCloud
from worker.depth.estimator import DepthMap
from worker.geometry.jumps import joined_ratio


def camera_of(height: int, width: int, focal_px: float = 300.0) -> Intrinsics:
    return Intrinsics.from_focal((width, height), focal_px)


def rays(camera: Intrinsics) -> np.ndarray:
    """(H, W, 3) viewing rays with z = 1."""
    v, u = np.mgrid[: camera.height, : camera.width].astype(float)
    return np.dstack([(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, np.ones_like(u)])


def ball(camera: Intrinsics, centre_mm=(0.0, 0.0, 600.0), radius_mm=90.0) -> np.ndarray:
    """(H, W) depth of a ball, NaN beside it: the nearer root of |t ray - centre| = radius."""
    ray, centre = rays(camera), np.asarray(centre_mm)
    a, b = (ray**2).sum(-1), ray @ centre
    root = b**2 - a * (centre @ centre - radius_mm**2)
    return np.where(root > 0, (b - np.sqrt(np.maximum(root, 0))) / a, np.nan)


def plane(camera: Intrinsics, depth_mm=600.0, slope_x=0.0, slope_y=0.0) -> np.ndarray:
    """(H, W) depth of the plane z = depth_mm + slope_x * x + slope_y * y."""
    ray = rays(camera)
    return depth_mm / (1 - slope_x * ray[..., 0] - slope_y * ray[..., 1])


def noise(shape, sigma, seed=7):
    return np.random.default_rng(seed).normal(scale=sigma, size=shape)


def strands_before_a_wall(camera: Intrinsics, wall_mm=2500.0) -> tuple[np.ndarray, np.ndarray]:
    """A ball with thin strands of hair round it before a wall: depth (H, W) in mm, and True on ball and strands."""
    head = ball(camera)
    person = np.isfinite(head)
    v, u = np.mgrid[: camera.height, : camera.width]
    away = np.hypot(u - camera.cx, v - camera.cy)
    turn = np.degrees(np.arctan2(v - camera.cy, u - camera.cx)) % 12
    person |= (turn * np.radians(1) * away < 2) & (away < 1.25 * camera.fx * 90 / 600)  # two pixels wide
    return np.where(person, np.where(np.isfinite(head), head, 600.0), wall_mm), person


CAMERA_160 = camera_of(120, 160, 400)
CAMERA_220 = camera_of(160, 220, 500)


def ball_depth_map() -> DepthMap:
    """A ball in mm as an estimator finds it, on a grid of 220 x 160 pixels."""
    depth = ball(CAMERA_220).astype(np.float32)
    return DepthMap(depth, CAMERA_220, "mm", np.isfinite(depth).astype(np.float32), {"faces": 1, "advice": None})


def cloud_of(depth, camera=CAMERA_160, unit="mm"):
    shape = depth.shape
    gray = np.arange(depth.size, dtype=np.uint8).reshape(shape)
    return PointCloud(
        depth=depth.astype(np.float32),
        camera=camera,
        unit=unit,
        gray=gray,
        rgb=np.repeat(gray[..., None], 3, -1),
        confidence=np.full(shape, 200, np.uint8),
        classes=np.where(np.isfinite(depth), PointClass.SKIN, PointClass.BACKGROUND).astype(np.uint8),
        joined_ratio=joined_ratio(camera, unit),
    )
