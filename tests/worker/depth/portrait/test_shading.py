import numpy as np

from shared.cloud.camera import Intrinsics, unproject
from worker.depth.portrait.shading import SHADING, refine

CAMERA = Intrinsics.from_focal((150, 170), 400.0)
V, U = np.mgrid[:170, :150]
X, Y = (U - CAMERA.cx) * 600 / CAMERA.fx, (V - CAMERA.cy) * 600 / CAMERA.fy
BULGE = np.hypot(X / 80, Y / 95)
SMOOTH = np.where(BULGE < 1, 600 - 70 * np.sqrt(np.maximum(1.2 - BULGE**2, 0)), np.nan)
BUMP = -4 * np.exp(-((X - 15) ** 2 + (Y + 10) ** 2) / (2 * 14**2))
LIGHT = np.array([-0.3, -0.5, -0.8]) / np.linalg.norm([-0.3, -0.5, -0.8])


def lit(depth):
    """A photo of a surface of one colour under one lamp."""
    points = unproject(depth, CAMERA)
    normal = np.cross(np.gradient(points, axis=0), np.gradient(points, axis=1))
    normal /= np.linalg.norm(normal, axis=2, keepdims=True)
    shade = np.nan_to_num(np.clip(normal @ LIGHT, 0, 1)) * 0.7 + 0.15
    return (shade[..., None] * [220, 180, 150]).astype(np.uint8)


def test_a_bump_that_only_the_light_shows_moves_the_surface_towards_it():
    refined = refine(SMOOTH, lit(SMOOTH + BUMP), CAMERA, np.zeros(SMOOTH.shape, bool))
    before, after = np.abs(BUMP), np.abs(refined - SMOOTH - BUMP)
    near = np.isfinite(SMOOTH) & (BUMP < -1)
    assert after[near].mean() < 0.95 * before[near].mean()


def test_a_photo_that_agrees_with_the_surface_changes_little():
    refined = refine(SMOOTH, lit(SMOOTH), CAMERA, np.zeros(SMOOTH.shape, bool))
    assert np.nanmean(np.abs(refined - SMOOTH)) < 0.8


def test_whatever_the_photo_the_change_is_bounded_and_the_outline_kept():
    noise = np.random.default_rng(0).integers(0, 256, (*SMOOTH.shape, 3), np.uint8)
    refined = refine(SMOOTH, noise, CAMERA, np.zeros(SMOOTH.shape, bool))
    assert (np.isfinite(refined) == np.isfinite(SMOOTH)).all()
    assert np.nanmax(np.abs(refined - SMOOTH)) <= SHADING.most_change_mm
