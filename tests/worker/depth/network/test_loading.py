"""A network together with the face finder, whose files `make setup` fetches."""

import shutil

import cv2
import pytest

from shared.settings import WeightsSettings
from tests.conftest import PORTRAIT
from worker.depth.anchored import Anchored
from worker.depth.estimator import Photo
from worker.depth.network.estimator import NetworkEstimator
from worker.depth.portrait.row import WEIGHTS
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
