import numpy as np
import pytest

from worker.geometry.fuse.focus import Box, crop_round_face, feather, fit_disparity, fused_disparity


def scene(height=120, width=200):
    """The true disparity of a room, a person in it, and the relief of the person's face."""
    v, u = np.mgrid[:height, :width].astype(float)
    room = 1 + 0.002 * u + 0.003 * v
    person = 3 / (1 + np.exp((np.hypot(u - 90, (v - 80) / 1.5) - 28) / 2))
    relief = np.exp(-((u - 90) ** 2 + (v - 60) ** 2) / (2 * 8**2))
    return room + person, relief


BOX = Box(50, 30, 130, 110)


def flat_face_and_detail():
    """A whole that lost most of the face's relief, a crop that has it in other units, and the right answer."""
    rough, relief = scene()
    whole = 40 * (rough + 0.1 * relief) + 7
    detail = BOX.of(300 * (rough + relief) - 20)
    return whole, detail, 40 * (rough + relief) + 7


def test_the_face_gets_the_relief_that_the_closer_look_saw():
    whole, detail, truth = flat_face_and_detail()
    fused = fused_disparity(whole, detail, BOX)
    error = np.abs(fused - truth)[45:75, 75:105]
    lost = np.abs(whole - truth)[45:75, 75:105]
    assert error.max() < 0.1 * lost.max()


def test_outside_the_crop_nothing_changes():
    whole, detail, _ = flat_face_and_detail()
    fused = fused_disparity(whole, detail, BOX)
    outside = np.ones(whole.shape, bool)
    BOX.of(outside)[:] = False
    assert np.array_equal(fused[outside], whole[outside].astype(np.float32))


def test_there_is_no_seam_at_the_crops_edges():
    whole, detail, _ = flat_face_and_detail()
    detail = detail + 30 * np.cos(np.arange(80) / 9)  # the two disagree beside the face too
    change = fused_disparity(whole, detail, BOX) - whole
    assert np.abs(change).max() > 1
    rows = np.abs(np.diff(change, axis=0))[[BOX.top - 1, BOX.bottom - 1]]
    columns = np.abs(np.diff(change, axis=1))[:, [BOX.left - 1, BOX.right - 1]]
    assert max(rows.max(), columns.max()) < 0.01 * np.abs(change).max()


def test_a_hand_worked_scale_and_shift_is_found():
    source = np.array([[0.0, 1.0, 2.0], [3.0, 4.0, np.nan]])
    target = 3 * source + 5
    target[0, 1] = np.nan
    fit = fit_disparity(source, target)
    assert (fit.slope, fit.intercept) == (pytest.approx(3), pytest.approx(5))


def test_a_fifth_of_wild_pixels_does_not_move_the_fit():
    rng = np.random.default_rng(2)
    source = rng.uniform(0, 1, (50, 70))
    target = 4 * source - 1 + rng.normal(0, 0.01, source.shape)
    target[:10] += 30
    fit = fit_disparity(source, target)
    assert (fit.slope, fit.intercept) == (pytest.approx(4, abs=0.05), pytest.approx(-1, abs=0.05))


@pytest.mark.parametrize("target", [np.linspace(5, 0, 12).reshape(3, 4), np.full((3, 4), np.nan)])
def test_a_look_that_contradicts_the_whole_is_left_out(target):
    source = np.linspace(0, 5, 12).reshape(3, 4)
    assert fit_disparity(source, target) is None
    assert fused_disparity(np.pad(target, 2), source, Box(2, 2, 6, 5)) is None


def test_a_flat_look_is_left_out():
    assert fit_disparity(np.ones((3, 4)), np.arange(12.0).reshape(3, 4)) is None


def test_a_crop_at_the_photos_edge_keeps_its_weight_there():
    weight = feather(Box(0, 10, 40, 60), (100, 60))
    assert weight.shape == (50, 40)
    assert weight[30, 0] == 1  # left edge of the photo
    assert weight[-1, 10] == 1  # its bottom
    assert weight[0, 10] < 0.01
    assert weight[30, -1] < 0.02
    assert weight[25, 15] == 1


def test_the_weight_of_a_crop_rises_from_hand_worked_numbers_at_its_edges():
    # A fifth of 10 pixels is 2: their middles lie at 1/4 and 3/4 of the ramp, t^2 (3 - 2 t) is 5/32 and 27/32.
    rise = [5 / 32, 27 / 32, 1, 1, 1]
    weight = feather(Box(1, 1, 11, 21), (12, 22))
    assert weight.shape == (20, 10)
    np.testing.assert_allclose(weight[10], rise + rise[::-1])
    assert weight[0, 5] == pytest.approx(0.125**2 * 2.75)  # of 20 pixels it is 4
    np.testing.assert_allclose(feather(Box(0, 0, 10, 20), (12, 22))[0], [1] * 5 + rise[::-1])
    np.testing.assert_allclose(feather(Box(2, 2, 12, 22), (12, 22))[-1], [*rise, 1, 1, 1, 1, 1])


def test_a_map_that_a_crop_is_joined_into_stays_as_it_was():
    whole, detail, _ = flat_face_and_detail()
    whole = whole.astype(np.float32)
    before = whole.copy()
    fused_disparity(whole, detail, BOX)
    np.testing.assert_array_equal(whole, before)


def test_a_box_on_another_grid_lies_over_the_same_part_of_the_picture():
    assert Box(4, 6, 8, 15).scaled((20, 30), (10, 10)) == Box(2, 2, 4, 5)
    assert Box(0, 7, 3, 9).scaled((10, 20), (13, 50)) == Box(0, 18, 4, 22)  # 17.5, 3.9 and 22.5 to even


def test_the_crop_round_a_face_agrees_with_a_hand_worked_one():
    # Face 100 high, middle (500, 250): a square of 300 round (500, 280).
    assert crop_round_face((1000, 800), (460, 200, 540, 300)) == Box(350, 130, 650, 430)


def test_a_crop_at_the_corner_is_moved_into_the_photo():
    assert crop_round_face((1000, 800), (0, 0, 80, 100)) == Box(0, 0, 300, 300)
    assert crop_round_face((1000, 800), (920, 700, 1000, 800)) == Box(700, 500, 1000, 800)


def test_a_crop_is_at_most_as_large_as_the_short_side_of_the_photo():
    assert crop_round_face((1000, 210), (460, 20, 540, 120)) == Box(395, 0, 605, 210)
    assert crop_round_face((200, 1000), (60, 450, 140, 550)) == Box(0, 430, 200, 630)


def test_the_smallest_crop_has_two_pixels():
    assert crop_round_face((9, 7), (4, 3, 4.6, 3.6)) == Box(3, 2, 5, 4)
    assert crop_round_face((9, 7), (4, 3, 4.4, 3.4)) is None


@pytest.mark.parametrize(
    ("size_wh", "face"),
    [
        ((600, 200), (200, 40, 300, 150)),  # more than half of the height
        ((600, 200), (200, 40, 300, 140)),  # half of it
        ((600, 600), (200, 200, 440, 480)),  # the crop would be the whole
        ((600, 400), (200, 200, 200, 200)),  # no face
    ],
)
def test_a_face_that_a_crop_would_not_enlarge_has_none(size_wh, face):
    assert crop_round_face(size_wh, face) is None


def test_a_detail_of_another_shape_than_its_box_is_refused():
    with pytest.raises(ValueError, match=r"\(5, 5\), its box \(5, 6\)"):
        fused_disparity(np.zeros((20, 30)), np.zeros((5, 5)), Box(0, 0, 6, 5))
