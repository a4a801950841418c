"""The face's depth, refined by its shading.

Landmarks say little about how far a nose, a chin or a brow stands out when the face looks into the camera; light does.
The light is estimated first, from the normals of the landmarks' surface, which are right on the whole. Then the depth
is moved, little and smoothly, so that its normals explain the brightness that is left over. Lips, brows and eyes take
no part, and a robust weight keeps out beards, shadows and highlights.
Source: Kemelmacher-Shlizerman & Basri, 3D Face Reconstruction from a Single Image Using a Single Reference Face Shape,
IEEE PAMI 33(2), 2011.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, cg

from shared.cloud.camera import Intrinsics
from worker.box import Box
from worker.depth.portrait.grid import coarse_size_wh, distance_px, shrunk
from worker.depth.portrait.light import fit_light, harmonics
from worker.depth.portrait.patch import Patch, patch_of
from worker.geometry.fuse.membrane import factor_of, spread


@dataclass(frozen=True)
class ShadingSettings:
    """How shading is read. What is not said to be tuned was set by hand, no data is recorded."""

    cell_mm: float = 2.0  # of the coarse grid on which the change is solved for
    cell_share: float = 0.9  # of a coarse cell: it belongs to the face where more of it does
    least_pixels: int = 200  # inner pixels of the coarse grid: a smaller face is left as it is
    rounds: int = 2  # of light and change in turn
    light_rounds: int = 6  # of reweighting in each fit of the light
    light_ridge: float = 1e-2  # see `fit_light`
    outlier: float = 0.1  # of the face's median brightness: a residual of that size counts half
    # Cosine between normal and optical axis: what is turned further away takes no part. Chosen with `stiffness`.
    least_facing: float = 0.5
    darkest: float = 0.02  # brightness, 0 to 1: what is darker ...
    brightest: float = 0.98  # ... or brighter is clipped, and takes no part
    # How strongly depth is held, against squared relative brightness, per mm^2 and pixel. Tuned on rendered
    # ICT-FaceKit heads h0-h7: from 2e-5 to 6e-5 the face's median error stays within 0.01 mm.
    stiffness: float = 4e-5
    stiff_mm: float = 12.0  # changes narrower than that are held more strongly
    most_change_mm: float = 6.0
    border_mm: float = 14.0  # hair begins near the mesh's border: brightness counts less there, and the depth stays
    border_stiffness: float = 100.0  # times `stiffness`, at the border
    most_tint: float = 4.0  # how far a pixel's tint may lie from the skin's, in the skin's own spread
    tint_floor: float = 0.02  # brightness added before logarithms are taken; the least spread of a tint
    most_hidden: float = 0.25  # share of a coarse cell that may be hidden


SHADING = ShadingSettings()
PRECISION = 1e-5  # of a round's change, relative
CUBIC_PX = 3  # what lies so near is read by cubic interpolation


@dataclass(frozen=True)
class Scene:
    """A face and its brightness on the coarse grid, where N pixels have depth and M of them four neighbours.

    size_hw: of the grid over the whole picture.
    box: the part of it that holds the face.
    camera: intrinsics of that part.
    patch: the N pixels.
    depth: (N,) mm.
    border: (N,) 1 inside the face, falling to 0 at its border.
    seen: (M,) brightness 0 to 1; of red, which sees skin best.
    weights: (M,) 0 to 1, how far that is brightness of skin.
    """

    size_hw: tuple[int, int]
    box: Box
    camera: Intrinsics
    patch: Patch
    depth: np.ndarray
    border: np.ndarray
    seen: np.ndarray
    weights: np.ndarray

    @property
    def level(self) -> float:
        """Median brightness of what is skin; 1 where nothing is."""
        skin = self.weights > 0.5
        return float(np.median(self.seen[skin])) if skin.any() else 1.0


def refine(depth: np.ndarray, pixels: np.ndarray, camera: Intrinsics, hidden: np.ndarray) -> np.ndarray:
    """Refine a face's depth by the photo's brightness.

    Args:
        depth: (H, W) float mm, NaN outside the face.
        pixels: (H, W, 3) uint8 RGB.
        camera: intrinsics of that grid.
        hidden: (H, W) bool, pixels whose brightness says nothing of the shape (lips, brows, eyes).
    Returns:
        (H, W) float64 mm; nowhere changed by more than `most_change_mm`.
    """
    if not np.isfinite(depth).any():
        return depth
    scene = _coarse_scene(depth, pixels, camera, hidden)
    if scene is None:
        return depth
    change = np.zeros(scene.patch.mask.shape)
    change[scene.patch.mask] = _change(scene) * scene.border
    coarse = scene.box.put_into(scene.size_hw, spread(change, scene.patch.mask), 0)
    fine = cv2.resize(coarse, (camera.width, camera.height), interpolation=cv2.INTER_CUBIC)
    return depth + np.clip(fine, -SHADING.most_change_mm, SHADING.most_change_mm)


def _coarse_scene(depth: np.ndarray, pixels: np.ndarray, camera: Intrinsics, hidden: np.ndarray) -> Scene | None:
    """The face on a grid of cells of about `cell_mm`; None where it has too few of them."""
    size_wh = coarse_size_wh(camera, SHADING.cell_mm * camera.fx / float(np.nanmedian(depth)))
    coarse = camera.resized(size_wh)
    start, share = shrunk(depth, size_wh)
    box = Box.round(share > SHADING.cell_share, CUBIC_PX)
    start = box.of(start)
    patch = patch_of(box.of(share) > SHADING.cell_share)
    if patch.inner.sum() < SHADING.least_pixels:
        return None
    small = box.of(cv2.resize(pixels, size_wh, interpolation=cv2.INTER_AREA)).astype(float) / 255
    useful = box.of(cv2.resize(hidden.astype(np.float32), size_wh, interpolation=cv2.INTER_AREA)) < SHADING.most_hidden
    border = _ramp(patch.mask, SHADING.border_mm * coarse.fx / float(np.median(start[patch.mask])))
    trust = border * np.where(useful, _skin(small, useful & (border == 1)), 0)
    seen = small[..., 0][patch.inner]
    exposed = (seen > SHADING.darkest) & (seen < SHADING.brightest)
    weights = np.where(exposed, trust[patch.inner], 0)
    camera = box.of_camera(coarse)
    return Scene(size_wh[::-1], box, camera, patch, start[patch.mask], border[patch.mask], seen, weights)


def _change(scene: Scene) -> np.ndarray:
    """(N,) mm to add to the depth of a scene: light and change are fitted in turn."""
    rays, hold = scene.patch.rays(scene.camera), _hold(scene)
    change, factor = np.zeros(len(scene.depth)), None
    for _ in range(SHADING.rounds):
        jacobian, residual, weights = _linearised(scene, scene.depth + change, rays)
        weighted = jacobian.T @ sparse.diags(weights)
        system, wanted = weighted @ jacobian + hold, weighted @ residual - hold @ change
        factor = factor or factor_of(system)  # later systems are so near to the first that a few rounds solve them
        near = LinearOperator(system.shape, factor.solve)
        change = change + cg(system, wanted, rtol=PRECISION, M=near)[0]
    return change


def _hold(scene: Scene) -> sparse.csr_matrix:
    """(N, N) what a change costs: its square, more at the border, and its bending."""
    pixel_mm = float(np.median(scene.depth)) / scene.camera.fx
    bend = (SHADING.stiff_mm / pixel_mm) ** 4 * scene.patch.laplacian.T @ scene.patch.laplacian
    return SHADING.stiffness * (sparse.diags(1 + SHADING.border_stiffness * (1 - scene.border) ** 2) + bend)


def _linearised(scene: Scene, depth: np.ndarray, rays: np.ndarray) -> tuple[sparse.csr_matrix, np.ndarray, np.ndarray]:
    """Relative brightness round a depth (N,), under the light that explains it best.

    Returns:
        (M, N) derivatives by depth, (M,) what the light leaves unexplained, and (M,) robust weights.
    """
    focal_px, level = scene.camera.fx, scene.level
    normals, lengths = scene.patch.normals(depth, rays, focal_px)
    weights = np.where(normals[:, 2] < -SHADING.least_facing, scene.weights, 0)
    values, slopes = harmonics(normals)
    light, weights = fit_light(
        values, scene.seen, weights, SHADING.outlier * level, SHADING.light_ridge, SHADING.light_rounds
    )
    by_unit = np.einsum("mki,k->mi", slopes, light)
    by_normal = (by_unit - (by_unit * normals).sum(1, keepdims=True) * normals) / lengths[:, None] / level
    residual = (scene.seen - values @ light) / level
    return scene.patch.by_depth(by_normal, rays, focal_px), residual, weights


def _skin(small: np.ndarray, sample: np.ndarray) -> np.ndarray:
    """(H, W) 0 to 1: how much a pixel's tint is that of the sampled pixels; (H, W, 3) float picture."""
    tint = np.log(small + SHADING.tint_floor)
    tint = np.stack([tint[..., 0] - tint[..., 1], tint[..., 1] - tint[..., 2]], axis=-1)
    if not sample.any():
        return np.ones(small.shape[:2])
    middle = np.median(tint[sample], axis=0)
    spread = 1.48 * np.median(np.abs(tint[sample] - middle), axis=0) + SHADING.tint_floor
    distance = np.sqrt((((tint - middle) / spread) ** 2).sum(-1))
    return np.clip(SHADING.most_tint - distance, 0, 1)


def _ramp(mask: np.ndarray, reach_px: float) -> np.ndarray:
    """(H, W): 0 at the mask's border and outside, 1 from `reach_px` inside, smooth between."""
    t = np.clip(distance_px(mask).astype(float) / reach_px, 0, 1)
    return t * t * (3 - 2 * t)
