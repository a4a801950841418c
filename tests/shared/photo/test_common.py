"""Whole JPEG files of usual colours, which are decoded by another library than all others."""

import io

import numpy as np
import pytest
from PIL import Image

from shared.photo.common import common_pixels

SIZE_WH = (157, 83)


def jpeg(mode: str = "RGB", **options) -> bytes:
    """A coarse picture, seeded, with sharp edges between saturated colours."""
    tones = np.random.default_rng(5).integers(0, 256, (11, 20, 3), np.uint8)
    output = io.BytesIO()
    Image.fromarray(tones).resize(SIZE_WH, Image.Resampling.NEAREST).convert(mode).save(output, "JPEG", **options)
    return output.getvalue()


@pytest.mark.parametrize(
    "options",
    [
        {"subsampling": 0},
        {"subsampling": 1},
        {"subsampling": 2},
        {"progressive": True},
        {"quality": 12},
        {"quality": 100},
    ],
)
def test_they_have_the_pixels_that_pillow_gives(options):
    file = jpeg(**options)
    np.testing.assert_array_equal(common_pixels(file, SIZE_WH), np.asarray(Image.open(io.BytesIO(file))))


def test_whatever_is_not_whole_or_not_usual_is_left_to_others():
    whole = jpeg(progressive=True)
    last_scan = whole.rindex(b"\xff\xda")
    for odd in (jpeg("L"), jpeg("CMYK"), whole[:-200], whole[:last_scan] + b"\xff\xd9", b"\x89PNG", b"\xff\xd8\xff"):
        assert common_pixels(odd, SIZE_WH) is None
    assert common_pixels(whole, (83, 157)) is None  # of another size than was allowed
