"""`python -m bench.sheet [PHOTO...]`: what the whole pipeline makes of photos, from several sides, on one picture.

Numbers do not show an ugly seam. Without photos: the portrait and rendered heads, into docs/contact-sheet.jpg.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from bench.heads import heads
from bench.render import View, rendered
from shared.errors import PhotoError
from shared.options import ModelOptions
from shared.photo.decode import read_photo
from shared.settings import WeightsSettings
from stack.demo import PORTRAIT
from worker import pipeline
from worker.depth import registry
from worker.depth.estimator import Estimator, Photo
from worker.geometry.surface.mesh import mesh_from_cloud, sampled

OUT = Path(__file__).parent.parent / "docs" / "contact-sheet.jpg"
TILE_PX = 250
YAWS_DEG = (0.0, 30.0, -30.0, 60.0, -60.0)
TEXTURED_YAWS_DEG = (0.0, 25.0)
HEADS = ("h0", "h2", "h3", "h5", "h6", "h7")
MARGIN = 1.12
QUALITY = 88


def row_of(estimator: Estimator, photo: Photo) -> np.ndarray:
    """A photo, its shaded views, and its views in its own colours, side by side: (TILE_PX, W, 3) uint8.

    Raises:
        PhotoError: there is no face in it.
    """
    depth_map = pipeline.estimate_depth(estimator, photo)
    cloud, _ = pipeline.build_cloud(depth_map, photo.pixels, ModelOptions())
    mesh = mesh_from_cloud(cloud)
    colours = sampled(cloud.rgb, mesh.vertices, cloud.camera).astype(float)
    low, high = mesh.vertices.min(0), mesh.vertices.max(0)
    span = MARGIN * float((high - low)[:2].max())
    shaded = [View(yaw, (low + high) / 2, span, TILE_PX) for yaw in YAWS_DEG]
    textured = [View(yaw, (low + high) / 2, span, TILE_PX) for yaw in TEXTURED_YAWS_DEG]
    views = [rendered(mesh, view) for view in shaded] + [rendered(mesh, view, colours) for view in textured]
    return np.hstack([_tile(photo.pixels), *views])


def examples() -> Iterator[Photo]:
    """The portrait, and some of the rendered heads."""
    yield Photo(read_photo(PORTRAIT.read_bytes()).pixels)
    yield from (head.photo for head in heads() if head.name in HEADS)


def main() -> None:
    """Write the sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", nargs="*", type=Path)
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    photos = [_read(path) for path in given.photos] or list(examples())
    estimator = registry.load("portrait", WeightsSettings.from_environment().weights)
    rows = []
    for photo in photos:
        try:
            rows.append(row_of(estimator, photo))
        except PhotoError as error:
            print(error)
    cv2.imwrite(str(given.out), np.vstack(rows)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    print(f"{given.out}: {given.out.stat().st_size:,} bytes")


def _read(path: Path) -> Photo:
    decoded = read_photo(path.read_bytes())
    return Photo(decoded.pixels, decoded.focal_35mm)


def _tile(pixels: np.ndarray) -> np.ndarray:
    """The photo in the middle of a square."""
    scale = TILE_PX / max(pixels.shape[:2])
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)[:TILE_PX, :TILE_PX]
    tile = np.full((TILE_PX, TILE_PX, 3), 10, np.uint8)
    top, left = ((TILE_PX - side) // 2 for side in small.shape[:2])
    tile[top : top + small.shape[0], left : left + small.shape[1]] = small
    return tile


if __name__ == "__main__":
    main()
