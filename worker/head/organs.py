"""Eyes, teeth and tongue as parts with textures of their own."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy import ndimage

from shared.cloud.camera import project
from worker.head.model.head_model import HeadModel, Part
from worker.head.view import HeadView
from worker.person.landmarks import LANDMARKS


@dataclass(frozen=True)
class EyeSettings:
    """Of an eyeball's texture, whose middle is the pupil; sizes as shares of the island's half width."""

    size_px: int = 256  # of each eye
    iris: float = 0.40
    pupil: float = 0.15
    limbus: float = 0.05  # over which the iris goes over into the white
    colourful: float = 25.0  # between the largest and the least of red, green, blue in the skin of a colour photo
    dark_rim: float = 0.35  # how much darker the iris is at its border


EYES = EyeSettings()
WHITE = np.array([226.0, 220.0, 214.0])
BROWN = np.array([92.0, 66.0, 48.0])
TEETH = np.array([228, 219, 202], np.uint8)
TONGUE = np.array([176, 96, 92], np.uint8)
PLAIN_PX = 8  # of a texture of one colour


@dataclass(frozen=True)
class Cut:
    """A part of the model by itself.

    vertices: (V,) int, of the model, of each of its places; triangles: (T, 3) over them; uv: (V, 2) as the model's.
    """

    vertices: np.ndarray
    triangles: np.ndarray
    uv: np.ndarray

    @classmethod
    def of(cls, model: HeadModel, part: Part) -> Cut:
        """Take a part out."""
        own = model.part[model.triangles[:, 0]] == part
        places, triangles = np.unique(model.uv_triangles[own], return_inverse=True)
        return cls(model.uv_vertex[places], triangles.reshape(-1, 3), model.uv[places])

    @property
    def box(self) -> tuple[np.ndarray, np.ndarray]:
        """Lowest and highest places in the texture."""
        return self.uv.min(0), self.uv.max(0)


def eye_texture(view: HeadView, face: np.ndarray) -> np.ndarray:
    """(size, 2 size, 3) uint8, the right eye and then the left one, whites and irises in the photo's colours."""
    size = EYES.size_px
    v, u = np.mgrid[:size, :size]
    radius = np.hypot(u - (size - 1) / 2, v - (size - 1) / 2) / (size / 2)
    eyes = [_one_eye(radius, *_colours(view, face, rim)) for rim in (LANDMARKS.right_eye_rim, LANDMARKS.left_eye_rim)]
    return np.clip(np.rint(np.hstack(eyes)), 0, 255).astype(np.uint8)


def _one_eye(radius: np.ndarray, white: np.ndarray, iris: np.ndarray) -> np.ndarray:
    """(h, w, 3) float of an eye whose pupil is at radius 0."""
    within = np.clip((EYES.iris - radius) / EYES.limbus + 0.5, 0, 1)[..., None]
    pupil = np.clip((EYES.pupil - radius) / (EYES.limbus / 2) + 0.5, 0, 1)[..., None]
    ring = np.clip((radius - EYES.pupil) / (EYES.iris - EYES.pupil), 0, 1)[..., None] ** 3
    coloured = iris * (1 - EYES.dark_rim * ring)
    return white + within * (coloured - white) + pupil * (12.0 - (white + within * (coloured - white)))


def _colours(view: HeadView, face: np.ndarray, rim: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Colours (3,) of the white and of the iris between two lids of the photo."""
    outline = view.in_photo(project(face[list(rim)], view.camera))
    height, width = view.pixels.shape[:2]
    low = np.clip(np.floor(outline.min(0)).astype(int) - 2, 0, [width, height])
    high = np.clip(np.ceil(outline.max(0)).astype(int) + 3, 0, [width, height])
    pixels = view.pixels[low[1] : high[1], low[0] : high[0]]
    inside = np.zeros(pixels.shape[:2], np.uint8)
    if inside.size:
        cv2.fillPoly(inside, [np.rint(outline).astype(np.int32) - low.astype(np.int32)], 1)
    inner = ndimage.binary_erosion(inside)
    colours = pixels[inner if inner.sum() >= 12 else inside > 0].astype(float)
    if len(colours) < 12:
        return WHITE, BROWN
    bright = colours.mean(1)
    white = colours[bright >= np.percentile(bright, 80)].mean(0)
    dark = colours[(bright <= np.percentile(bright, 45)) & (bright >= np.percentile(bright, 10))].mean(0)
    white = 0.5 * white + 0.5 * WHITE * min(1.0, max(0.55, float(white.mean()) / float(WHITE.mean()) + 0.1))
    return white, 0.7 * dark + 0.3 * BROWN


def plain(colour: np.ndarray) -> np.ndarray:
    """A texture of one colour."""
    return np.broadcast_to(colour, (PLAIN_PX, PLAIN_PX, 3)).copy()


def toned(texture: np.ndarray, skin: np.ndarray) -> np.ndarray:
    """A texture (h, w, 3) uint8 with as little colour as that of the skin has: grey in a grey photo."""
    spread = float(np.ptp(skin[::8, ::8].reshape(-1, 3).astype(float), axis=1).mean())
    share = min(1.0, spread / EYES.colourful)
    gray = texture.mean(2, keepdims=True)
    return np.clip(np.rint(gray + share * (texture - gray)), 0, 255).astype(np.uint8)
