import numpy as np

from worker.geometry.surface.tone import DEPTH_16, gray_from_depth, gray_from_disparity


def test_the_gray_is_linear_in_inverse_depth():
    # 1 / depth: 1/100, 1/200, 1/400 -> 1, 1/3, 0 of the range; 40 + 215 / 3 = 111.7.
    depth = np.array([[100.0, 200, 400, np.nan]])
    row = np.repeat(depth, 3, axis=0)
    assert gray_from_depth(row, DEPTH_16).image[0].tolist() == [65535, 21846, 1, 0]
    few = gray_from_depth(row).image[0]
    assert few[0] == 255
    assert abs(int(few[1]) - 112) <= 1
    assert few[2:].tolist() == [40, 0]


def test_nearer_is_never_darker():
    depth = np.sort(np.random.default_rng(5).uniform(400, 900, 500))[None]
    assert (np.diff(gray_from_depth(depth).image[0].astype(int)) <= 0).all()
    assert (np.diff(gray_from_depth(depth, DEPTH_16).image[0].astype(int)) <= 0).all()


def test_a_stray_point_does_not_take_the_contrast():
    depth = np.linspace(500, 600, 1000)[None].copy()
    depth[0, 0] = 1
    gray = gray_from_depth(depth).image
    assert gray.max() == 255
    assert gray[0, 500] > 120


def test_a_flat_map_is_white_and_an_empty_one_black():
    assert (gray_from_depth(np.full((2, 3), 600.0)).image == 255).all()
    assert not gray_from_depth(np.full((2, 3), np.nan)).image.any()


def test_the_ends_of_a_picture_are_told_as_nearness():
    gray = gray_from_depth(np.array([[100.0, 200, 400, np.nan]]), DEPTH_16)
    assert (gray.near, gray.far) == (1 / 100, 1 / 400)
    gray = gray_from_disparity(np.array([[-3.0, 7.0]]))
    assert (gray.image.tolist(), round(gray.near, 1), round(gray.far, 1)) == ([[0, 255]], 7.0, -3.0)
