"""A network that gives point maps: what goes in, and what its outputs say."""

import math

import numpy as np
import pytest

from worker.depth.network.point_maps import PointMapReading
from worker.depth.network.resizing import resized_on_cpu
from worker.depth.network.transforms import HALF

READING = PointMapReading(HALF, patch_px=14, tokens=1200)
SIZE_WH = (60, 40)


@pytest.mark.parametrize(
    ("photo_size_wh", "tokens", "expected_wh"),
    [
        ((800, 600), 1200, (40 * 14, 30 * 14)),  # 1200 * 4 / 3 = 40^2, 1200 * 3 / 4 = 30^2
        ((75, 120), 1800, (34 * 14, 54 * 14)),  # roots of 1125 and 2880: 33.5 and 53.7
        ((64, 64), 3600, (60 * 14, 60 * 14)),
        ((8000, 1), 1200, (3098 * 14, 14)),  # the root of 0.15 is a row nevertheless
    ],
)
def test_input_sizes_agree_with_hand_worked_ones(photo_size_wh, tokens, expected_wh):
    assert READING.with_tokens(tokens).input_size_wh(photo_size_wh) == expected_wh


def test_the_number_of_tokens_makes_no_other_export():
    assert READING.with_tokens(3600).export_key == READING.export_key


def test_the_inputs_are_the_normalised_photo_and_its_own_aspect_ratio():
    photo = np.full((40, 60, 3), (255, 102, 0), np.uint8)
    picture, aspect = READING.inputs(photo, (28, 14))
    assert picture.shape == (3, 14, 28)
    np.testing.assert_allclose(picture[:, 3, 5], [1.0, -0.2, -1.0], atol=1e-6)
    assert aspect == pytest.approx(1.5)
    pictures, aspects = READING.batch(np.zeros((2, 3, 14, 28), np.float32))
    assert (pictures.shape, aspects.tolist()) == ((2, 3, 14, 28), [2.0, 2.0])


def ball(size_wh=SIZE_WH, focal=1.5, shift=0.0):
    """Raw points (3, h, w) of a bulge before the camera, 2 to 3 away, seen by a lens of that focal length."""
    width, height = size_wh
    v, u = np.mgrid[:height, :width] + 0.5
    u, v = ((value - side / 2) * 2 / math.hypot(width, height) for value, side in ((u, width), (v, height)))
    z = 3 - np.exp(-6 * (u**2 + v**2))
    away = z - shift
    return np.stack([u / focal * z / away, v / focal * z / away, np.log(away)]).astype(np.float32), z


def facing(size_wh=SIZE_WH):
    """Raw normals towards the camera and to the left, 5 long."""
    return np.broadcast_to(np.float32([-3, 0, -4])[:, None, None], (3, *size_wh[::-1]))


def everywhere(size_wh=SIZE_WH):
    return np.full(size_wh[::-1], 4, np.float32)


def read(points, logits, metres, *normals):
    return READING.prediction((points, logits, np.float32(metres), *normals), SIZE_WH, resized_on_cpu)


def test_outputs_become_a_metric_disparity_with_its_lens_and_normals():
    points, z = ball(shift=0.4)
    seen = read(points, everywhere(), 0.5, facing())
    assert seen.scale == "metric"
    assert seen.mask.all()
    np.testing.assert_allclose(1 / seen.disparity, 500 * z, rtol=2e-3)  # two to three halves of a metre
    half_diagonal = math.hypot(*SIZE_WH) / 2
    assert seen.camera.fx == pytest.approx(1.5 * half_diagonal, rel=2e-3)
    assert (seen.camera.cx, seen.camera.cy) == (29.5, 19.5)
    np.testing.assert_allclose(seen.normals[7, 9], [-0.6, 0, -0.8], atol=1e-6)


def test_a_coarser_output_comes_to_the_photos_grid():
    points, _ = ball((30, 20))
    seen = READING.prediction((points, everywhere((30, 20)), np.float32(1), facing((30, 20))), SIZE_WH, resized_on_cpu)
    fine = read(ball()[0], everywhere(), 1)
    np.testing.assert_allclose(seen.disparity, fine.disparity, rtol=0.05)
    assert seen.camera.fx == pytest.approx(fine.camera.fx, rel=0.05)
    assert seen.normals.shape == (40, 60, 3)


def test_what_the_network_does_not_vouch_for_has_no_disparity_and_no_normal():
    logits = everywhere()
    logits[:, :20] = -1
    points, z = ball()
    points[2, :10, :10] = 200  # e^200 is no float32
    seen = read(points, logits, 1, facing())
    np.testing.assert_array_equal(seen.mask, logits > 0)
    assert not seen.disparity[:, :20].any()
    assert np.isnan(seen.normals[:, :20]).all()
    np.testing.assert_allclose(1 / seen.disparity[:, 20:], 1000 * z[:, 20:], rtol=2e-3)


def test_points_that_are_too_far_for_a_number_are_not_vouched_for():
    points, _ = ball()
    points[2, 3, 4] = 200
    seen = read(points, everywhere(), 1)
    assert not seen.mask[3, 4]
    assert seen.disparity[3, 4] == 0
    assert np.isfinite(seen.disparity).all()
    assert seen.mask.sum() == seen.mask.size - 1


def test_a_photo_of_nothing_has_no_lens():
    seen = read(ball()[0], -everywhere(), 1, facing())
    assert not seen.mask.any()
    assert not seen.disparity.any()
    assert seen.camera is None


def test_a_network_without_normals_gives_none():
    assert read(ball()[0], everywhere(), 1).normals is None


def test_a_normal_of_no_length_is_none():
    normals = facing().copy()
    normals[:, 5, 6] = 0
    seen = read(ball()[0], everywhere(), 1, normals)
    assert np.isnan(seen.normals[5, 6]).all()
    assert np.isfinite(seen.normals).all(-1).sum() == 40 * 60 - 1
