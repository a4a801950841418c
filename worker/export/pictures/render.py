"""A textured triangle mesh as a picture, drawn by OpenCV's rasteriser."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from worker.geometry.rotation import rotation

EDGE = 0.02  # of the height of the picture: where depth jumps by more, colours are mixed, so that no steps are seen
GROUND = 10  # brightness of the empty picture, which is the page's own black; nothing is drawn darker
LAMP = np.array([-0.5, 0.6, 0.62], np.float32)  # where it stands, seen from the viewer
AMBIENT, FRONT_SHARE, LAMP_SHARE = 0.42, 0.3, 0.36  # chosen by eye: relief is seen, and faces keep their colours
INSIDE = 0.1  # light on what is seen from behind
DISTANCE = 6.0  # of the viewer, in heights of the picture: nearly parallel rays


@dataclass(frozen=True)
class Surface:
    """A mesh to draw: x right, y up, z to the viewer.

    vertices: (N, 3) float32, any length unit; normals: (N, 3) float32, of unit length.
    triangles: (T, 3) int32, counterclockwise seen from outside.
    uv: (N, 2) float32, where the vertices lie in the texture: 0..1 from left to right, and from bottom to top.
    texture: (h, w, 3) uint8.
    closed: True where no inside can be seen, so that it need not be drawn.
    """

    vertices: np.ndarray
    normals: np.ndarray
    triangles: np.ndarray
    uv: np.ndarray
    texture: np.ndarray
    closed: bool = False


@dataclass(frozen=True)
class View:
    """Where a mesh is seen from: it is turned about the vertical through `middle`, then about the picture's horizontal.

    middle: (3,) what is in the middle of the picture; span: how much of it is seen from top to bottom; both in the
    mesh's unit.
    """

    yaw_deg: float
    middle: np.ndarray
    span: float
    size_wh: tuple[int, int]
    pitch_deg: float = 0.0

    @property
    def rotation(self) -> np.ndarray:
        """(3, 3), the mesh's frame to the viewer's."""
        return rotation(self.yaw_deg, self.pitch_deg).astype(np.float32)

    @property
    def pose(self) -> np.ndarray:
        """(4, 4), the mesh's frame to that of a viewer who looks along -z."""
        pose = np.eye(4, dtype=np.float32)
        pose[:3, :3] = self.rotation
        pose[:3, 3] = -self.rotation @ self.middle - [0, 0, DISTANCE * self.span]
        return pose


def rendered(surface: Surface, view: View) -> np.ndarray:
    """Draw a surface with its texture, under a lamp and a light from the viewer: (height, width, 3) uint8."""
    columns, rows = view.size_wh
    values = np.zeros((rows, columns, 3), np.float32)  # of each pixel: u, v, light
    near = np.full((rows, columns), 2 * DISTANCE * view.span, np.float32)
    light = _light(surface.normals @ view.rotation.T)
    _draw(surface, view, light, cv2.RASTERIZE_CULLING_CW, values, near)
    if not surface.closed:
        _draw(surface, view, np.full_like(light, INSIDE), cv2.RASTERIZE_CULLING_CCW, values, near)
    u, v, light = cv2.split(values)
    height, width = surface.texture.shape[:2]
    own = cv2.remap(surface.texture, u * width - 0.5, (1 - v) * height - 0.5, cv2.INTER_LINEAR)
    shade = cv2.cvtColor(cv2.convertScaleAbs(light, alpha=255), cv2.COLOR_GRAY2RGB)
    lit = np.maximum(cv2.multiply(own, shade, scale=1 / 255), np.uint8(GROUND))
    return _smooth_at_edges(lit, near, EDGE * view.span)


def _smooth_at_edges(picture: np.ndarray, depth: np.ndarray, step: float) -> np.ndarray:
    """A picture (H, W, 3), blurred where its depths (H, W) jump: cheaper than to draw it larger than it is shown."""
    around = np.ones((3, 3), np.uint8)
    jumps = (cv2.dilate(depth, around) - cv2.erode(depth, around) > step).astype(np.uint8)
    return np.asarray(cv2.copyTo(cv2.GaussianBlur(picture, (3, 3), 0), jumps, picture))


def _draw(surface: Surface, view: View, light: np.ndarray, culled: int, values: np.ndarray, near: np.ndarray) -> None:
    """Draw what faces the viewer, or what does not, into values (H, W, 3) and a depth buffer (H, W)."""
    if not len(surface.triangles):
        return  # which OpenCV refuses
    settings = cv2.TriangleRasterizeSettings()
    settings.setCullingMode(culled)
    settings.setShadingType(cv2.RASTERIZE_SHADING_SHADED)
    opening, far = 2 * np.arctan(0.5 / DISTANCE), 2 * DISTANCE * view.span
    corners = np.column_stack([surface.uv, light]).astype(np.float32)
    cv2.triangleRasterize(
        surface.vertices, surface.triangles, corners, values, near, view.pose, opening, view.span, far, settings
    )


def _light(normals: np.ndarray) -> np.ndarray:
    """(N,) brightness, 0 to about 1, of a matt surface."""
    front, lamp = normals[:, 2].clip(0, 1), (normals @ (LAMP / np.linalg.norm(LAMP))).clip(0, 1)
    return np.asarray(AMBIENT + FRONT_SHARE * front + LAMP_SHARE * lamp)
