import io

import numpy as np
import pytest
from PIL import Image

from worker.export.png import png_from_image


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_png_keeps_its_values_and_its_facts(dtype):
    gray = np.random.default_rng(1).integers(0, np.iinfo(dtype).max, (7, 11)).astype(dtype)
    image = Image.open(io.BytesIO(png_from_image(gray, {"depth model": "größe"})))
    np.testing.assert_array_equal(np.asarray(image), gray)
    assert image.text["depth model"] == "größe"
