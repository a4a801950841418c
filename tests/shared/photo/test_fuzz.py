"""Twelve thousand files that are wrong somewhere: each gives pixels or is refused, as a photo and as a map."""

from itertools import chain

import numpy as np
import pytest

from shared.errors import DisparityError, PhotoError, PointsError
from shared.maps.disparity_files import read_disparity
from shared.maps.point_files import read_points
from shared.photo.decode import read_photo
from tests.support.arrays import npy, zipped
from tests.support.corpus import POINTS, disparities, photos, point_maps
from tests.support.mutations import mutated

EACH = 1000


@pytest.mark.parametrize("seed", range(8))
def test_a_photo_with_anything_wrong_gives_pixels_or_is_refused(seed):
    read, refused = 0, 0
    for data in mutated(photos(), EACH, seed):
        try:
            pixels = read_photo(data, limit_mp=1).pixels
        except PhotoError:
            refused += 1
        else:
            read += 1
            assert pixels.dtype == np.uint8 and pixels.ndim == 3 and pixels.shape[2] == 3
    assert min(read, refused) > EACH // 20


@pytest.mark.parametrize("seed", range(2))
def test_a_disparity_map_with_anything_wrong_gives_numbers_or_is_refused(seed):
    read, refused = 0, 0
    for data in mutated(disparities(), EACH, seed):
        try:
            values = read_disparity(data, (80, 60), limit_mp=1).values
        except DisparityError:
            refused += 1
        else:
            read += 1
            assert values.dtype == np.float32 and values.ndim == 2
    assert min(read, refused) > EACH // 20


def test_a_point_map_with_anything_wrong_gives_depth_or_is_refused():
    read, refused = 0, 0
    members = (zipped(points=data) for data in mutated([npy(POINTS), npy(POINTS[None])], EACH, 0))
    for data in chain(mutated(point_maps(), EACH, 0), members):  # a zip file's checksums keep most changes out
        try:
            own = read_points(data, (80, 60), "relative", limit_mp=1)
        except PointsError:
            refused += 1
        else:
            read += 1
            assert own.depth.dtype == np.float32 and own.depth.ndim == 2
            assert np.nanmin(own.depth) > 0 and not np.isinf(own.depth).any()
    assert min(read, refused) > EACH // 20
