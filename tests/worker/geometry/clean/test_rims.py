import numpy as np

from tests.support.scenes import ball, camera_of, noise
from worker.geometry.clean.rims import even_rims, without_fringe

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


def test_the_rim_takes_its_colour_from_inside():
    known = np.zeros((40, 60), bool)
    known[10:30, 15:45] = True
    colours = np.full((40, 60, 3), 200, np.uint8)
    colours[11:29, 16:44] = 50
    clean = without_fringe(colours, known)
    assert (clean[known] == 50).all()
    assert (clean[9, 20] == 50).all()  # outside too: a texture is read between its pixels
    assert (clean[:5] == 200).all()


def test_what_is_thinner_than_its_fringe_keeps_its_colours():
    known = np.zeros((40, 60), bool)
    known[20] = True
    colours = np.random.default_rng(1).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    np.testing.assert_array_equal(without_fringe(colours, known), colours)
