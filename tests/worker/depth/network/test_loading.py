"""A network together with the face finder, whose files `make setup` fetches."""

import shutil
from dataclasses import replace

import cv2
import pytest

from shared.settings import WeightsSettings
from tests.conftest import PORTRAIT
from worker.depth import registry
from worker.depth.anchored import Anchored
from worker.depth.estimator import Photo
from worker.depth.network import loading
from worker.depth.network.estimator import NetworkEstimator
from worker.depth.portrait.row import WEIGHTS
from worker.depth.weights import Weights, WeightsFile
from worker.geometry.fuse.focus import crop_round_face
from worker.person.finder import PersonFinder


@pytest.fixture(scope="module")
def faces_folder():
    folder = WeightsSettings.from_environment().weights
    WEIGHTS.fetch(folder)
    return folder


@pytest.fixture(scope="module")
def photo():
    return Photo(cv2.cvtColor(cv2.imread(str(PORTRAIT)), cv2.COLOR_BGR2RGB))


def test_the_face_in_a_real_photo_gets_a_crop_of_its_own(faces_folder, photo):
    face = PersonFinder(faces_folder).find_faces(photo.pixels)[0].box
    crop = crop_round_face(photo.pixels.shape[1::-1], face)
    left, top, right, bottom = face
    assert crop.left < left < right < crop.right
    assert crop.top < top < bottom < crop.bottom


@pytest.mark.parametrize("name", ["dpt_levit_224", "depth_anything_v2_vits"])
def test_the_files_of_the_face_networks_make_a_depth_model_metric(name, faces_folder, photo, seeded_model, tmp_path):
    assert isinstance(seeded_model(name), NetworkEstimator)
    for file in WEIGHTS.files:
        shutil.copy(faces_folder / file.name, tmp_path)
    model = seeded_model(name)
    assert isinstance(model, Anchored)
    (result,) = model.estimate([photo])
    assert result.unit == "mm"
    assert "network" in result.report


@pytest.mark.parametrize(("name", "side_px"), [("midas_v21_small_256", 256), ("moge_2_vits_normal", 22 * 14)])
def test_a_gpu_picks_its_kernels_at_load_for_square_photos_and_each_size_of_batch(name, side_px, tmp_path, monkeypatch):
    shapes = []

    class Picky:
        name, picks_kernels, batch_sizes = "picky", True, (1, 2)

        def __call__(self, inputs):
            shapes.append([values.shape for values in inputs])

    monkeypatch.setattr(loading, "open_backend", lambda *_: Picky())
    (tmp_path / "net.pt").touch()
    row = replace(registry.row(name), weights=Weights((WeightsFile("net.pt"),), ()))
    loading.load(row, tmp_path, "torch", 500)
    beside = [[(1,)], [(2,)]] if "moge" in name else [[], []]
    assert shapes == [[(count, 3, side_px, side_px), *more] for count, more in zip((1, 2), beside, strict=True)]
