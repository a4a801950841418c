import cv2
import numpy as np
import pytest

from tests.support.fusing import CAMERA, FACE, HEAD, U, V, sight
from worker.geometry.fuse.agreement import steeper
from worker.geometry.fuse.sharpness import sharpness_of
from worker.geometry.jumps import links_of
from worker.geometry.normals import normals_of

PIXEL_MM = float(np.nanmedian(FACE)) / CAMERA.fx
BUMPS_MM = 0.8 * np.sin(2 * np.pi * U * PIXEL_MM / 16) * np.sin(2 * np.pi * V * PIXEL_MM / 16)
SIGHT = sight(np.ones(FACE.shape, np.float32), face=FACE + BUMPS_MM, likely=HEAD + BUMPS_MM)


def normals(depth):
    return normals_of(depth, CAMERA, links_of(depth, CAMERA))


def blurred(given, sigma_mm):
    known = np.isfinite(given)
    weight = cv2.GaussianBlur(known.astype(float), (0, 0), sigma_mm / PIXEL_MM)
    return np.where(
        known,
        cv2.GaussianBlur(np.where(known, given, 0), (0, 0), sigma_mm / PIXEL_MM) / np.maximum(weight, 1e-9),
        np.nan,
    )


@pytest.mark.parametrize(("sigma_mm", "expected"), [(0.5, (0.9, 1.0)), (3.0, (0.0, 0.6)), (8.0, (0.0, 0.01))])
def test_the_more_normals_are_blurred_the_less_their_fine_relief_counts(sigma_mm, expected):
    low, high = expected
    assert low <= sharpness_of(blurred(normals(HEAD + BUMPS_MM).astype(float), sigma_mm), 1.0, SIGHT) <= high


def test_higher_relief_is_as_sharp_and_the_gain_makes_flat_normals_so():
    same = normals(HEAD + BUMPS_MM)
    assert sharpness_of(normals(HEAD + 2 * BUMPS_MM), 1.0, SIGHT) > 0.9
    assert sharpness_of(steeper(same, 0.4), 1 / 0.4, SIGHT) == pytest.approx(sharpness_of(same, 1.0, SIGHT), abs=0.01)


def test_relief_of_something_else_is_not_sharp():
    assert sharpness_of(normals(HEAD - BUMPS_MM), 1.0, SIGHT) == 0


def test_where_there_is_nothing_to_compare_they_count():
    assert sharpness_of(np.full((*FACE.shape, 3), np.nan), 1.0, SIGHT) == 1
