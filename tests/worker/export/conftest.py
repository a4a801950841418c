import numpy as np
import pytest

from tests.support.scenes import ball, camera_of, cloud_of
from worker.export.source import Source

CAMERA = camera_of(60, 80, 200)
FACTS = {"generator": "Relief 0", "depth model": "größe"}


@pytest.fixture(scope="module")
def source() -> Source:
    """A ball in mm, on a grid of 80 x 60 pixels, in a photo of twice that size."""
    pixels = np.random.default_rng(2).integers(0, 256, (120, 160, 3), dtype=np.uint8)
    return Source(cloud_of(ball(CAMERA), CAMERA), pixels, "grayscale", FACTS)


@pytest.fixture
def relative_source(source) -> Source:
    """The same ball, of unknown size."""
    cloud = cloud_of(ball(CAMERA) / 600, CAMERA, unit="relative")
    return Source(cloud, source.pixels, "grayscale", FACTS)
