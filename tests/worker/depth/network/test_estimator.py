from dataclasses import replace

import cv2
import numpy as np
import pytest

from shared.errors import ModelError, PhotoError
from tests.support.seeding import write_checkpoint
from worker.depth import registry
from worker.depth.estimator import Photo
from worker.depth.network.backends import CPU_BATCH_SIZES
from worker.depth.network.estimator import NetworkEstimator
from worker.depth.network.loading import load
from worker.depth.network.reading import DisparityReading
from worker.depth.network.resizing import resized_on_cpu
from worker.depth.network.torch_backend import CUDA_BATCH_SIZES
from worker.depth.network.transforms import HALF, InputRule
from worker.depth.weights import Weights, WeightsFile

MINIMAL, UPPER_BOUND = (DisparityReading(InputRule(64, bound), HALF) for bound in ("minimal", "upper_bound"))


class RedBackend:
    """Stands in for a network: red is near. Notes the shapes that it was given."""

    name = "red"

    def __init__(self, batch_sizes=()):
        self.batch_sizes = batch_sizes
        self.shapes = []

    def __call__(self, inputs):
        (photos,) = inputs
        self.shapes.append(photos.shape)
        return (photos[:, 0] * 100 + 300,)

    def resized(self, disparity, size_wh, interpolation):
        return resized_on_cpu(disparity, size_wh, interpolation)


@pytest.fixture
def backend():
    return RedBackend()


@pytest.fixture
def estimator(backend):
    return NetworkEstimator("red", backend, UPPER_BOUND)


def red_ramp(width, height, **camera):
    """A photo that turns from black at the left to red at the right."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[..., 0] = np.linspace(0, 255, width)
    return Photo(pixels, **camera)


def test_a_cpu_takes_photos_one_by_one():
    backend = RedBackend(CPU_BATCH_SIZES)
    estimator = NetworkEstimator("red", backend, UPPER_BOUND)
    assert len(estimator.estimate([red_ramp(200, 100)] * 3)) == 3
    assert backend.shapes == [(1, 3, 32, 64)] * 3


def test_the_near_side_of_the_photo_is_the_near_side_of_the_depth(estimator):
    (result,) = estimator.estimate([red_ramp(200, 100)])
    assert result.depth.shape == (100, 200)
    assert result.unit == "relative"
    assert result.disparity.shape == result.depth.shape
    assert result.depth[50, 10] > 2 > result.depth[50, 190] > 0
    assert result.mask.all()


def test_a_large_photo_has_a_depth_map_of_1024_pixels_with_its_camera(estimator):
    (result,) = estimator.estimate([red_ramp(2000, 1500, fov_x_deg=60)])
    assert result.depth.shape == (768, 1024)
    assert (result.camera.width, result.camera.height) == (1024, 768)
    assert result.camera.fx == pytest.approx(result.camera.width / 2 / np.tan(np.radians(30)))


def test_photos_are_batched_by_the_size_of_the_networks_input(estimator, backend):
    photos = [red_ramp(200, 100), red_ramp(100, 200), red_ramp(400, 200)]
    shapes = [disparity.shape for disparity in disparities(estimator, photos)]
    assert shapes == [(100, 200), (200, 100), (200, 400)]
    assert sorted(backend.shapes) == [(1, 3, 64, 32), (2, 3, 32, 64)]


def test_a_strip_of_a_photo_is_refused_in_its_place_and_the_others_are_not(estimator):
    good, strip = estimator.estimate([red_ramp(200, 100), red_ramp(900, 100)])
    assert good.mask.all()
    assert isinstance(strip, PhotoError)
    assert "900 x 100" in str(strip)


def test_a_disparity_that_is_not_finite_is_an_error_and_never_a_number():
    class Broken(RedBackend):
        def __call__(self, inputs):
            return (inputs[0][:, 0] * np.nan,)

    broken = NetworkEstimator("broken", Broken(), MINIMAL)
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


def disparities(network, photos, faces=None):
    return [prediction.disparity for prediction in network.predict(photos, faces)]


SMALL_FACE = (130, 50, 170, 90)


def test_the_crop_round_a_small_face_gets_a_pass_of_its_own(backend):
    # A face of 40 pixels in a photo of 300 x 200: the crop is 120 square, its middle 12 below the face's.
    estimator = NetworkEstimator("red", backend, UPPER_BOUND)
    photo = red_ramp(300, 200)
    (focused,) = disparities(estimator, [photo], [SMALL_FACE])
    assert sorted(backend.shapes) == [(1, 3, 32, 64), (1, 3, 64, 64)]
    (plain,) = disparities(NetworkEstimator("red", RedBackend(), UPPER_BOUND), [photo])
    assert np.abs(focused - plain).max() < 0.02 * np.ptp(plain)
    assert np.array_equal(focused[:, :90], plain[:, :90])


@pytest.mark.parametrize("face", [None, (100, 20, 200, 140)])
def test_without_a_face_or_with_a_large_one_there_is_one_pass(backend, face):
    estimator = NetworkEstimator("red", backend, UPPER_BOUND)
    disparities(estimator, [red_ramp(300, 200)], [face])
    assert len(backend.shapes) == 1


def test_each_photo_says_whether_its_face_gets_a_pass_of_its_own(backend):
    estimator = NetworkEstimator("red", backend, MINIMAL)
    photos = [red_ramp(300, 200, focus=focus) for focus in ("photo", "face")]
    whole, focused = disparities(estimator, photos, [SMALL_FACE, SMALL_FACE])
    assert sum(shape[0] for shape in backend.shapes) == 3
    np.testing.assert_array_equal(whole, disparities(estimator, photos)[1])
    assert not np.array_equal(whole, focused)


def test_the_crop_of_each_face_goes_into_its_own_photo(backend):
    boxes = {300: SMALL_FACE, 400: (20, 100, 60, 150), 200: None}
    estimator = NetworkEstimator("red", backend, MINIMAL)
    photos = [red_ramp(width, 200) for width in (300, 200, 400, 300)]
    faces = [boxes[photo.pixels.shape[1]] for photo in photos]
    alone = [disparities(estimator, [photo], [face])[0] for photo, face in zip(photos, faces, strict=True)]
    for expected, found in zip(alone, disparities(estimator, photos, faces), strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_a_batch_gives_each_photo_what_it_gets_alone(count, small_model):
    rng = np.random.default_rng(count)
    photos = [Photo(cv2.resize(rng.integers(0, 255, (5, 7, 3), np.uint8), (224, 160))) for _ in range(count)]
    together = disparities(small_model, photos)
    for photo, disparity in zip(photos, together, strict=True):
        (alone,) = disparities(small_model, [photo])
        assert np.abs(disparity - alone).max() <= 1e-5 * np.ptp(alone)


@pytest.fixture(scope="module")
def small_model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    write_checkpoint("midas_v21_small_256", folder / "net.pt")
    row = registry.row("midas_v21_small_256")
    row = replace(
        row,
        weights=Weights((WeightsFile("net.pt"),), ()),
        reading=replace(row.reading, rule=InputRule(128, "upper_bound")),
    )
    backend = load(row, folder, "torch", 1800).backend
    backend.batch_sizes = CUDA_BATCH_SIZES  # a CPU takes photos one by one
    return NetworkEstimator(row.name, backend, row.reading)
