import numpy as np
import pytest

from shared.options import ModelOptions
from tests.worker.geometry.scenes import ball, camera_of
from worker.geometry.cloud import build_cloud, relief_ratio

CAMERA = camera_of(160, 220, 500)
PIXELS = np.random.default_rng(2).integers(0, 256, (320, 440, 3), dtype=np.uint8)


def cloud_of(depth, unit="mm", **options):
    trust = np.where(np.isfinite(depth), 0.5, 0).astype(np.float32)
    return build_cloud(depth.astype(np.float32), trust, CAMERA, unit, PIXELS, ModelOptions(**options))


def test_the_points_of_a_ball_lie_on_that_ball():
    cloud, _ = cloud_of(ball(CAMERA), point_budget=5000, smoothing=0)
    away = np.linalg.norm(cloud.points() - [0, 0, 600], axis=1) - 90
    assert np.abs(np.median(away)) < 0.1
    assert np.percentile(np.abs(away), 95) < 1


def test_the_budget_holds_and_every_pixel_is_accounted_for():
    cloud, report = cloud_of(ball(CAMERA), point_budget=5000)
    assert 4500 <= cloud.count == report.points <= 5000
    assert report.points + sum(report.dropped.values()) == report.pixels
    assert report.unit == cloud.unit == "mm"


def test_lighter_is_nearer_and_confidence_goes_along():
    cloud, _ = cloud_of(ball(CAMERA), point_budget=5000)
    mask = cloud.mask
    assert cloud.gray[mask][cloud.depth[mask].argmin()] == 255
    assert cloud.gray[mask][cloud.depth[mask].argmax()] == 40
    assert (cloud.confidence[mask] == 128).all()
    assert not cloud.confidence[~mask].any()


def test_the_cloud_survives_its_file():
    cloud, _ = cloud_of(ball(CAMERA), point_budget=5000)
    again = type(cloud).from_bytes(cloud.to_bytes())
    np.testing.assert_allclose(again.depth, cloud.depth, atol=0.001)


def test_a_map_without_depth_is_refused():
    with pytest.raises(ValueError, match="empty"):
        cloud_of(np.full((160, 220), np.nan))


def test_the_relief_ratio_agrees_with_a_hand_worked_box():
    x, z = np.linspace(0, 200, 101), np.linspace(500, 600, 101)
    assert relief_ratio(np.stack([x, 0 * x, z], axis=1)) == pytest.approx(0.5)
    assert relief_ratio(np.zeros((5, 3))) == 0
