"""Shaded views of depth maps from several sides, on one contact sheet: numbers do not show an ugly seam.

python -m bench.shade --weights FOLDER --out sheet.png PHOTO...
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from shared.cloud.camera import unproject
from shared.errors import PhotoError
from worker.depth.estimator import DepthMap, Photo
from worker.depth.portrait.estimator import Portrait
from worker.depth.portrait.raster import rasterise

VIEWS_DEG = (0.0, 30.0, 60.0, -30.0)
TILE = 360
LIGHT = np.array([-0.45, -0.55, -0.75]) / np.linalg.norm([-0.45, -0.55, -0.75])  # from the upper left, before the face
MAX_STEP = 0.06  # of the depth span: longer edges are cut, as the viewer does


def shaded(depth_map: DepthMap, yaw_deg: float, size: int = TILE) -> np.ndarray:
    """(size, size) uint8 Lambert shading of a depth map's surface, turned about the vertical through its middle."""
    points = unproject(depth_map.depth.astype(float), depth_map.camera)
    normals = np.cross(np.gradient(points, axis=0), np.gradient(points, axis=1))
    normals /= np.linalg.norm(normals, axis=2, keepdims=True)
    valid = np.isfinite(normals[..., 2])
    corners, triangles = points[valid], _triangles(depth_map.depth, valid)
    angle = np.radians(yaw_deg)
    turn = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
    middle = np.median(corners, axis=0)
    span = float(np.percentile(np.abs(corners - middle)[:, :2].max(1), 99)) * 2.3
    turned = (corners - middle) @ turn.T
    screen = np.column_stack([turned[:, :2] / span * size + size / 2, turned[:, 2] + 10 * span])
    light = turn.T @ LIGHT  # the light turns with the viewer
    brightness = np.clip(-normals[valid] @ -light, 0, 1) * 0.85 + 0.12
    return _painted(screen, triangles, brightness, size)


def sheet(rows: list[tuple[np.ndarray, DepthMap]]) -> np.ndarray:
    """(H, W, 3) uint8 BGR: each photo beside its shaded views."""
    return np.vstack([np.hstack([_fitted(pixels), *_views(depth_map)]) for pixels, depth_map in rows])


def _views(depth_map: DepthMap) -> list[np.ndarray]:
    return [cv2.cvtColor(shaded(depth_map, yaw), cv2.COLOR_GRAY2BGR) for yaw in VIEWS_DEG]


def _triangles(depth: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Two triangles a cell of the grid, those across a depth jump left out."""
    index = np.full(valid.shape, -1)
    index[valid] = np.arange(valid.sum())
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, :-1], index[1:, 1:]
    triangles = np.vstack([np.stack(corner, -1).reshape(-1, 3) for corner in ((a, c, b), (b, c, d))])
    triangles = triangles[(triangles >= 0).all(1)]
    heights = depth[valid][triangles]
    span = float(np.ptp(depth[valid]))
    return triangles[np.ptp(heights, axis=1) < MAX_STEP * span]


def _painted(screen: np.ndarray, triangles: np.ndarray, brightness: np.ndarray, size: int) -> np.ndarray:
    """Draw triangles with one brightness each: every pixel takes that of the nearest surface's closest corner."""
    depth = rasterise(screen, triangles, (size, size))
    pixel = np.rint(screen[:, :2]).astype(int)
    inside = ((pixel >= 0) & (pixel < size)).all(1)
    u, v = pixel[inside].T
    seen = screen[inside, 2] <= depth[v, u] + 4
    total, count = np.zeros((size, size), np.float32), np.zeros((size, size), np.float32)
    np.add.at(total, (v[seen], u[seen]), brightness[inside][seen])
    np.add.at(count, (v[seen], u[seen]), 1)
    spread_total, spread_count = cv2.GaussianBlur(total, (0, 0), 1.2), cv2.GaussianBlur(count, (0, 0), 1.2)
    image = np.where(count > 0, total / np.maximum(count, 1), spread_total / np.maximum(spread_count, 1e-6))
    return (np.where(np.isfinite(depth), image, 0) * 255).astype(np.uint8)


def _fitted(pixels: np.ndarray) -> np.ndarray:
    """The photo in a TILE x TILE square, BGR."""
    scale = TILE / max(pixels.shape[:2])
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    canvas = np.zeros((TILE, TILE, 3), np.uint8)
    canvas[: small.shape[0], : small.shape[1]] = small[..., ::-1]
    return canvas


def main() -> None:
    """Estimate each photo and write the sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", nargs="+", type=Path)
    parser.add_argument("--weights", type=Path, required=True, help="folder with the portrait model's .tflite files")
    parser.add_argument("--out", type=Path, default=Path("sheet.png"))
    arguments = parser.parse_args()
    estimator = Portrait(arguments.weights)
    rows = []
    for path in arguments.photos:
        pixels = np.ascontiguousarray(np.asarray(cv2.imread(str(path)))[..., ::-1])
        (result,) = estimator.estimate([Photo(pixels)])
        if isinstance(result, PhotoError):
            print(f"{path}: {result}")
            continue
        rows.append((pixels, result))
    cv2.imwrite(str(arguments.out), sheet(rows))


if __name__ == "__main__":
    main()
