"""The stored photo, decoded."""

import io

import numpy as np
import pytest
from PIL import Image

from shared.errors import PhotoError
from shared.photo.decode import STORED_AS, jpeg_from_pixels, read_photo
from worker.stages.photos import pixels_from_stored


@pytest.mark.parametrize(("quality", "subsampling"), STORED_AS)
def test_a_stored_photo_has_the_pixels_that_an_upload_of_it_would_have(astronaut, quality, subsampling):
    stored = io.BytesIO()
    Image.fromarray(astronaut[:, 50:]).save(stored, "JPEG", quality=quality, subsampling=subsampling)
    pixels = pixels_from_stored(stored.getvalue())
    np.testing.assert_array_equal(pixels, read_photo(stored.getvalue()).pixels)


def test_a_damaged_stored_photo_is_refused(astronaut):
    stored = jpeg_from_pixels(astronaut)
    for damaged in (stored[: len(stored) // 2], b"\xff\xd8\xff", b"\xff\xd8\xff\xd9", b""):
        with pytest.raises(PhotoError, match="stored photo is damaged"):
            pixels_from_stored(damaged)
