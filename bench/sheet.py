"""`python -m bench.sheet [PHOTO...]`: what the default pipeline makes of photos, from five sides, on one picture.

Numbers do not show an ugly seam. A row holds the photo, five views in clay, and the same five in the photo's colours.
Without photos: the portrait and rendered heads, each without and with a map, into docs/contact-sheet.jpg. The map is
what an ideal network would say: the true disparity before a wall, blurred, in 8 bits. `PHOTO@X,Y` means the person
whose face is nearest to that point.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from bench.heads import Head, heads
from bench.render import View, rendered
from shared.errors import PhotoError
from shared.maps.disparity import Disparity
from shared.options import DepthOptions, ModelOptions
from shared.photo.decode import read_photo
from shared.settings import WeightsSettings
from stack.demo import PORTRAIT
from worker import pipeline
from worker.depth import registry
from worker.depth.estimator import Estimator, Photo
from worker.geometry.surface.mesh import Mesh, mesh_from_cloud, sampled

OUT = Path(__file__).parent.parent / "docs" / "contact-sheet.jpg"
TILE_PX = 200
YAWS_DEG = (0.0, 30.0, 60.0, -30.0, 90.0)
HEADS = ("h2", "h5", "h9", "h14", "h19")
MARGIN = 1.08
HEAD_BEHIND_MM = 95.0  # the head's middle, behind the eyes
QUALITY = 82
WALL_BEHIND_MM = 600.0  # the background of a rendered head's map
MAP_BLUR_PX = 1.5


def row_of(estimator: Estimator, photo: Photo) -> np.ndarray:
    """A photo, its shaded views, and its views in its own colours, side by side: (TILE_PX, W, 3) uint8.

    Raises:
        PhotoError: there is no face in it.
    """
    depth_map = pipeline.estimate_depth(estimator, photo)
    cloud, _ = pipeline.build_cloud(depth_map, photo.pixels, ModelOptions())
    mesh = mesh_from_cloud(cloud)
    colours = sampled(cloud.rgb, mesh.vertices, cloud.camera).astype(float)
    views = _views(mesh)
    return np.hstack(
        [
            tile_of(photo.pixels),
            *(rendered(mesh, one) for one in views),
            *(rendered(mesh, one, colours) for one in views),
        ]
    )


def sheet_of(estimator: Estimator, photos: dict[str, Photo]) -> np.ndarray:
    """The rows of photos by name, one below the other; of one that cannot be used the reason is printed."""
    rows = []
    for name, photo in photos.items():
        try:
            rows.append(row_of(estimator, photo))
        except PhotoError as error:
            print(f"{name}: {error}")
    return np.vstack(rows) if rows else np.zeros((TILE_PX, TILE_PX, 3), np.uint8)


def examples() -> Iterator[tuple[str, Photo]]:
    """The portrait, and some of the rendered heads, each without and with a map."""
    yield PORTRAIT.name, Photo(read_photo(PORTRAIT.read_bytes()).pixels)
    for head in heads():
        if head.name in HEADS:
            yield head.name, head.photo
            yield f"{head.name} with a map", replace(head.photo, disparity=ideal_map(head))


def ideal_map(head: Head) -> Disparity:
    """The true disparity of a rendered head before a wall, blurred, in 8 bits."""
    wall_mm = float(np.nanmax(head.depth)) + WALL_BEHIND_MM
    sharp = (1 / np.where(np.isfinite(head.depth), head.depth, wall_mm)).astype(np.float32)
    blurred = cv2.GaussianBlur(sharp, (0, 0), MAP_BLUR_PX)
    return Disparity.of(np.rint(cv2.normalize(blurred, None, 0, 255, cv2.NORM_MINMAX)))


def main() -> None:
    """Write the sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", nargs="*", metavar="PHOTO[@X,Y]")
    parser.add_argument("--model", default="portrait", help="the depth model")
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    photos = dict(_read(argument) for argument in given.photos) or dict(examples())
    sheet = sheet_of(registry.load(given.model, WeightsSettings.from_environment().weights), photos)
    cv2.imwrite(str(given.out), sheet[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    print(f"{given.out}: {given.out.stat().st_size:,} bytes")


def _read(argument: str) -> tuple[str, Photo]:
    """Name and photo of `PHOTO` or `PHOTO@X,Y`."""
    path, _, face = argument.partition("@")
    decoded = read_photo(Path(path).read_bytes())
    return argument, Photo(**vars(decoded), **DepthOptions(face=face or None).for_photo())


def _views(mesh: Mesh) -> list[View]:
    """From each side, turned about the vertical through the head's middle; all of the mesh is in the picture."""
    low, high = mesh.vertices.min(0), mesh.vertices.max(0)
    middle, span = (low + high) / 2, MARGIN * float((high - low)[:2].max())
    middle[2] = high[2] - HEAD_BEHIND_MM if high[2] - low[2] > HEAD_BEHIND_MM else middle[2]
    return [View(yaw, middle, span, TILE_PX) for yaw in YAWS_DEG]


def tile_of(pixels: np.ndarray, size_px: int = TILE_PX) -> np.ndarray:
    """The photo in the middle of a square."""
    scale = size_px / max(pixels.shape[:2])
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)[:size_px, :size_px]
    tile = np.full((size_px, size_px, 3), 10, np.uint8)
    top, left = ((size_px - side) // 2 for side in small.shape[:2])
    tile[top : top + small.shape[0], left : left + small.shape[1]] = small
    return tile


if __name__ == "__main__":
    main()
