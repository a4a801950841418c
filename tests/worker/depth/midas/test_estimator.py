import cv2
import numpy as np
import pytest

from shared.errors import ModelError, PhotoError
from worker.depth.estimator import Photo
from worker.depth.midas.estimator import MidasEstimator
from worker.depth.transforms import HALF, InputRule


class RedBackend:
    """Stands in for a network: red is near. Notes the shapes that it was given."""

    def __init__(self):
        self.shapes = []

    def __call__(self, photos):
        self.shapes.append(photos.shape)
        return photos[:, 0] * 100 + 300


@pytest.fixture
def backend():
    return RedBackend()


@pytest.fixture
def estimator(backend):
    return MidasEstimator("red", backend, InputRule(64, "upper_bound"), HALF)


def red_ramp(width, height, **camera):
    """A photo that turns from black at the left to red at the right."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[..., 0] = np.linspace(0, 255, width)
    return Photo(pixels, **camera)


def test_the_near_side_of_the_photo_is_the_near_side_of_the_depth(estimator):
    (result,) = estimator.estimate([red_ramp(200, 100)])
    assert result.depth.shape == (100, 200)
    assert result.unit == "relative"
    assert result.depth[50, 10] > 2 > result.depth[50, 190] > 0
    assert result.mask.all()


def test_a_large_photo_has_a_depth_map_of_1024_pixels_with_its_camera(estimator):
    (result,) = estimator.estimate([red_ramp(2000, 1500, fov_x_deg=60)])
    assert result.depth.shape == (768, 1024)
    assert (result.camera.width, result.camera.height) == (1024, 768)
    assert result.camera.fov_x_deg == pytest.approx(60)


def test_photos_are_batched_by_the_size_of_the_networks_input(estimator, backend):
    photos = [red_ramp(200, 100), red_ramp(100, 200), red_ramp(400, 200)]
    shapes = [disparity.shape for disparity in estimator.disparity(photos)]
    assert shapes == [(100, 200), (200, 100), (200, 400)]
    assert sorted(backend.shapes) == [(1, 3, 64, 32), (2, 3, 32, 64)]


def test_a_strip_of_a_photo_is_refused_in_its_place_and_the_others_are_not(estimator):
    good, strip = estimator.estimate([red_ramp(200, 100), red_ramp(900, 100)])
    assert good.mask.all()
    assert isinstance(strip, PhotoError)
    assert "900 x 100" in str(strip)


def test_a_disparity_that_is_not_finite_is_an_error_and_never_a_number():
    broken = MidasEstimator("broken", lambda photos: photos[:, 0] * np.nan, InputRule(64), HALF)
    with pytest.raises(ModelError, match="broken"):
        broken.estimate([red_ramp(64, 64)])


def test_nothing_in_gives_nothing_out(estimator):
    assert estimator.estimate([]) == []


def test_a_real_network_turns_a_photo_into_depth(seeded_model):
    rng = np.random.default_rng(3)
    pixels = cv2.resize(rng.integers(0, 255, (6, 8, 3), np.uint8), (320, 200))
    (result,) = seeded_model("midas_v21_small_256").estimate([Photo(pixels)])
    assert result.depth.shape == (200, 320)
    assert np.isfinite(result.depth).all()
    assert result.depth.min() > 0
    assert result.report["input_wh"] == [256, 160]
