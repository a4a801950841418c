"""Photos that lie on their side, and heads that lean over a trunk that does not."""

import cv2
import numpy as np
import pytest

from tests.support.turning import leaning, turned_by
from tests.worker.conftest import PROJECT, read


def photo(name: str) -> np.ndarray:
    pixels = read(PROJECT / "tests" / "data" / "photos" / f"{name}.jpg")
    scale = 700 / max(pixels.shape[:2])
    return cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize(("degrees", "quarters"), [(0, 0), (30, 0), (60, 3), (110, 3), (180, 2), (250, 1), (300, 1)])
def test_a_photo_is_turned_by_the_quarters_that_set_it_upright(finder, degrees, quarters):
    pixels, _ = turned_by(photo("washington_portrait"), degrees)
    assert finder.quarters_to_upright(pixels, finder.find_faces(pixels)[0]) == quarters


def test_a_head_that_leans_far_over_an_upright_trunk_is_left_as_it_is(finder, astronaut):
    pixels = leaning(astronaut, neck_uv=(222, 175), degrees=52)
    face, *_ = finder.find_faces(pixels)
    assert face.lean_deg == pytest.approx(52, abs=8)
    assert finder.quarters_to_upright(pixels, face) == 0


def test_what_only_looks_like_a_face_does_not_win_in_a_photo_that_is_turned(finder, astronaut):
    pixels, onto = turned_by(astronaut, 45)
    face, *_ = finder.find_faces(pixels)
    assert np.linalg.norm(face.middle - onto @ [222, 118, 1]) < 30


@pytest.mark.parametrize(("name", "degrees"), [("obama_arms_smile", 135), ("whitman_hat_beard", 225)])
def test_a_face_is_found_right_way_up_where_its_photo_is_turned(finder, name, degrees):
    upright = photo(name)
    pixels, onto = turned_by(upright, degrees)
    (before, *_), (face, *_) = finder.find_faces(upright), finder.find_faces(pixels)
    expected = before.landmarks[:, :2] @ onto[:, :2].T + onto[:, 2]
    assert np.linalg.norm(face.landmarks[:, :2] - expected, axis=1).mean() < 0.03 * before.side
