"""Parts of faces that photos do not show, drawn over photos of people; and faces that show all of themselves."""

import cv2
import numpy as np
import pytest

from tests.support.covering import COVERS, CUTS, covered_by, cut_by
from tests.worker.conftest import PROJECT, read
from worker.person.hidden import hidden_pixels


def photo(name: str) -> np.ndarray:
    """A photo at a size at which the search is quick."""
    pixels = read(PROJECT / "tests" / "data" / "photos" / name)
    scale = 600 / max(pixels.shape[:2])
    return cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize("name", ["astronaut.png", "obama_arms_smile.jpg", "epps_long_hair.jpg"])
def test_what_covers_or_cuts_a_face_is_told(finder, name):
    pixels = photo(name)
    (face, *_) = finder.find_faces(pixels)
    points = face.landmarks[:, :2]
    covered = {kind: covered_by(kind, pixels, points) for kind in COVERS}
    cut = {kind: cut_by(kind, pixels, points) for kind in CUTS}
    for kind, hides in (COVERS | CUTS).items():
        picture = (covered | cut)[kind]
        said = finder.hidden_parts(picture, finder.find_faces(picture)[0])
        assert set(hides) <= set(said), kind


@pytest.mark.parametrize(
    "name",
    [
        "whitman_hat_beard.jpg",
        "lincoln_1863.jpg",
        "brady_glasses_turned.jpg",
        "leahy_bald_glasses.jpg",
        "hopper_cap_glasses.jpg",
        "washington_portrait.jpg",
        "pearl_earring_painting.jpg",
    ],
)
def test_beards_glasses_hats_and_fringes_hide_nothing(finder, name):
    pixels = photo(name)
    assert finder.hidden_parts(pixels, finder.find_faces(pixels)[0]) == []


def test_hidden_pixels_lie_on_the_parts_that_are_told(finder, astronaut):
    (face, *_) = finder.find_faces(astronaut)
    mask = hidden_pixels(face, ["right half", "mouth"], astronaut.shape[:2])
    right, left, mouth = ((*face.landmarks[index, :2].astype(int)[::-1],) for index in (159, 386, 13))
    assert (mask[right], mask[left], mask[mouth]) == (True, False, True)
    assert mask.sum() < 0.5 * face.side**2
