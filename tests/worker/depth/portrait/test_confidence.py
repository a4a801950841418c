import numpy as np
import pytest

from shared.cloud.camera import Intrinsics
from worker.depth.portrait.report import confidence_of

CAMERA = Intrinsics.from_focal((200, 160), 400.0)


def test_the_face_is_trusted_most_and_the_silhouette_least():
    person = np.full((160, 200), np.nan)
    person[20:140, 30:170] = 800.0
    face = np.full((160, 200), np.nan)
    face[50:110, 70:130] = 800.0
    confidence = confidence_of(person, face, CAMERA)
    assert confidence[80, 100] == pytest.approx(1, abs=0.05)
    assert confidence[80, 50] == pytest.approx(0.45, abs=0.02)
    assert confidence[80, 30] < 0.3
    assert confidence[5, 5] == 0


def test_the_photo_s_own_border_is_no_silhouette():
    person = np.full((160, 200), 800.0)
    assert confidence_of(person, np.full((160, 200), np.nan), CAMERA)[159, 100] == pytest.approx(0.45)


def test_a_face_that_leans_away_by_60_degrees_is_trusted_half_as_much_as_a_frontal_one():
    right = (np.arange(200) - CAMERA.cx) / CAMERA.fx
    depth = np.broadcast_to(800 / (1 - np.tan(np.radians(60)) * right), (160, 200))  # z = 800 + x tan 60
    middle = confidence_of(depth, depth, CAMERA)[80, 100]
    assert middle == pytest.approx(0.45 + 0.55 * 0.5, abs=0.005)


def test_what_the_photo_does_not_show_of_a_face_is_trusted_as_what_was_extended():
    flat, hidden = np.full((160, 200), 800.0), np.zeros((160, 200), bool)
    hidden[:, 100:] = True
    assert confidence_of(flat, flat, CAMERA, hidden)[80, [60, 140]] == pytest.approx([1, 0.45], abs=0.02)
