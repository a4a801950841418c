"""What a network that knows geometry would say of a rendered head: the truth, or the truth with faults of real ones.

`prediction_of(head, FAULTS["as reported"])` gives a metric prediction with a mask, normals and a lens; `affine(...)`
its disparity alone, of unknown scale and shift. All of it is seeded and on the photo's grid.
Sources of the faults are named where they are fields of `Fault`; how large they are is set by hand.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace

import cv2
import numpy as np

from bench.heads import Head
from shared.cloud.camera import Intrinsics
from worker.depth.prediction import Prediction
from worker.geometry.jumps import links_of
from worker.geometry.normals import normals_of

WALL_BEHIND_MM = 600.0  # a wall's distance behind the deepest point of the head
STAIRS_SIGMA_PX = 1.0  # true depth is stored in levels of 1/16 mm: blurred so far before normals are taken
RELIEF_SIGMA_MM = 25.0  # what is finer is the relief of a face; a nose is 35 mm wide
BUMPS_SIGMA_MM = 15.0  # of smooth noise
GRAIN_SIGMA_PX = 1.5  # of the noise of normals
SHADE_SIGMA_MM = 3.0  # blur of blurred normals


@dataclass(frozen=True)
class Fault:
    """What is wrong with a prediction; all is right by default.

    scale: its metric scale by the true one. Users measure eyes at twice their distance on close-ups (microsoft/MoGe
        issue 75).
    lens: its focal length by the true one. Depth Anything's metric networks are said to be off by 10 to 20 % at times
        (DepthAnything/Depth-Anything-V2 issue 152), MoGe most at wide angles and in crops (microsoft/MoGe issue 38).
    stretched: by a wrong lens everything, also the head, is as much deeper as the lens is longer; else the head keeps
        its shape and is farther away.
    extent, relief: how much is left of the depth of the whole head, and of the face's relief. Faces in front of a
        background are drawn flatter than cropped ones (fuxiao0719/GeoWizard issue 38).
    blur_mm: deviation of a blur in the head's surface; MoGe's authors know of blurred detail (microsoft/MoGe issue 33).
    bumps_mm, grain_mm: deviations of smooth noise of depth, and of noise of single pixels.
    normals_follow: normals are those of the faulty surface, as MoGe's were trained on normals of depth; else they are
        the true ones.
    normals_off_deg: root mean square of their angle to what they should be.
    normals_blurred: by SHADE_SIGMA_MM.
    wall: everything has a depth, a wall behind the head too; else the mask ends where the head does.
    holes: parts of the head, and a shoulder, are left out of the mask, as backgrounds, sky and what is out of focus are
        (microsoft/MoGe issue 33).
    """

    scale: float = 1.0
    lens: float = 1.0
    stretched: bool = False
    extent: float = 1.0
    relief: float = 1.0
    blur_mm: float = 0.0
    bumps_mm: float = 0.0
    grain_mm: float = 0.0
    normals_follow: bool = False
    normals_off_deg: float = 0.0
    normals_blurred: bool = False
    wall: bool = False
    holes: bool = False


REPORTED = Fault(scale=2.0, lens=1.2, extent=0.85, relief=0.7, blur_mm=4.0, bumps_mm=1.5, grain_mm=0.3)
REPORTED = replace(REPORTED, normals_off_deg=5.0, normals_blurred=True)

FAULTS = {
    "exact": Fault(),
    "exact, before a wall": Fault(wall=True),
    "half the scale": Fault(scale=0.5),
    "twice the scale": Fault(scale=2.0),
    "lens x 0.7": Fault(lens=0.7),
    "lens x 1.4": Fault(lens=1.4),
    "lens x 0.7, stretched": Fault(lens=0.7, stretched=True, normals_follow=True),
    "lens x 1.4, stretched": Fault(lens=1.4, stretched=True, normals_follow=True),
    "noisy": Fault(bumps_mm=3.0, grain_mm=0.7, normals_off_deg=5.0),
    "flat face": Fault(relief=0.6),
    "flat": Fault(extent=0.6),
    "flat, normals too": Fault(extent=0.6, relief=0.6, normals_follow=True),
    "blurred": Fault(blur_mm=4.0, normals_follow=True),
    "blurred, before a wall": Fault(blur_mm=4.0, normals_follow=True, wall=True),
    "normals 10 degrees off": Fault(normals_off_deg=10.0),
    "normals blurred": Fault(normals_blurred=True),
    "holes": Fault(holes=True),
    "as reported": REPORTED,
    "as reported, normals too": replace(REPORTED, normals_follow=True),
    "as reported, before a wall": replace(REPORTED, wall=True, normals_follow=True),
}
"""By name; "normals too": their head draws the surface as flat as the other one does."""


def prediction_of(head: Head, fault: Fault) -> Prediction:
    """What a metric network with that fault would say of a head, on the photo's grid."""
    rng = np.random.default_rng(zlib.crc32(head.name.encode()))
    pixel_mm = float(np.nanmedian(head.depth)) / head.camera.fx
    camera = replace(head.camera, fx=head.camera.fx * fault.lens, fy=head.camera.fy * fault.lens)
    surface = _shaped(head.depth, fault, pixel_mm)
    normals = true_normals(surface, camera) if fault.normals_follow else true_normals(head.depth, head.camera)
    depth = surface + _noise(surface.shape, fault, pixel_mm, rng)
    known = np.isfinite(depth)
    if fault.wall:
        depth = _before_a_wall(depth, fault.blur_mm / pixel_mm)
    elif fault.holes:
        known &= ~_holes(known, pixel_mm, rng)
    beside = np.array([0.0, 0.0, -1.0 if fault.wall else np.nan])
    size_wh = (camera.width, camera.height)
    return Prediction(
        disparity=np.where(known | fault.wall, 1 / (fault.scale * depth), 0).astype(np.float32),
        scale="metric",
        mask=None if fault.wall else known,
        normals=np.where(known[..., None], _spoilt(normals, fault, pixel_mm, rng), beside).astype(np.float32),
        camera=Intrinsics.from_focal(size_wh, camera.fx),
    )


def affine(prediction: Prediction) -> Prediction:
    """The same geometry as a network tells it that knows neither scale nor shift, normals, mask or lens: 0..1."""
    disparity = prediction.disparity
    return Prediction(((disparity - disparity.min()) / np.ptp(disparity)).astype(np.float32))


def true_normals(depth: np.ndarray, camera: Intrinsics) -> np.ndarray:
    """(H, W, 3) unit normals towards the camera of a depth map (H, W) mm; NaN where it has none."""
    smooth = _blurred(depth, STAIRS_SIGMA_PX)
    return normals_of(smooth, camera, links_of(smooth, camera))


def _shaped(depth: np.ndarray, fault: Fault, pixel_mm: float) -> np.ndarray:
    """Flattened, seen by another lens, and blurred: (H, W) mm, NaN beside the head."""
    middle = float(np.nanmedian(depth))
    coarse = _blurred(depth, RELIEF_SIGMA_MM / pixel_mm)
    flat = middle + fault.extent * (coarse + fault.relief * (depth - coarse) - middle)
    moved = flat * fault.lens if fault.stretched else flat + (fault.lens - 1) * middle
    return _blurred(moved, fault.blur_mm / pixel_mm)


def _noise(shape: tuple[int, ...], fault: Fault, pixel_mm: float, rng: np.random.Generator) -> np.ndarray:
    """(H, W) mm."""
    bumps, grain = _field(shape, BUMPS_SIGMA_MM / pixel_mm, rng), rng.normal(size=shape)
    return np.asarray(fault.bumps_mm * bumps + fault.grain_mm * grain)


def _field(shape: tuple[int, ...], sigma_px: float, rng: np.random.Generator) -> np.ndarray:
    """(H, W), smooth noise of mean 0 and deviation 1."""
    field = cv2.GaussianBlur(rng.normal(size=shape), (0, 0), sigma_px)
    return np.asarray((field - field.mean()) / field.std())


def _before_a_wall(depth: np.ndarray, blur_px: float) -> np.ndarray:
    """(H, W) mm, known everywhere; a blur makes a ramp of the silhouette."""
    filled = np.where(np.isfinite(depth), depth, np.nanmax(depth) + WALL_BEHIND_MM)
    return np.asarray(1 / cv2.GaussianBlur(1 / filled, (0, 0), blur_px) if blur_px else filled)


def _holes(mask: np.ndarray, pixel_mm: float, rng: np.random.Generator) -> np.ndarray:
    """(H, W) bool: three discs on the head, 15 mm in radius, and the picture's lower left corner."""
    image = np.zeros(mask.shape, np.uint8)
    rows, columns = np.nonzero(mask)
    for index in rng.choice(len(rows), 3, replace=False):
        cv2.circle(image, (int(columns[index]), int(rows[index])), round(15 / pixel_mm), 1, -1)
    height, width = mask.shape
    cv2.fillPoly(image, [np.array([[0, height], [0, height * 7 // 10], [width * 4 // 10, height]])], 1)
    return image > 0


def _spoilt(normals: np.ndarray, fault: Fault, pixel_mm: float, rng: np.random.Generator) -> np.ndarray:
    """(H, W, 3) unit vectors, blurred and turned aside."""
    if fault.normals_blurred:
        normals = np.dstack([_blurred(part, SHADE_SIGMA_MM / pixel_mm) for part in np.moveaxis(normals, 2, 0)])
    aside = np.dstack([_field(normals.shape[:2], GRAIN_SIGMA_PX, rng) for _ in range(3)])
    aside -= (aside * normals).sum(-1, keepdims=True) * normals
    turned = normals + np.tan(np.radians(fault.normals_off_deg)) / np.sqrt(2) * aside
    return np.asarray(turned / np.linalg.norm(turned, axis=-1, keepdims=True))


def _blurred(values: np.ndarray, sigma_px: float) -> np.ndarray:
    """Blur within what is known: (H, W) float, NaN stays NaN."""
    if not sigma_px:
        return values
    known = np.isfinite(values)
    weight = cv2.GaussianBlur(known.astype(float), (0, 0), sigma_px)
    total = cv2.GaussianBlur(np.where(known, values, 0).astype(float), (0, 0), sigma_px)
    return np.where(known, total / np.maximum(weight, 1e-9), np.nan)
