import numpy as np
import pytest

from shared.cloud.camera import Intrinsics
from worker.depth.portrait.anatomy import skull_frame
from worker.depth.portrait.silhouette import continued_down, without_neighbours
from worker.person.face import Pose

CAMERA = Intrinsics.from_focal((280, 240), 420.0)
FRAME = skull_frame(Pose(np.eye(3), np.array([0.0, -40.0, 700.0])), CAMERA)
RIGHT, DOWN = FRAME.right, FRAME.down
HEAD = (RIGHT / 77) ** 2 + (DOWN / 115) ** 2 < 1
WIDE_HAIR = HEAD | (np.hypot(RIGHT, DOWN + 20) < 130)


@pytest.fixture
def kept():
    def cut(person):
        return without_neighbours(person, FRAME, 700 / 420)

    return cut


def test_wide_hair_is_kept(kept):
    np.testing.assert_array_equal(kept(WIDE_HAIR), WIDE_HAIR)


@pytest.mark.parametrize("side", [1, -1])
def test_a_neighbour_who_touches_the_head_is_cut_away_on_that_side_only(kept, side):
    cut = kept(WIDE_HAIR | ((side * RIGHT > 60) & (DOWN > -50)))
    level = np.abs(DOWN + 20) < 25
    assert not cut[(side * RIGHT > 105) & level].any()
    assert cut[(side * RIGHT < -105) & WIDE_HAIR & level].all()


def test_a_trunk_goes_on_to_the_picture_s_lower_border_and_a_head_does_not():
    upper_body = HEAD | ((np.abs(RIGHT) < 150) & (DOWN > 100) & (DOWN < 200))
    body = continued_down(upper_body, FRAME)
    assert body[-1][np.abs(RIGHT[-1]) < 150].all()
    assert not body[-1][np.abs(RIGHT[-1]) > 150].any()
    np.testing.assert_array_equal(continued_down(HEAD, FRAME), HEAD)
