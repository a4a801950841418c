from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy import ndimage

from shared.cloud.camera import Intrinsics
from shared.cloud.classes import PointClass
from shared.cloud.format import bytes_from_cloud, cloud_from_bytes
from tests.support.scenes import ball, camera_of, noise, strands_before_a_wall
from worker.geometry.surface.cloud import cloud_from_depth, relief_ratio

CHOICES = {"point_budget": 100_000, "smoothing": 1.0, "remove_background": True}
HEADS = Path(__file__).parents[3] / "data" / "heads"
CAMERA = camera_of(160, 220, 500)
PIXELS = np.random.default_rng(2).integers(0, 256, (320, 440, 3), dtype=np.uint8)


def cloud_of(depth, unit="mm", **choices):
    trust = np.where(np.isfinite(depth), 0.5, 0).astype(np.float32)
    return cloud_from_depth(depth.astype(np.float32), trust, CAMERA, unit, PIXELS, **CHOICES | choices)


def test_the_points_of_a_ball_lie_on_that_ball():
    cloud, _ = cloud_of(ball(CAMERA), point_budget=5000, smoothing=0)
    away = np.linalg.norm(cloud.points() - [0, 0, 600], axis=1) - 90
    assert np.abs(np.median(away)) < 0.1
    assert np.percentile(np.abs(away), 95) < 1


def test_the_budget_holds_and_every_pixel_is_accounted_for():
    cloud, report = cloud_of(ball(CAMERA), point_budget=5000)
    assert 4500 <= cloud.count == report["points"] <= 5000
    assert report["points"] + sum(report["dropped"].values()) == report["pixels"]
    assert report["unit"] == cloud.unit == "mm"


def test_lighter_is_nearer_and_confidence_goes_along():
    cloud, _ = cloud_of(ball(CAMERA), point_budget=5000)
    mask = cloud.mask
    assert cloud.gray[mask][cloud.depth[mask].argmin()] == 255
    assert cloud.gray[mask][cloud.depth[mask].argmax()] == 40
    assert set(cloud.confidence[mask]) <= {127, 128}
    assert not cloud.confidence[~mask].any()


def test_classes_go_along_and_without_any_all_points_are_of_the_class_other():
    hair_above = np.where(np.arange(160)[:, None] < 80, PointClass.HAIR, PointClass.SKIN) * np.ones((1, 220), np.uint8)
    cloud, _ = cloud_of(ball(CAMERA), point_budget=5000, classes=hair_above)
    v, _ = np.nonzero(cloud.mask)
    above = (v + 0.5) / cloud.camera.height < 0.5
    np.testing.assert_array_equal(cloud.classes[cloud.mask], np.where(above, PointClass.HAIR, PointClass.SKIN))
    assert not cloud.classes[~cloud.mask].any()
    unknown, _ = cloud_of(ball(CAMERA), point_budget=5000)
    assert (unknown.classes[unknown.mask] == PointClass.OTHER).all()


def test_a_kept_background_has_its_own_class_colours_and_depth_up_to_the_hair():
    scene, person = strands_before_a_wall(CAMERA)
    alpha = cv2.GaussianBlur(person.astype(np.float32), (0, 0), 0.7)
    share = cv2.resize(alpha, (440, 320), interpolation=cv2.INTER_LINEAR)[..., None]
    pixels = np.rint(share * [60, 40, 30] + (1 - share) * [40, 90, 220]).astype(np.uint8)
    person = alpha >= 0.5
    classes = np.where(person, PointClass.HAIR, PointClass.BACKGROUND).astype(np.uint8)
    depth, trust = np.where(person, np.minimum(scene, 600), 2500).astype(np.float32), np.ones((160, 220), np.float32)
    cloud, report = cloud_from_depth(
        depth, trust, CAMERA, "mm", pixels, **CHOICES | {"remove_background": False}, alpha=alpha, classes=classes
    )
    assert report["background"] == "kept"
    assert cloud.count == 160 * 220
    np.testing.assert_array_equal(cloud.classes, classes)
    assert (cloud.depth[person] < 640).all() and (cloud.depth[~person] > 2400).all()
    assert np.median(np.abs(cloud.rgb[person].astype(int) - [60, 40, 30])) <= 5
    assert np.median(np.abs(cloud.rgb[~person].astype(int) - [40, 90, 220])) <= 5


def test_the_cloud_survives_its_file():
    cloud, _ = cloud_of(ball(CAMERA), point_budget=5000)
    again = cloud_from_bytes(bytes_from_cloud(cloud))
    np.testing.assert_allclose(again.depth, cloud.depth, atol=0.001)


def test_a_map_without_depth_is_refused():
    with pytest.raises(ValueError, match="empty"):
        cloud_of(np.full((160, 220), np.nan))


def test_the_relief_ratio_agrees_with_a_hand_worked_box():
    x, z = np.linspace(0, 200, 101), np.linspace(500, 600, 101)
    assert relief_ratio(np.stack([x, 0 * x, z], axis=1)) == pytest.approx(0.5)
    assert relief_ratio(np.zeros((5, 3))) == 0


@pytest.mark.parametrize("name", ["h0", "h3", "h5"])
def test_a_rendered_head_before_a_blurred_wall_keeps_its_shape_and_no_flying_pixels(name):
    depth, camera, pixels = rendered_head(name)
    scene = 1 / cv2.GaussianBlur(1 / np.where(np.isfinite(depth), depth, 2500), (0, 0), 1.5)
    noisy = (scene + noise(scene.shape, 1.0)).astype(np.float32)
    cloud, report = cloud_from_depth(noisy, np.ones_like(noisy), camera, "mm", pixels, **CHOICES | {"smoothing": 0.5})
    assert report["background"] == "found"
    kept = cloud.mask & np.isfinite(depth)
    assert kept.sum() > 0.97 * (cloud.mask | np.isfinite(depth)).sum()
    assert np.median(np.abs(cloud.depth - depth)[kept]) < 0.3
    assert flying_share(cloud.depth, depth) < 0.001


def rendered_head(name):
    with np.load(HEADS / f"{name}.npz") as file:
        depth, fov_rad = file["z"], float(file["fov_rad"])
    pixels = cv2.imread(str(HEADS / f"{name}.jpg"))[..., ::-1]
    return depth, Intrinsics.from_focal((512, 512), 256 / np.tan(fov_rad / 2)), pixels


def flying_share(depth, truth):
    """Part of the points that lie more than 10 mm before or behind all of the true surface around them."""
    nearest = ndimage.minimum_filter(np.where(np.isfinite(truth), truth, np.inf), 5) - 10
    farthest = ndimage.maximum_filter(np.where(np.isfinite(truth), truth, -np.inf), 5) + 10
    known = np.isfinite(depth)
    return ((depth < nearest) | (depth > farthest))[known].mean()
