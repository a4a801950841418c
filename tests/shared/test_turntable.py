import pytest

from shared.turntable import HEAD_TURNTABLE, SURFACE_TURNTABLE


def test_the_surface_turns_from_one_side_to_the_other():
    yaws = SURFACE_TURNTABLE.yaws_deg
    assert (len(yaws), yaws[0]) == (24, -45)
    assert yaws[-1] == pytest.approx(45)


def test_the_head_turns_all_around_and_its_front_is_one_of_the_views():
    yaws = HEAD_TURNTABLE.yaws_deg
    assert (len(yaws), yaws[12]) == (24, 0)
    assert yaws[-1] + HEAD_TURNTABLE.step_deg == yaws[0] + 360
