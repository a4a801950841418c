"""The face's depth, refined by its shading.

Landmarks say little about how far a nose, a chin or a brow stands out when the face looks into the camera; light does.
The light is estimated first: brightness as a smooth function of the surface's normal, which the landmarks' surface
knows well enough. Then the depth is moved, little and smoothly, so that its normals explain the brightness that is
left over. Lips, brows and eyes take no part, and a robust weight keeps out beards, shadows and highlights.
Source: Kemelmacher-Shlizerman & Basri, 3D Face Reconstruction from a Single Image Using a Single Reference Face Shape,
IEEE PAMI 33(2), 2011; spherical harmonics after Basri & Jacobs, Lambertian Reflectance and Linear Subspaces, 2003.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy import ndimage, sparse
from scipy.sparse.linalg import spsolve

from shared.cloud.camera import Intrinsics

CELL_MM = 2.0
ROUNDS = 2
FIT_ROUNDS = 6
LIGHT_RIDGE = 1e-2
OUTLIER = 0.1  # of the face's median brightness: a residual of that size counts half
MIN_FACING = 0.35  # cosine between normal and optical axis
DARKEST, BRIGHTEST = 0.02, 0.98
STIFFNESS = 2e-5  # how strongly depth is held, against squared relative brightness, per mm^2 and pixel
STIFF_MM = 12.0  # changes narrower than that are held more strongly
MAX_CHANGE_MM = 6.0
BORDER_MM = 14.0  # hair begins near the mesh's border: brightness counts less there, and the depth stays
BORDER_STIFFNESS = 100.0  # times STIFFNESS, at the border
MAX_TINT = 4.0  # how far a pixel's tint may lie from the skin's, in its own spread


@dataclass(frozen=True)
class Patch:
    """Finite differences on the pixels of a mask.

    mask: (H, W) bool, all N pixels that have depth.
    inner: (H, W) bool, the M of them whose four neighbours have it too.
    right, down, here, laplacian: (M, N) sparse operators.
    """

    mask: np.ndarray
    inner: np.ndarray
    right: sparse.csr_matrix
    down: sparse.csr_matrix
    here: sparse.csr_matrix
    laplacian: sparse.csr_matrix


def refine(depth: np.ndarray, pixels: np.ndarray, camera: Intrinsics, hidden: np.ndarray) -> np.ndarray:
    """Refine a face's depth by the photo's brightness.

    Args:
        depth: (H, W) float mm, NaN outside the face.
        pixels: (H, W, 3) uint8 RGB.
        camera: intrinsics of that grid.
        hidden: (H, W) bool, pixels whose brightness says nothing of the shape (lips, brows, eyes).
    Returns:
        (H, W) float64 mm; nowhere changed by more than MAX_CHANGE_MM.
    """
    if not np.isfinite(depth).any():
        return depth
    shrink = max(1.0, CELL_MM * camera.fx / float(np.nanmedian(depth)))
    size_wh = max(8, round(camera.width / shrink)), max(8, round(camera.height / shrink))
    coarse = camera.resized(size_wh)
    start = _shrunk(depth, size_wh)
    small = cv2.resize(pixels, size_wh, interpolation=cv2.INTER_AREA).astype(float) / 255
    useful = cv2.resize(hidden.astype(np.float32), size_wh, interpolation=cv2.INTER_AREA) < 0.25
    within = _ramp(np.isfinite(start), BORDER_MM * coarse.fx / float(np.nanmedian(start)))
    patch = _patch(np.isfinite(start))
    if patch.inner.sum() < 200:
        return depth
    change = np.zeros(start.shape)
    trust = within * np.where(useful, _skin(small, useful & (within == 1)), 0)
    change[patch.mask] = _change(
        start[patch.mask], small[..., 0], trust, within, patch, coarse
    )  # red: it sees skin best
    change *= within
    filled = _spread(change, patch.mask).astype(np.float32)
    fine = cv2.resize(filled, (camera.width, camera.height), interpolation=cv2.INTER_CUBIC)
    return depth + np.clip(fine, -MAX_CHANGE_MM, MAX_CHANGE_MM)


def harmonics(normals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Real spherical harmonics up to order 3, not normalised, and their derivatives.

    Args:
        normals: (M, 3) unit vectors.
    Returns:
        (M, 16) values, and (M, 16, 3) derivatives by x, y and z.
    """
    x, y, z = normals.T
    one, nil = np.ones_like(x), np.zeros_like(x)
    table = (  # value, and its derivatives by x, y and z
        (one, nil, nil, nil),
        (x, one, nil, nil),
        (y, nil, one, nil),
        (z, nil, nil, one),
        (x * y, y, x, nil),
        (x * z, z, nil, x),
        (y * z, nil, z, y),
        (x * x - y * y, 2 * x, -2 * y, nil),
        (3 * z * z - 1, nil, nil, 6 * z),
        (y * (3 * x * x - y * y), 6 * x * y, 3 * x * x - 3 * y * y, nil),
        (x * y * z, y * z, x * z, x * y),
        (y * (5 * z * z - 1), nil, 5 * z * z - 1, 10 * y * z),
        (z * (5 * z * z - 3), nil, nil, 15 * z * z - 3),
        (x * (5 * z * z - 1), 5 * z * z - 1, nil, 10 * x * z),
        (z * (x * x - y * y), 2 * x * z, -2 * y * z, x * x - y * y),
        (x * (x * x - 3 * y * y), 3 * x * x - 3 * y * y, -6 * x * y, nil),
    )
    everything = np.array(table)  # (16, 4, M)
    return everything[:, 0].T, everything[:, 1:].transpose(2, 0, 1)


def _change(
    start: np.ndarray, brightness: np.ndarray, trust: np.ndarray, within: np.ndarray, patch: Patch, camera: Intrinsics
) -> np.ndarray:
    """(N,) mm to add to the (N,) depth of a patch."""
    v, u = np.nonzero(patch.inner)
    rays = np.stack([u - camera.cx, v - camera.cy])  # (2, M) pixels
    seen = brightness[patch.inner]
    usable = np.where((seen > DARKEST) & (seen < BRIGHTEST), trust[patch.inner], 0)
    level = float(np.median(seen[usable > 0.5])) if (usable > 0.5).any() else 1.0
    pixel_mm = float(np.median(start)) / camera.fx
    bend = (STIFF_MM / pixel_mm) ** 4 * patch.laplacian.T @ patch.laplacian
    hold = STIFFNESS * (sparse.diags(1 + BORDER_STIFFNESS * (1 - within[patch.mask]) ** 2) + bend)
    change = np.zeros(len(start))
    for _ in range(ROUNDS):
        normals, lengths = _normals(start + change, rays, patch, camera.fx)
        weights = np.where(normals[:, 2] < -MIN_FACING, usable, 0)
        values, slopes = harmonics(normals)
        light, weights = _light(values, seen, weights, OUTLIER * level)
        pull = np.einsum("mki,k->mi", slopes, light)  # brightness by normal
        pull = (pull - (pull * normals).sum(1, keepdims=True) * normals) / lengths[:, None] / level
        jacobian = (
            sparse.diags(camera.fx * pull[:, 0] - rays[0] * pull[:, 2]) @ patch.right
            + sparse.diags(camera.fx * pull[:, 1] - rays[1] * pull[:, 2]) @ patch.down
            - sparse.diags(pull[:, 2]) @ patch.here
        )
        weighted = jacobian.T @ sparse.diags(weights)
        wanted = weighted @ ((seen - values @ light) / level) - hold @ change
        change = change + spsolve((weighted @ jacobian + hold).tocsc(), wanted)
    return change


def _light(values: np.ndarray, seen: np.ndarray, weights: np.ndarray, outlier: float) -> tuple[np.ndarray, np.ndarray]:
    """The light's (16,) coefficients, and the (M,) weights with outliers turned down; reweighted least squares."""
    robust = weights
    keep = np.full(values.shape[1], LIGHT_RIDGE)
    keep[0] = 1e-9
    light = np.zeros(values.shape[1])
    for _ in range(FIT_ROUNDS):
        normal_matrix = values.T @ (values * robust[:, None]) + np.diag(keep * max(robust.sum(), 1e-9))
        light = np.linalg.solve(normal_matrix, values.T @ (robust * seen))
        robust = weights / (1 + ((seen - values @ light) / outlier) ** 2)
    return light, robust


def _normals(depth: np.ndarray, rays: np.ndarray, patch: Patch, focal_px: float) -> tuple[np.ndarray, np.ndarray]:
    """(M, 3) unit normals towards the camera, and the lengths that they had, of a (N,) depth seen in perspective."""
    right, down = patch.right @ depth, patch.down @ depth
    along = -(patch.here @ depth + rays[0] * right + rays[1] * down)
    normals = np.column_stack([focal_px * right, focal_px * down, along])
    lengths = np.linalg.norm(normals, axis=1)
    return normals / lengths[:, None], lengths


def _skin(small: np.ndarray, sample: np.ndarray) -> np.ndarray:
    """(H, W) 0 to 1: how much a pixel's tint is that of the sampled pixels; (H, W, 3) float picture."""
    tint = np.log(small + 0.02)
    tint = np.stack([tint[..., 0] - tint[..., 1], tint[..., 1] - tint[..., 2]], axis=-1)
    if not sample.any():
        return np.ones(small.shape[:2])
    middle = np.median(tint[sample], axis=0)
    spread = 1.48 * np.median(np.abs(tint[sample] - middle), axis=0) + 0.02
    distance = np.sqrt((((tint - middle) / spread) ** 2).sum(-1))
    return np.clip(MAX_TINT - distance, 0, 1)


def _ramp(mask: np.ndarray, reach_px: float) -> np.ndarray:
    """(H, W): 0 at the mask's border and outside, 1 from `reach_px` inside, smooth between."""
    t = np.clip(ndimage.distance_transform_edt(mask) / reach_px, 0, 1)
    return t * t * (3 - 2 * t)


def _patch(mask: np.ndarray) -> Patch:
    """Operators on a mask's pixels."""
    index = np.full(mask.shape, -1)
    index[mask] = np.arange(mask.sum())
    inner = ndimage.binary_erosion(mask, border_value=0)
    v, u = np.nonzero(inner)
    here, left, right, up, down = (index[v + dv, u + du] for dv, du in ((0, 0), (0, -1), (0, 1), (-1, 0), (1, 0)))

    def operator(*parts: tuple[np.ndarray, float]) -> sparse.csr_matrix:
        rows = np.tile(np.arange(len(v)), len(parts))
        values = np.concatenate([np.full(len(v), factor) for _, factor in parts])
        columns = np.concatenate([part for part, _ in parts])
        return sparse.csr_matrix((values, (rows, columns)), shape=(len(v), int(mask.sum())))

    return Patch(
        mask,
        inner,
        operator((right, 0.5), (left, -0.5)),
        operator((down, 0.5), (up, -0.5)),
        operator((here, 1.0)),
        operator((here, -4.0), (left, 1.0), (right, 1.0), (up, 1.0), (down, 1.0)),
    )


def _shrunk(depth: np.ndarray, size_wh: tuple[int, int]) -> np.ndarray:
    """A depth map on a coarser grid; NaN where a cell is not nearly full."""
    there = np.isfinite(depth)
    share = cv2.resize(there.astype(np.float32), size_wh, interpolation=cv2.INTER_AREA)
    total = cv2.resize(np.where(there, depth, 0).astype(np.float32), size_wh, interpolation=cv2.INTER_AREA)
    return np.where(share > 0.9, total / np.maximum(share, 1e-6), np.nan)


def _spread(change: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Values of a mask, each pixel outside it taking the nearest inside."""
    nearest = ndimage.distance_transform_edt(~mask, return_distances=False, return_indices=True)
    return change[tuple(nearest)]
