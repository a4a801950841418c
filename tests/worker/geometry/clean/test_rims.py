import numpy as np

from tests.support.scenes import ball, camera_of, noise
from worker.geometry.clean.rims import even_rims

CAMERA = camera_of(160, 220, 500)
HEAD = ball(CAMERA)


def step_along_rim(depth):
    """Median difference between neighbours above each other at the left and right ends of the rows, mm."""
    known = np.isfinite(depth)
    rows = np.flatnonzero(known.sum(1) > 60)
    ends = np.array([[depth[v, np.flatnonzero(known[v])[end]] for end in (0, -1)] for v in rows])
    return np.median(np.abs(np.diff(ends, axis=0)))


def test_the_comb_at_the_rim_of_a_ball_gets_shorter_and_its_inside_stays():
    even = even_rims(HEAD)
    assert step_along_rim(even) < 0.5 * step_along_rim(HEAD)
    np.testing.assert_array_equal(np.isfinite(even), np.isfinite(HEAD))
    inside = np.hypot(*(np.mgrid[:160, :220] - np.array([79.5, 109.5])[:, None, None])) < 65
    np.testing.assert_allclose(even[inside], HEAD[inside], rtol=1e-6)


def test_a_surface_that_fills_the_picture_has_no_rim():
    depth = 600 + noise((40, 70), 5.0).astype(np.float32)
    np.testing.assert_array_equal(even_rims(depth), depth)


def test_two_surfaces_that_meet_at_an_outline_do_not_mix():
    depth = np.full((60, 90), np.nan, np.float32)
    depth[10:50, 20:45], depth[10:50, 45:70] = 500, 700
    even = even_rims(depth)
    np.testing.assert_allclose(even[np.isfinite(depth)], depth[np.isfinite(depth)], rtol=0.03)
    assert np.abs(even[10, 25] - 500) < 1
