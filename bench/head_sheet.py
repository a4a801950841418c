"""`python -m bench.head_sheet [PHOTO...]`: whole heads from eight sides, from above and from below, on one picture.

A row holds a photo, ten views in the head's own textures, and below them the same ten in clay, a colour for each part.
Without photos: the portrait and some rendered heads. What is seen from behind, that is from inside, is magenta.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from bench.heads import heads
from bench.sheet import HEADS, tile_of
from shared.errors import PhotoError
from shared.head.head import HeadPart, PartName, WholeHead
from shared.options import DepthOptions
from shared.photo.decode import read_photo
from shared.settings import WeightsSettings
from stack.demo import PORTRAIT
from worker import pipeline
from worker.depth import registry
from worker.depth.estimator import Estimator, Photo
from worker.geometry.raster import fragments_of
from worker.geometry.rotation import rotation
from worker.head.meshes import vertex_normals

OUT = Path(__file__).parent.parent / "docs" / "heads.jpg"
TILE_PX = 150
OVERSAMPLED = 2
QUALITY = 80
WIDEST_MM = 560.0  # what a view shows at most, from top to bottom
MARGIN = 1.05
GROUND, INSIDE = 235.0, np.array([255.0, 0.0, 255.0])
CLAY: dict[PartName, tuple[int, int, int]] = {
    "skin": (214, 196, 182),
    "eyes": (240, 240, 240),
    "teeth": (250, 250, 240),
    "tongue": (200, 110, 110),
    "hair": (150, 130, 120),
    "clothes": (150, 165, 185),
}
KEY, FILL = np.array([-0.5, -0.6, -0.62]), np.array([0.7, -0.1, -0.5])  # where the lamps stand: x right, y down, z away


@dataclass(frozen=True)
class Side:
    """Where a head is seen from, in degrees: turned about the vertical, then about the picture's horizontal."""

    yaw: float
    pitch: float = 0.0

    @property
    def rotation(self) -> np.ndarray:
        """(3, 3) from the camera's frame to the viewer's."""
        return rotation(self.yaw, self.pitch)


SIDES = (*(Side(yaw) for yaw in (0, 45, 90, 135, 180, -135, -90, -45)), Side(0, 50), Side(0, -50))


@dataclass(frozen=True)
class Posed:
    """A part whose vertices lie at (N, 3) mm, with unit normals (N, 3), the same for vertices in one place."""

    part: HeadPart
    vertices: np.ndarray
    normals: np.ndarray

    @classmethod
    def of(cls, head: WholeHead, part: HeadPart) -> Posed:
        """A part in the photo's expression."""
        vertices = head.posed(part)
        _, first, place = np.unique(vertices, axis=0, return_index=True, return_inverse=True)
        place = place.ravel()
        return cls(part, vertices, vertex_normals(vertices[first].astype(float), place[part.triangles])[place])


class Canvas:
    """A picture with a depth buffer, in parallel rays; `middle` (3,) mm lies in its middle, `span` mm are in view."""

    def __init__(self, middle: np.ndarray, span: float, size_px: int) -> None:
        self._middle, self._size = middle, size_px * OVERSAMPLED
        self._scale = self._size / span
        self._near = np.full(self._size**2, np.inf)
        self._image = np.full((self._size**2, 3), GROUND)

    def draw(self, posed: Posed, side: Side, *, textured: bool) -> None:
        """Draw a part."""
        part = posed.part
        turned = (posed.vertices - self._middle) @ side.rotation.T
        screen = turned[:, :2] * self._scale + self._size / 2
        normals = posed.normals @ side.rotation.T
        parts = fragments_of(screen, part.triangles, (self._size, self._size))
        corners = part.triangles[parts.triangle]
        depth = (parts.weights * turned[corners, 2]).sum(1)
        order = np.lexsort((-depth, parts.pixel))
        nearest = order[np.append(parts.pixel[order][1:] != parts.pixel[order][:-1], True)]
        nearest = nearest[depth[nearest] < self._near[parts.pixel[nearest]]]
        pixel, corners, weights = parts.pixel[nearest], corners[nearest], parts.weights[nearest, :, None]
        self._near[pixel] = depth[nearest]
        a, b, c = np.moveaxis(screen[corners], 1, 0)
        outside = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0] < 0
        towards = (weights * normals[corners]).sum(1)
        towards /= np.maximum(np.linalg.norm(towards, axis=1, keepdims=True), 1e-9)
        colour = _texels(part, (weights * part.uv[corners]).sum(1)) if textured else np.array(CLAY[part.name], float)
        lit = colour * (0.75 - 0.25 * towards[:, 2:].clip(-1, 0) if textured else _light(towards)[:, None])
        self._image[pixel] = np.where(outside[:, None], lit, INSIDE)

    @property
    def picture(self) -> np.ndarray:
        """(size_px, size_px, 3) uint8."""
        image = self._image.reshape(self._size, self._size, 3).clip(0, 255).astype(np.uint8)
        return np.asarray(cv2.resize(image, (self._size // OVERSAMPLED,) * 2, interpolation=cv2.INTER_AREA))


def views_of(head: WholeHead, size_px: int = TILE_PX) -> np.ndarray:
    """(2 size, sides * size, 3) uint8: textured above, clay below."""
    posed = [Posed.of(head, part) for part in head.parts]
    everything = np.vstack([part.vertices for part in posed])
    low, high = everything.min(0), everything.max(0)
    span = min(WIDEST_MM, MARGIN * float((high - low).max()))
    skin = np.median(posed[0].vertices, axis=0)
    middle = np.array([skin[0], min((low[1] + high[1]) / 2, low[1] + span / 2), skin[2]])
    return np.vstack([_row(posed, middle, span, size_px, textured=textured) for textured in (True, False)])


def _row(posed: list[Posed], middle: np.ndarray, span: float, size_px: int, *, textured: bool) -> np.ndarray:
    pictures = []
    for side in SIDES:
        canvas = Canvas(middle, span, size_px)
        for part in posed:
            canvas.draw(part, side, textured=textured)
        pictures.append(canvas.picture)
    return np.hstack(pictures)


def _texels(part: HeadPart, uv: np.ndarray) -> np.ndarray:
    height, width = part.texture.shape[:2]
    column = np.clip((uv[:, 0] * width).astype(int), 0, width - 1)
    row = np.clip(((1 - uv[:, 1]) * height).astype(int), 0, height - 1)
    return part.texture[row, column].astype(float)


def _light(normals: np.ndarray) -> np.ndarray:
    key, fill = (np.clip(normals @ (lamp / np.linalg.norm(lamp)), 0, 1) for lamp in (KEY, FILL))
    return np.asarray(0.15 + 0.72 * key + 0.25 * fill)


def sheet_of(estimator: Estimator, photos: Iterator[tuple[str, Photo]]) -> np.ndarray:
    """The rows of photos, one below the other; of one that gives no head the reason is printed."""
    rows = []
    for name, photo in photos:
        try:
            head, report = pipeline.build_head(pipeline.estimate_depth(estimator, photo), photo.pixels)
        except PhotoError as error:
            print(f"{name}: {error}")
            continue
        if head is None:
            print(f"{name}: {report}")
        else:
            rows.append(np.hstack([tile_of(photo.pixels, 2 * TILE_PX), views_of(head)]))
    return np.vstack(rows) if rows else np.zeros((TILE_PX, TILE_PX, 3), np.uint8)


def examples() -> Iterator[tuple[str, Photo]]:
    """The portrait, and some of the rendered heads."""
    yield PORTRAIT.name, Photo(read_photo(PORTRAIT.read_bytes()).pixels)
    yield from ((head.name, head.photo) for head in heads() if head.name in HEADS)


def given_photos(paths: list[Path]) -> Iterator[tuple[str, Photo]]:
    """Photos from files."""
    for path in paths:
        decoded = read_photo(path.read_bytes())
        yield path.stem, Photo(**vars(decoded), **DepthOptions().for_photo())


def main() -> None:
    """Write the sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", nargs="*", type=Path, metavar="PHOTO")
    parser.add_argument("--model", default="portrait", help="the depth model")
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    estimator = registry.load(given.model, WeightsSettings.from_environment().weights)
    sheet = sheet_of(estimator, given_photos(given.photos) if given.photos else examples())
    cv2.imwrite(str(given.out), sheet[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    print(f"{given.out}: {given.out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
