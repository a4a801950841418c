"""Ten thousand files that are wrong somewhere: each gives pixels or is refused, as a photo and as a disparity map."""

import numpy as np
import pytest

from shared.errors import DisparityError, PhotoError
from shared.maps.disparity_files import read_disparity
from shared.photo.decode import read_photo
from tests.support.corpus import disparities, photos
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
