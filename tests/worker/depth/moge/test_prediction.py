"""From a photo's pixels to what is said of it: as the official `infer`, with the small network."""

import dataclasses

import cv2
import numpy as np
import pytest
import torch

from tests.support.seeding import DATA, write_checkpoint
from tests.worker.depth.moge.cases import case
from worker.depth import registry
from worker.depth.estimator import Photo
from worker.depth.network.estimator import NetworkEstimator
from worker.depth.network.loading import load
from worker.depth.network.torch_backend import CUDA_BATCH_SIZES
from worker.depth.weights import Weights, WeightsFile

NAME = "moge_2_vits_normal"


@pytest.fixture(scope="module")
def row_and_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    write_checkpoint(NAME, folder / "net.pt")
    return dataclasses.replace(registry.row(NAME), weights=Weights((WeightsFile("net.pt"),), ())), folder


def network(row_and_folder, tokens, backend="torch"):
    return load(*row_and_folder, backend, tokens)


def test_a_photos_prediction_equals_the_official_one(row_and_folder):
    official = case(NAME, "portrait")
    (seen,) = network(row_and_folder, official.tokens).predict([Photo(official.photo * 255)])
    with np.load(DATA / "moge" / f"{NAME}.npz") as stored:
        depth_m, mask, intrinsics = (stored[f"infer_{name}"] for name in ("depth", "mask", "intrinsics"))
        normals = stored["portrait_normal"]
    height, width = mask.shape
    np.testing.assert_array_equal(seen.mask, mask)
    np.testing.assert_allclose(1 / seen.disparity[mask], 1000 * depth_m[mask], rtol=1e-3)
    np.testing.assert_allclose([seen.camera.fx / width, seen.camera.fy / height], intrinsics.diagonal()[:2], rtol=1e-3)
    np.testing.assert_allclose(seen.normals[mask], normals[mask], atol=1e-3)


def some_photos(count):
    rng = np.random.default_rng(count)
    return [Photo(cv2.resize(rng.integers(0, 255, (5, 7, 3), np.uint8), (84, 60))) for _ in range(count)]


def test_a_batch_gives_each_photo_what_it_gets_alone(row_and_folder):
    alone = network(row_and_folder, 60)
    backend = alone.backend
    backend.batch_sizes = CUDA_BATCH_SIZES  # a CPU takes photos one by one
    batched = NetworkEstimator(NAME, backend, row_and_folder[0].reading.with_tokens(60))
    photos = some_photos(3)
    for photo, together in zip(photos, batched.predict(photos), strict=True):
        (seen,) = alone.predict([photo])
        np.testing.assert_array_equal(together.mask, seen.mask)
        np.testing.assert_allclose(together.disparity, seen.disparity, rtol=1e-4)
        np.testing.assert_allclose(together.normals, seen.normals, atol=1e-4)
        assert together.camera.fx == pytest.approx(seen.camera.fx, rel=1e-4)
