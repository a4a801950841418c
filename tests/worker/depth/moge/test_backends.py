"""The small network through what runs it."""

import cv2
import numpy as np
import pytest

from tests.worker.depth.moge.cases import case
from tests.worker.depth.moge.test_network import SMALL, assert_equal_to_the_official, raw_outputs
from worker.depth import registry
from worker.depth.estimator import Photo
from worker.depth.network.estimator import NetworkEstimator
from worker.depth.network.torch_backend import CUDA_BATCH_SIZES


def some_photos(count):
    rng = np.random.default_rng(count)
    return [Photo(cv2.resize(rng.integers(0, 255, (5, 7, 3), np.uint8), (84, 60))) for _ in range(count)]


def test_a_batch_gives_each_photo_what_it_gets_alone(seeded_model):
    backend, reading = seeded_model(SMALL).backend, registry.row(SMALL).reading.with_tokens(20)
    alone = NetworkEstimator(SMALL, backend, reading)
    backend.batch_sizes = CUDA_BATCH_SIZES  # a CPU takes photos one by one
    batched = NetworkEstimator(SMALL, backend, reading)
    photos = some_photos(3)
    for photo, together in zip(photos, batched.predict(photos), strict=True):
        (seen,) = alone.predict([photo])
        assert seen.disparity.shape == (60, 84)
        np.testing.assert_array_equal(together.mask, seen.mask)
        np.testing.assert_allclose(together.disparity, seen.disparity, rtol=1e-4)
        np.testing.assert_allclose(together.normals, seen.normals, atol=1e-4)
        assert together.camera.fx == pytest.approx(seen.camera.fx, rel=1e-4)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning:onnxscript", "ignore::FutureWarning")
def test_the_exported_network_equals_the_official_one_at_grids_that_it_was_not_exported_with(seeded_model):
    exported = seeded_model(SMALL, "onnxruntime")
    for which in ("portrait", "square"):
        official = case(SMALL, which)
        reading = registry.row(SMALL).reading.with_tokens(official.tokens)
        assert_equal_to_the_official(raw_outputs(official, exported, reading), official)
