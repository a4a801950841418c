"""What the surface of a person tends to beyond the head: where it turns away, and how round it is.

All lengths are those of a head of mean size.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from shared.cloud.camera import Intrinsics
from worker.box import Box
from worker.geometry.fuse.membrane import continued_correction
from worker.head.surface import Seen
from worker.person.face import Pose


@dataclass(frozen=True)
class TrunkSettings:
    """Neck and shoulders, upright in the picture; heights in mm below the middle of the skull. Set by hand."""

    skull_from_eyes_mm: tuple[float, float, float] = (0.0, -25.0, 95.0)  # its middle, in the head's axes
    shoulders_mm: tuple[float, float] = (110.0, 300.0)  # where neck turns into shoulders
    bulge: float = 2.0  # minus the Laplacian of w, mm^2 per mm^2; of a cylinder: long hair, brims, the neck
    shoulders_bulge: float = 1.0  # the same; flatter than a cylinder
    chest_mm: float = 95.0  # the surface stands at most so far before the line of the shoulders
    break_mm: tuple[float, float] = (40.0, 100.0)  # from where to where the slope may break more: the jaw
    # The outline is rounded off, else its last pixels fall away as spikes; chosen with all rendered heads in view,
    # h0-h23, so that none of them tells how well it was chosen.
    softness_mm: float = 14.0
    rim_reach_mm: float = 400.0  # how far from the head's contour its depth is that of the person's outline
    rim_cell_mm: float = 8.0  # of the grid on which that is solved for
    rim_even_mm: float = 20.0  # sigma of what is smoothed away of it
    rim_certain: float = 0.1  # of the densest contour points: from there on a rim is fully known


@dataclass(frozen=True)
class EllipseSettings:
    """Where head and shoulders are cut out, from the middle of the skull. Set by hand, no data is recorded."""

    half_width_mm: float = 300.0
    above_mm: float = 260.0
    below_mm: float = 340.0


TRUNK, ELLIPSE = TrunkSettings(), EllipseSettings()


@dataclass(frozen=True)
class SkullFrame:
    """A pixel grid as seen from the middle of a skull.

    camera: of the grid.
    middle: (3,) mm, of the skull in the camera frame.
    right: (1, W) mm, and down: (H, 1) mm, how far each pixel lies from it in the picture, at its depth.
    """

    camera: Intrinsics
    middle: np.ndarray
    right: np.ndarray
    down: np.ndarray

    @property
    def pixel_mm(self) -> float:
        """Width of a pixel at the skull's depth."""
        return float(self.middle[2]) / self.camera.fx


@dataclass(frozen=True)
class Trunk:
    """What the surface of a person tends to, on a pixel grid.

    rim: (H, W) mm, depth where the surface turns away.
    bulge: (H, 1), minus the Laplacian of w (mm^2 per mm^2).
    screening: (H, 1), 1 / mm^2, and smoothness: (H, 1) 0 to 1; see `inflate`.
    softness_mm: how far the outline is rounded off.
    """

    rim: np.ndarray
    bulge: np.ndarray
    screening: np.ndarray
    smoothness: np.ndarray
    softness_mm: float

    def w_from_depth(self, depth: np.ndarray) -> np.ndarray:
        """w, mm^2, of a surface's depth; 0 behind the rim."""
        return (np.maximum(self.rim - depth, 0) + self.softness_mm) ** 2 - self.softness_mm**2

    def depth_from_w(self, w: np.ndarray) -> np.ndarray:
        """Depth, mm, of a surface's w."""
        return self.rim - np.sqrt(np.maximum(w, 0) + self.softness_mm**2) + self.softness_mm

    def on(self, frame: SkullFrame, box: Box) -> Trunk:
        """The same on a part of another grid over the same picture; float32."""
        size_wh = frame.camera.width, frame.camera.height
        rim = cv2.resize(self.rim.astype(np.float32), size_wh, interpolation=cv2.INTER_LINEAR)
        return _trunk(box.of(rim), frame.down[box.top : box.bottom].astype(np.float32))


def skull_frame(pose: Pose, camera: Intrinsics) -> SkullFrame:
    """The grid of a camera, from the middle of a head's skull."""
    middle = pose.eyes + pose.axes @ TRUNK.skull_from_eyes_mm
    v, u = np.ogrid[: camera.height, : camera.width]
    right = (u - camera.cx) * middle[2] / camera.fx - middle[0]
    return SkullFrame(camera, middle, right, (v - camera.cy) * middle[2] / camera.fy - middle[1])


def trunk_of(frame: SkullFrame, head: Seen) -> Trunk:
    """Rim, bulge and smoothness round a head that was fitted; the trunk stands upright in the picture.

    Args:
        frame: the grid that is wanted.
        head: on any grid over the same picture.
    """
    return _trunk(_rim(frame, head), frame.down)


def _trunk(rim: np.ndarray, down: np.ndarray) -> Trunk:
    """The trunk with that rim (H, W) mm; down (H, 1) mm, how far each row lies below the middle of the skull."""
    shoulders = smoothstep(down, *TRUNK.shoulders_mm)
    return Trunk(
        rim=rim,
        bulge=mix(TRUNK.bulge, TRUNK.shoulders_bulge, shoulders),
        screening=shoulders * TRUNK.shoulders_bulge / TRUNK.chest_mm**2,
        smoothness=1 - smoothstep(down, *TRUNK.break_mm),
        softness_mm=TRUNK.softness_mm,
    )


def head_and_shoulders(frame: SkullFrame) -> np.ndarray:
    """(H, W) bool: inside of an ellipse round a head and its shoulders."""
    height = np.where(frame.down < 0, ELLIPSE.above_mm, ELLIPSE.below_mm)
    return (frame.right / ELLIPSE.half_width_mm) ** 2 + (frame.down / height) ** 2 <= 1


def smoothstep(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """0 below `low`, 1 above `high`, between them smooth up to the second derivative, which shading shows."""
    t = np.clip((values - low) / (high - low), 0, 1)
    return t**3 * (10 + t * (6 * t - 15))


def mix(first: np.ndarray | float, second: np.ndarray | float, share: np.ndarray) -> np.ndarray:
    """The first where the share is 0, the second where it is 1, linear between."""
    return first * (1 - share) + second * share


def _rim(frame: SkullFrame, head: Seen) -> np.ndarray:
    """(H, W) mm: the depth at which the head's surface turns away, continued over the picture."""
    camera = frame.camera
    size_hw = camera.height, camera.width
    scale_uv = np.array([camera.width / head.size_wh[0], camera.height / head.size_wh[1]])
    u, v = np.floor((head.rim_uv + 0.5) * scale_uv).astype(int).T
    inside = (u >= 0) & (v >= 0) & (u < camera.width) & (v < camera.height)
    cells = (v * camera.width + u)[inside]
    mean, pixels, cell_px = float(head.rim_mm.mean()), size_hw[0] * size_hw[1], TRUNK.rim_cell_mm / frame.pixel_mm
    # Spread by a cell, so that no gap lies between neighbours along the contour.
    count, total = (
        cv2.GaussianBlur(np.bincount(cells, values, pixels).reshape(size_hw), (0, 0), max(0.5, cell_px))
        for values in (np.ones(len(cells)), head.rim_mm[inside] - mean)
    )
    weight = np.clip(count / max(float(count.max()) * TRUNK.rim_certain, 1e-12), 0, 1)
    known = np.where(weight > TRUNK.rim_certain, total / np.maximum(count, 1e-12), 0)
    weight = np.where(weight > TRUNK.rim_certain, weight, 0)
    screening = (frame.pixel_mm / TRUNK.rim_reach_mm) ** 2
    rim = continued_correction(known, weight, 0.0, screening, np.ones(size_hw, bool), cell_px)
    return mean + cv2.GaussianBlur(rim, (0, 0), max(0.5, TRUNK.rim_even_mm / frame.pixel_mm))
