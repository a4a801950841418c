"""The rest of the person: hair, ears, neck and shoulders, behind and beside a face whose depth is known.

The surface is written as depth = rim - sqrt(w). `rim` is the depth at which the surface turns away from the camera: the
middle of the skull, the axis of the neck, the line of the shoulders. w is 0 on the silhouette and rises inside it: for
an ellipsoid seen from afar w has a constant Laplacian, so w is found from Poisson's equation between the face, where it
is known, and the silhouette. Skulls come out round, necks as cylinders, and nothing ends in a flat rubber sheet.
Source: Johnston, Lumo: Illumination for Cel Animation, 2002, for the idea; lengths from Gordon et al., 2012
Anthropometric Survey of U.S. Army Personnel (head length 199, breadth 154, tragion to top 131 mm).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy import ndimage

from shared.cloud.camera import Intrinsics
from worker.depth.portrait.grid import inflate, relaxed
from worker.person.pose import Pose

SKULL_FROM_EYES_MM = np.array([0.0, -25.0, 95.0])  # its middle, in the head's axes
SKULL_AXES_MM = np.array([77.0, 115.0, 99.0])  # half of breadth, height, length
MAX_RIM_TILT_MM = 40.0
NECK_BEHIND_MM, SHOULDERS_BEHIND_MM = 35.0, 5.0  # behind the middle of the skull, upright
NECK_FROM_MM, NECK_TO_MM = 50.0, 140.0  # below the middle of the skull: where skull turns into neck
SHOULDERS_FROM_MM, SHOULDERS_TO_MM = 110.0, 300.0
TRUNK_TILT = 0.6  # how much of the head's pitch the trunk takes part in
LEAN_MM = 220.0  # the lean of the trunk goes no deeper than that
SKULL_BULGE, NECK_BULGE, SHOULDERS_BULGE = 4.7, 2.0, 1.0  # -Laplacian of w: b^2 (1/a^2 + 1/h^2) * 2 of each
CHEST_MM = 95.0  # the trunk's surface stands at most so far before the line of the shoulders
BREAK_FROM_MM, BREAK_TO_MM = 40.0, 100.0  # below the middle of the skull the slope may break: the jaw
JAW_SMOOTHNESS = 0.25
SOFTNESS_MM = 8.0  # the outline is rounded off: without it the last pixels before the silhouette fall away as spikes
HEAD_WIDTH_MM, BUST_WIDTH_MM = 170.0, 300.0  # half of what may belong to a person: at the head; at the shoulders
WIDENS_FROM_MM, WIDENS_TO_MM = 40.0, 150.0  # below the middle of the skull
PLAIN_HEAD_MM, PLAIN_TOP_MM, HEAD_ROUND_FROM_MM = 95.0, 125.0, 30.0  # half width; height and start of its round top
SLOPE_FROM_MM, SLOPE_TO_MM = 60.0, 200.0  # below the middle of the skull: where a plain head's shoulders slope down
TOUCH_MM = 25.0  # a silhouette that comes so near the widest head allowed holds something else
BUST_BELOW_MM, BUST_HEIGHT_MM = 80.0, 260.0  # the bust ends in an ellipse, from there down
CELL_MM = 4.0
FACE_RIM_MM = 4.0  # the outermost part of the face mesh, where the landmarks are least sure, gives way
BLEND_MM = 7.0  # further in, the coarse solution turns into the face itself
FLOOR, FLOOR_SOFTNESS_MM = 0.6, 20.0  # a slope that goes on from the face takes w no lower than this share of a plain w
FINE_ROUNDS = 24


@dataclass(frozen=True)
class Trunk:
    """What the surface of a person tends to, on a pixel grid.

    rim: (H, W) mm, depth where the surface turns away.
    bulge: (H, W), minus the Laplacian of w (mm^2 per mm^2).
    screening: (H, W), 1 / mm^2, and smoothness: (H, W) 0 to 1; see `inflate`.
    """

    rim: np.ndarray
    bulge: np.ndarray
    screening: np.ndarray
    smoothness: np.ndarray

    def w_from_depth(self, depth: np.ndarray) -> np.ndarray:
        """w, mm^2, of a surface's depth; 0 behind the rim."""
        return (np.maximum(self.rim - depth, 0) + SOFTNESS_MM) ** 2 - SOFTNESS_MM**2

    def depth_from_w(self, w: np.ndarray) -> np.ndarray:
        """Depth, mm, of a surface's w."""
        return self.rim - np.sqrt(np.maximum(w, 0) + SOFTNESS_MM**2) + SOFTNESS_MM


def extend(face: np.ndarray, person: np.ndarray, camera: Intrinsics, pose: Pose) -> np.ndarray:
    """Depth of the whole person from the depth of the face.

    Args:
        face: (H, W) float mm, NaN outside the face.
        person: (H, W) bool, the silhouette; holds the face.
        camera: intrinsics of that grid.
        pose: of the head, mm, in the camera frame.
    Returns:
        (H, W) float64 mm, NaN outside the person.
    """
    pixel_mm = pose.eyes[2] / camera.fx
    person = _alone(person, pose, camera) | np.isfinite(face) & person
    body = _continued_down(person, pose, camera)
    shrink = max(1.0, CELL_MM / pixel_mm)
    size_wh = max(8, round(camera.width / shrink)), max(8, round(camera.height / shrink))
    coarse = camera.resized(size_wh)
    small_person = cv2.resize(body.astype(np.float32), size_wh, interpolation=cv2.INTER_AREA) >= 0.5
    small_face = _shrunk(face, size_wh)
    trunk = trunk_of(pose, coarse)
    cell_mm = pose.eyes[2] / coarse.fx
    sure = _eroded(np.isfinite(small_face), small_person, FACE_RIM_MM / cell_mm)
    small_person = small_person | sure
    known = np.where(sure, trunk.w_from_depth(small_face), np.nan)
    curvature, screening = -trunk.bulge * cell_mm**2, trunk.screening * cell_mm**2
    smooth = inflate(small_person, known, curvature, screening, trunk.smoothness)
    plain = inflate(small_person, known, curvature, screening, np.zeros_like(smooth))
    w = np.where(sure, smooth, _soft_maximum(smooth, FLOOR * plain, FLOOR_SOFTNESS_MM**2))
    depth = _fine(w, face, body, trunk_of(pose, camera), pixel_mm)
    return np.where(person & (bust_of(pose, camera) | np.isfinite(face)), depth, np.nan)


def trunk_of(pose: Pose, camera: Intrinsics) -> Trunk:
    """Rim, bulge and smoothness for a head's pose; the trunk stands upright in the picture."""
    middle, right, down = _from_skull(pose, camera)
    neck = smoothstep(down, NECK_FROM_MM, NECK_TO_MM)
    shoulders = smoothstep(down, SHOULDERS_FROM_MM, SHOULDERS_TO_MM)
    lean = -np.tan(np.radians(np.clip(pose.pitch_deg, -40, 40))) * TRUNK_TILT * LEAN_MM * np.tanh(down / LEAN_MM)
    trunk = middle[2] + NECK_BEHIND_MM + (SHOULDERS_BEHIND_MM - NECK_BEHIND_MM) * shoulders + lean
    rim = _mix(_skull_rim(pose, middle, right, down), trunk, neck)
    bulge = _mix(_mix(SKULL_BULGE, NECK_BULGE, neck), SHOULDERS_BULGE, shoulders)
    screening = shoulders * SHOULDERS_BULGE / CHEST_MM**2
    smoothness = _mix(1.0, JAW_SMOOTHNESS, smoothstep(down, BREAK_FROM_MM, BREAK_TO_MM))
    return Trunk(rim, bulge, screening, smoothness)


def bust_of(pose: Pose, camera: Intrinsics) -> np.ndarray:
    """(H, W) bool: what is near enough to a head to be its hair, neck and shoulders."""
    _, right, down = _from_skull(pose, camera)
    width = _mix(HEAD_WIDTH_MM, BUST_WIDTH_MM, smoothstep(down, WIDENS_FROM_MM, WIDENS_TO_MM))
    low = np.maximum(down - BUST_BELOW_MM, 0) / BUST_HEIGHT_MM
    return (right / width) ** 2 + low**2 <= 1


def smoothstep(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """0 below `low`, 1 above `high`, between them smooth up to the second derivative, which shading shows."""
    t = np.clip((values - low) / (high - low), 0, 1)
    return t**3 * (10 + t * (6 * t - 15))


def _from_skull(pose: Pose, camera: Intrinsics) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The middle of the skull (3,) in mm, and how far right and down of it each pixel lies, (H, W) mm at its depth."""
    middle = pose.eyes + pose.axes @ SKULL_FROM_EYES_MM
    v, u = np.mgrid[: camera.height, : camera.width].astype(float)
    right = (u - camera.cx) * middle[2] / camera.fx - middle[0]
    return middle, right, (v - camera.cy) * middle[2] / camera.fy - middle[1]


def _continued_down(person: np.ndarray, pose: Pose, camera: Intrinsics) -> np.ndarray:
    """The silhouette, its trunk going on to the picture's lower border: where a body ends below, something cuts it."""
    _, _, down = _from_skull(pose, camera)
    trunk = person & (down > NECK_TO_MM)
    return person | np.logical_or.accumulate(trunk, axis=0)


def _alone(person: np.ndarray, pose: Pose, camera: Intrinsics) -> np.ndarray:
    """The silhouette without people and things that touch the head: where it is too wide, a plain head is cut out."""
    _, right, down = _from_skull(pose, camera)
    rise = np.maximum(-down - HEAD_ROUND_FROM_MM, 0) / PLAIN_TOP_MM
    plain = PLAIN_HEAD_MM * np.sqrt(np.maximum(1 - rise**2, 0))
    widened = _mix(plain, BUST_WIDTH_MM, smoothstep(down, SLOPE_FROM_MM, SLOPE_TO_MM))
    kept = person.copy()
    for side in (right, -right):
        touching = (person & (side > HEAD_WIDTH_MM - TOUCH_MM) & (side < HEAD_WIDTH_MM) & (down < WIDENS_FROM_MM)).any(
            1
        )
        above = ndimage.binary_dilation(touching, iterations=max(1, round(TOUCH_MM * camera.fy / pose.eyes[2])))
        rows = np.logical_or.accumulate(above)
        kept &= ~(rows[:, None] & (side > widened))
    return kept


def _skull_rim(pose: Pose, middle: np.ndarray, right: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Depth of the plane in which an ellipsoid's outline lies, as a camera near it sees it.

    Where rays from the camera at 0 touch (p - m)' A (p - m) = 1, m' A (p - m) = -1 holds: the polar plane.
    """
    form = pose.axes @ np.diag(1 / SKULL_AXES_MM**2) @ pose.axes.T
    normal = form @ middle
    tilt = -(normal[0] * right + normal[1] * down + 1) / normal[2]
    return middle[2] + np.clip(tilt, -MAX_RIM_TILT_MM, MAX_RIM_TILT_MM)


def _fine(w: np.ndarray, face: np.ndarray, person: np.ndarray, trunk: Trunk, pixel_mm: float) -> np.ndarray:
    """Depth on the photo's grid from the coarse w; the face itself keeps its fine depth."""
    height, width = face.shape
    fine = cv2.resize(w.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    fine = cv2.GaussianBlur(fine, (0, 0), max(0.5, 0.6 * CELL_MM / pixel_mm))
    there = np.isfinite(face)
    inside = _eroded(there, person, 0)
    weight = smoothstep(
        ndimage.distance_transform_edt(inside) * pixel_mm, FACE_RIM_MM + CELL_MM, FACE_RIM_MM + CELL_MM + BLEND_MM
    )
    exact = trunk.w_from_depth(np.where(there, face, trunk.rim))
    fine = weight * exact + (1 - weight) * fine
    curvature = (-trunk.bulge * pixel_mm**2).astype(np.float32)
    near_rim = ndimage.distance_transform_edt(person) <= 2 * CELL_MM / pixel_mm
    fine = relaxed(fine, person, ~near_rim | (weight > 0), curvature, FINE_ROUNDS)
    depth = trunk.depth_from_w(fine)
    exactly = weight >= 1
    depth[exactly] = face[exactly]
    return np.where(person, depth, np.nan)


def _shrunk(face: np.ndarray, size_wh: tuple[int, int]) -> np.ndarray:
    """A depth map on a coarser grid: the mean of what each cell holds, NaN where that is less than half of it."""
    there = np.isfinite(face)
    share = cv2.resize(there.astype(np.float32), size_wh, interpolation=cv2.INTER_AREA)
    total = cv2.resize(np.where(there, face, 0).astype(np.float32), size_wh, interpolation=cv2.INTER_AREA)
    return np.where(share >= 0.5, total / np.maximum(share, 1e-6), np.nan)


def _eroded(face: np.ndarray, person: np.ndarray, distance_px: float) -> np.ndarray:
    """The face without its edge towards the rest of the person; towards the background it stays whole."""
    return face & (ndimage.distance_transform_edt(face | ~person) > distance_px)


def _soft_maximum(first: np.ndarray, second: np.ndarray, softness: float) -> np.ndarray:
    """The larger of two, without a crease where they cross, and a little above where they meet."""
    return (first + second + np.sqrt((first - second) ** 2 + softness**2)) / 2


def _mix(first: np.ndarray | float, second: np.ndarray | float, share: np.ndarray) -> np.ndarray:
    return first * (1 - share) + second * share
