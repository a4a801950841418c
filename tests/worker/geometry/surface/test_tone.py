import numpy as np

from worker.geometry.surface.tone import DEPTH_16, DISPARITY_16, gray_from_depth, gray_from_disparity


def test_the_gray_is_linear_in_inverse_depth():
    # 1 / depth: 1/100, 1/200, 1/400 -> 1, 1/3, 0 of the range; 40 + 215 / 3 = 111.7.
    depth = np.array([[100.0, 200, 400, np.nan]])
    row = np.repeat(depth, 3, axis=0)
    fine = gray_from_depth(row, DEPTH_16).image
    assert (fine[0].tolist(), fine.dtype) == ([65535, 21846, 1, 0], np.uint16)
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


def test_a_disparity_map_is_drawn_as_it_is_nearest_white():
    disparity = np.array([[-3.0, 0.0, 1.0, 5.0]])  # 0, 3/8, 1/2 and 1 of the range
    assert gray_from_disparity(disparity, DISPARITY_16).image.tolist() == [[0, 24576, 32768, 65535]]
    many = np.repeat(disparity, 500, axis=1)
    assert gray_from_disparity(many).image[0, ::500].tolist() == [0, 96, 128, 255]
    assert (gray_from_disparity(many).image.dtype, gray_from_disparity(many, DISPARITY_16).image.dtype) == (
        np.uint8,
        np.uint16,
    )


def test_in_few_grays_a_stray_disparity_is_clipped_and_in_many_it_is_not():
    disparity = np.arange(1000.0)[None].copy()
    disparity[0, -1] = 1e6
    assert gray_from_disparity(disparity).image[0, 500] == 128
    assert gray_from_disparity(disparity, DISPARITY_16).image[0, 500] < 50
