import numpy as np
import pytest

from worker.geometry.fuse.membrane import continued_correction

SHAPE = (60, 200)
EVERYWHERE = np.ones(SHAPE, bool)
KNOWN = np.zeros(SHAPE, bool)
KNOWN[:, :40] = True


def continued(length_px, target=0.0, surface=EVERYWHERE, cell_px=2.0, value=10.0):
    values = np.where(KNOWN, value, np.nan)
    return continued_correction(
        values, KNOWN.astype(float), np.full(SHAPE, target), np.full(SHAPE, length_px**-2.0), surface, cell_px
    )


def test_it_falls_to_37_percent_in_a_length():
    result = continued(30.0)
    assert result[30, 10] == pytest.approx(10, abs=0.1)
    assert result[30, 40 + 30] == pytest.approx(10 * np.exp(-1), rel=0.05)
    assert np.all(np.diff(result[30, 40:150]) < 0)
    np.testing.assert_allclose(result, np.broadcast_to(result[30], SHAPE), atol=0.05)


def test_far_away_it_is_what_it_tends_to():
    assert continued(10.0, target=-4.0)[30, 190] == pytest.approx(-4, abs=0.05)


def test_it_does_not_cross_what_is_no_surface():
    gap = EVERYWHERE.copy()
    gap[:, 80:100] = False
    result = continued(60.0, surface=gap)
    assert result[30, 70] > 5
    assert np.abs(result[30, 110:]).max() < 0.3


def test_the_coarse_grid_does_not_show():
    assert np.abs(continued(40.0, cell_px=1.0) - continued(40.0, cell_px=5.0)).max() < 0.6


def test_without_a_surface_there_is_nothing():
    assert not continued(10.0, surface=~EVERYWHERE).any()
