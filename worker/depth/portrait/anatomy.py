"""Where the rest of a person lies round a head whose pose is known: skull, neck, shoulders.

All lengths are those of a head of mean size.
Source: Gordon et al., 2012 Anthropometric Survey of U.S. Army Personnel (head length 199, breadth 154, tragion to top
131 mm).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from shared.cloud.camera import Intrinsics
from worker.person.face import Pose


@dataclass(frozen=True)
class SkullSettings:
    """The skull as an ellipsoid in the head's axes (right to left, down, back)."""

    # Its middle, from the middle between the eyes; set by hand.
    from_eyes_mm: tuple[float, float, float] = (0.0, -25.0, 95.0)
    # Half of breadth, height, length; the first and the last from the survey.
    half_axes_mm: tuple[float, float, float] = (77.0, 115.0, 99.0)
    most_rim_tilt_mm: float = 40.0  # what its outline lies before or behind its middle at the most; set by hand
    bulge: float = 4.7  # minus the Laplacian of w, mm^2 per mm^2: 2 b^2 (1 / a^2 + 1 / h^2) of the ellipsoid
    # What stands further off, brims and hair, is flatter: from where to where, in half-axes; set by hand on photos.
    stands_off: tuple[float, float] = (1.15, 1.6)


@dataclass(frozen=True)
class TrunkSettings:
    """Neck and shoulders, upright in the picture; heights in mm below the middle of the skull."""

    neck_behind_mm: float = 35.0  # its axis, behind the middle of the skull; tuned on rendered ICT-FaceKit heads h0-h7
    shoulders_behind_mm: float = 5.0  # their line, likewise; tuned on the same heads
    neck_mm: tuple[float, float] = (50.0, 140.0)  # where skull turns into neck; set by hand
    shoulders_mm: tuple[float, float] = (110.0, 300.0)  # where neck turns into shoulders; set by hand
    pitch_share: float = 0.3  # of the head's pitch: how far the trunk leans with it; set by hand, on photos
    most_pitch_deg: float = 40.0  # a pitch beyond it is not followed; set by hand
    lean_mm: float = 220.0  # the lean goes no deeper than that; set by hand
    neck_bulge: float = 2.0  # minus the Laplacian of w, mm^2 per mm^2; of a cylinder
    shoulders_bulge: float = 1.0  # the same; flatter than a cylinder, set by hand
    chest_mm: float = 95.0  # the surface stands at most so far before the line of the shoulders; set by hand
    break_mm: tuple[float, float] = (40.0, 100.0)  # from where to where the slope may break more: the jaw; set by hand
    # The outline is rounded off, else its last pixels fall away as spikes; chosen with all rendered heads in view,
    # h0-h23, so that none of them tells how well it was chosen.
    softness_mm: float = 14.0


@dataclass(frozen=True)
class EllipseSettings:
    """Where head and shoulders are cut out, from the middle of the skull. Set by hand, no data is recorded."""

    half_width_mm: float = 300.0
    above_mm: float = 260.0
    below_mm: float = 340.0


SKULL, TRUNK, ELLIPSE = SkullSettings(), TrunkSettings(), EllipseSettings()


@dataclass(frozen=True)
class SkullFrame:
    """A pixel grid as seen from the middle of a skull.

    pose: of the head.
    middle: (3,) mm, of the skull in the camera frame.
    right, down: (H, W) mm, how far each pixel lies from it in the picture, at its depth.
    """

    pose: Pose
    middle: np.ndarray
    right: np.ndarray
    down: np.ndarray


@dataclass(frozen=True)
class Trunk:
    """What the surface of a person tends to, on a pixel grid.

    rim: (H, W) mm, depth where the surface turns away.
    bulge: (H, W), minus the Laplacian of w (mm^2 per mm^2).
    screening: (H, W), 1 / mm^2, and smoothness: (H, W) 0 to 1; see `inflate`.
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

    def nearer(self, by_mm: np.ndarray) -> Trunk:
        """The same with a rim that lies (H, W) mm nearer to the camera."""
        return replace(self, rim=self.rim - by_mm)


def skull_frame(pose: Pose, camera: Intrinsics) -> SkullFrame:
    """The grid of a camera, from the middle of a head's skull."""
    middle = pose.eyes + pose.axes @ SKULL.from_eyes_mm
    v, u = np.mgrid[: camera.height, : camera.width].astype(float)
    right = (u - camera.cx) * middle[2] / camera.fx - middle[0]
    return SkullFrame(pose, middle, right, (v - camera.cy) * middle[2] / camera.fy - middle[1])


def trunk_of(frame: SkullFrame) -> Trunk:
    """Rim, bulge and smoothness for a head's pose; the trunk stands upright in the picture."""
    neck = smoothstep(frame.down, *TRUNK.neck_mm)
    shoulders = smoothstep(frame.down, *TRUNK.shoulders_mm)
    head = mix(SKULL.bulge, TRUNK.shoulders_bulge, _off_the_skull(frame))
    bulge = mix(mix(head, TRUNK.neck_bulge, neck), TRUNK.shoulders_bulge, shoulders)
    return Trunk(
        rim=mix(_skull_rim(frame), _trunk_rim(frame, shoulders), neck),
        bulge=bulge,
        screening=shoulders * TRUNK.shoulders_bulge / TRUNK.chest_mm**2,
        smoothness=1 - smoothstep(frame.down, *TRUNK.break_mm),
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


def _off_the_skull(frame: SkullFrame) -> np.ndarray:
    """(H, W) 0 on the skull, 1 on what stands off it, such as a hat's brim."""
    half_width, half_height, half_length = SKULL.half_axes_mm
    across = abs(frame.pose.axes[0, 0]) * half_width + abs(frame.pose.axes[0, 2]) * half_length  # as the head turns
    return smoothstep(np.hypot(frame.right / across, frame.down / half_height), *SKULL.stands_off)


def _skull_rim(frame: SkullFrame) -> np.ndarray:
    """Depth of the plane in which an ellipsoid's outline lies, as a camera near it sees it.

    Where rays from the camera at 0 touch (p - m)' A (p - m) = 1, m' A (p - m) = -1 holds: the polar plane.
    """
    form = frame.pose.axes @ np.diag(1 / np.array(SKULL.half_axes_mm) ** 2) @ frame.pose.axes.T
    normal = form @ frame.middle
    tilt = -(normal[0] * frame.right + normal[1] * frame.down + 1) / normal[2]
    return frame.middle[2] + np.clip(tilt, -SKULL.most_rim_tilt_mm, SKULL.most_rim_tilt_mm)


def _trunk_rim(frame: SkullFrame, shoulders: np.ndarray) -> np.ndarray:
    """Depth of the neck's axis and the line of the shoulders, which lean with the head."""
    pitch = np.radians(np.clip(frame.pose.pitch_deg, -TRUNK.most_pitch_deg, TRUNK.most_pitch_deg))
    lean = -np.tan(pitch) * TRUNK.pitch_share * TRUNK.lean_mm * np.tanh(frame.down / TRUNK.lean_mm)
    further = (TRUNK.shoulders_behind_mm - TRUNK.neck_behind_mm) * shoulders
    return frame.middle[2] + TRUNK.neck_behind_mm + further + lean
