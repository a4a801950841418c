"""The depth map of a bald head before a camera, rendered from the head model, with the head as it was fitted."""

from dataclasses import replace

import numpy as np

from shared.cloud.camera import Intrinsics, project
from shared.cloud.classes import PointClass
from worker.depth.estimator import DepthMap
from worker.geometry.raster import rasterise
from worker.head.fit.fit import seen_landmarks
from worker.head.fit.head_fit import HeadFit
from worker.head.model.head_model import Part
from worker.head.model.load import head_model
from worker.person.person import Person

CAMERA = Intrinsics.from_focal((120, 160), 260.0)
DISTANCE_MM = 620.0
REPORT = {"face_found": True, "silhouette_found": True, "scale": {"source": "irises", "pupil_distance_mm": 63.0}}


def turned(yaw_deg: float) -> np.ndarray:
    """The rotation of a head whose face looks to the right of the photo by an angle."""
    yaw = np.radians(yaw_deg)
    return np.array([[np.cos(yaw), 0, -np.sin(yaw)], [0, 1, 0], [np.sin(yaw), 0, np.cos(yaw)]])


def fitted(yaw_deg: float = 0.0, expression: dict[str, float] | None = None) -> HeadFit:
    """The head model's mean, before the camera, with landmarks where the network sees them in photos."""
    model = head_model()
    weights = np.array([(expression or {}).get(name, 0.0) for name in model.expression_names], np.float32)
    shift, rotation = np.array([0, -20, DISTANCE_MM]), turned(yaw_deg)
    neutral = HeadFit(rotation, shift, 1.0, np.zeros(len(model.modes)), weights, np.zeros((468, 3)), 1.25)
    return replace(neutral, landmarks_mm=seen_landmarks(neutral, model))


def head_depth_map(yaw_deg: float = 0.0, expression: dict[str, float] | None = None) -> DepthMap:
    """What a camera sees of it, all skin down to the chest."""
    model, fit = head_model(), fitted(yaw_deg, expression)
    vertices = fit.vertices(model)
    corners = np.column_stack([project(vertices, CAMERA), vertices[:, 2]])
    skin = model.triangles[model.part[model.triangles[:, 0]] != Part.TONGUE]
    depth = rasterise(corners, skin, (CAMERA.height, CAMERA.width)).astype(np.float32)
    seen = np.isfinite(depth)
    classes = np.where(seen, np.uint8(PointClass.SKIN), np.uint8(PointClass.BACKGROUND))
    person = Person(seen.astype(np.float32), classes, outline_found=True)
    return DepthMap(depth, CAMERA, "mm", seen.astype(np.float32), dict(REPORT), person, head=fit)


def pixels_of(depth_map: DepthMap) -> np.ndarray:
    """A photo of it at twice the size, (2 H, 2 W, 3) uint8: skin before blue."""
    pixels = np.where(depth_map.mask[..., None], (205, 160, 135), (40, 60, 160)).astype(np.uint8)
    return pixels.repeat(2, 0).repeat(2, 1)
