from dataclasses import replace

import cv2
import numpy as np
import pytest

from tests.support.fusing import CAMERA, FACE, HEAD, ON_HEAD, SCENE, U, V, sight
from tests.support.scenes import noise
from worker.geometry.fuse.detail import Detail, detail_of, fine_relief
from worker.geometry.fuse.head import HEAD as RULE
from worker.geometry.fuse.head import HeadPull, pull_of_head, with_rim
from worker.geometry.fuse.sight import Sight, mean_nearby, smooth_step
from worker.geometry.fuse.surface import JOIN, joined

ON_FACE = np.isfinite(FACE)
FROM_MIDDLE = np.hypot(V - 79.5, U - 109.5)
NETWORK = np.where(ON_HEAD, HEAD, 2000.0)
SIGHT = sight(np.zeros(FACE.shape, np.float32))


def test_a_network_that_is_right_is_left_as_it_is():
    surface = joined(NETWORK, SIGHT)
    np.testing.assert_allclose(surface.depth, NETWORK, atol=0.3)
    assert surface.correction_mm < 0.2
    assert surface.flatness < 0.05


def test_what_the_network_is_off_by_in_the_face_dies_out_beside_it_without_a_seam():
    surface = joined(NETWORK + 20 * ON_HEAD, SIGHT)
    moved = surface.depth - (NETWORK + 20 * ON_HEAD)
    assert np.median(moved[ON_FACE]) == pytest.approx(-20, abs=0.1)
    beside = ON_HEAD & ~ON_FACE
    assert (moved[beside] < 0.5).all()
    assert np.abs(np.diff(moved[80, 50:170])).max() < 1.5
    np.testing.assert_array_equal(surface.depth[~ON_HEAD], np.float32(2000))


def plate(left, right):
    """A person who is a flat plate, 500 mm away, over the whole picture; a pixel is a millimetre wide."""
    camera = CAMERA
    flat = np.full(FACE.shape, 500.0)
    face = np.where((left <= U) & (right > U), 500.0, np.nan)
    return Sight(np.zeros(FACE.shape, np.float32), face, flat, np.ones(FACE.shape, bool), camera)


def test_beside_the_face_a_correction_falls_off_over_the_length_that_the_rule_names():
    surface = joined(np.full(FACE.shape, 520.0), plate(0, 40))
    # Nothing flows over the picture's border, 180 mm from the face: it falls as cosh((180 - d) / 90) / cosh(2) does.
    for distance in (45, 90, 135):
        expected = -20 * np.cosh((180 - distance) / JOIN.length_mm) / np.cosh(180 / JOIN.length_mm)
        assert surface.depth[80, 40 + distance] - 520 == pytest.approx(expected, abs=0.6)
    assert surface.depth[80, 10] == pytest.approx(500, abs=0.01)
    assert surface.depth.dtype == np.float32


def test_the_networks_share_is_what_lies_beside_the_face():
    surface = joined(np.full(FACE.shape, 520.0), plate(0, 55))
    # A quarter of the picture is the face; its rim is the face's by halves over 2 mm.
    assert surface.network_share == pytest.approx(0.75 + 1 / 220, abs=0.003)


def test_a_mouth_that_stands_open_is_closed_and_pulls_nothing_with_it():
    opened = NETWORK + 90 * (np.abs(V - 100) < 4) * (np.abs(U - 109.5) < 12)
    np.testing.assert_allclose(joined(opened, SIGHT).depth, joined(NETWORK, SIGHT).depth, atol=0.5)


def test_a_flat_head_takes_its_roundness_from_the_bust_and_leaves_the_rest():
    flat = np.where(ON_HEAD, 560.0, 2000.0)
    surface = joined(flat, SIGHT)
    assert surface.flatness > 0.9
    side = ON_HEAD & (np.hypot(V - 79.5, U - 109.5) > 60) & (V < 80)
    fall, true_fall = (np.median(depth[side]) - np.median(depth[ON_FACE]) for depth in (surface.depth, HEAD))
    assert 0.5 * true_fall < fall < 1.1 * true_fall
    assert surface.network_share < joined(NETWORK, SIGHT).network_share


def test_a_silhouette_that_a_network_blurs_turns_away_as_the_bust_does():
    bumps = 2 * np.sin(U / 2)  # what a blur leaves nothing of
    sharp = sight(np.zeros(FACE.shape, np.float32), face=FACE + bumps)
    share = cv2.GaussianBlur(ON_HEAD * 1.0, (0, 0), 8)
    blurred = np.where(ON_HEAD, cv2.GaussianBlur(np.where(ON_HEAD, HEAD, 0), (0, 0), 8) / share.clip(1e-9), 2000.0)
    rim = ON_HEAD & (FROM_MIDDLE > 72) & (V < 80)
    before, after = (joined(blurred, sharp, rims_rounded=rounded).depth - HEAD for rounded in (False, True))
    assert np.median(before[rim]) < -8
    assert abs(np.median(after[rim])) < 0.5 * abs(np.median(before[rim]))
    np.testing.assert_array_equal((after - before)[FROM_MIDDLE < 35], 0)
    off = replace(SIGHT, bust=HEAD + 20 * (FROM_MIDDLE > 45))
    right = [joined(NETWORK, off, rims_rounded=rounded).depth for rounded in (False, True)]
    np.testing.assert_allclose(*right, atol=0.5)  # of a network that resolves the face, the rim is its own


def test_a_rim_is_pulled_within_the_length_that_the_rule_names():
    none = HeadPull(0.0, np.zeros(FACE.shape, np.float32), np.zeros(FACE.shape))
    pull = with_rim(none, np.where(ON_HEAD, HEAD - 7, 2000.0), SIGHT, 0.5)
    outermost, middle = np.argmax(ON_HEAD[79]), 110
    # Half of 1 / 3^2 at the rim, towards a bust that is 7 mm farther; nothing in the middle, and beside the head.
    assert pull.screening[79, outermost] == pytest.approx(0.5 / 9, rel=0.05)
    assert pull.shift_mm[79, outermost] == pytest.approx(7, abs=0.01)
    assert pull.screening[79, middle] == pull.screening[79, 0] == 0


def test_the_head_turns_into_the_neck_above_the_chin_and_ends_aside_as_the_rule_says():
    sight = replace(plate(20, 60), face=np.where((U >= 20) & (U <= 60) & (V <= 100), 500.0, np.nan))
    sight = replace(sight, bust=np.full(FACE.shape, 500.0) + np.abs(U - 110))
    pull = pull_of_head(np.full(FACE.shape, 530.0), sight)
    assert pull.flatness == pytest.approx(1)
    full = 1 / RULE.length_mm**2
    # Half way between the chin, in row 100, and 50 mm above it; half way between 120 and 160 mm from column 40.
    assert pull.screening[75, 40] == pytest.approx(full / 2, rel=0.01)
    assert pull.screening[40, [40, 40 + 119]] == pytest.approx([full, full], rel=0.01)
    assert pull.screening[40, 40 + 140] == pytest.approx(full / 2, rel=0.01)
    assert not pull.screening[:, 201:].any() and not pull.screening[100:].any()
    assert pull.shift_mm[40, 60] == pytest.approx(20, abs=0.1)  # the bust's 550 less the network's 530
    assert pull.shift_mm.dtype == np.float32


@pytest.mark.parametrize(("times", "flatness"), [(2.0, 0), (1.0, 0), (0.5, 0.5), (0.25, 0.75), (0.0, 1), (-1.0, 1)])
def test_flatness_is_the_part_of_the_busts_roundness_that_the_network_lacks(times, flatness):
    network = np.where(ON_HEAD, 560 + times * (HEAD - 560), 2000.0)
    assert pull_of_head(network, SIGHT).flatness == pytest.approx(flatness, abs=0.02)


def test_where_no_bust_is_known_nothing_is_pulled():
    hatted = replace(SIGHT, bust=np.where(V < 40, np.nan, HEAD))
    pull = pull_of_head(np.where(ON_HEAD, 560.0, 2000.0), hatted)
    blur_px = RULE.blur_mm / SIGHT.pixel_mm
    beyond = ON_HEAD & (39 - 2 * blur_px > V)
    assert beyond.any() and not pull.screening[beyond].any() and not pull.shift_mm[beyond].any()
    assert pull.screening[39 - int(2 * blur_px) + 2, 109] > 0


def test_a_bust_that_is_flat_itself_tells_of_no_flatness():
    flat = np.where(ON_HEAD, 560.0, np.nan)
    assert (
        pull_of_head(
            np.where(ON_HEAD, HEAD, 2000.0), replace(SIGHT, bust=flat, face=np.where(ON_FACE, flat, np.nan))
        ).flatness
        == 0
    )


def test_below_the_chin_nothing_is_pulled():
    pull = pull_of_head(np.where(ON_HEAD, 560.0, 2000.0), SIGHT)
    chin = np.nonzero(ON_FACE)[0].max()
    assert not pull.screening[chin:].any()
    assert pull.screening[40:60, 105:115].min() > 0


def test_a_network_that_resolves_the_face_gives_its_fine_relief_and_a_blurred_one_does_not():
    lines = 2 * np.sin(V / 1.6)  # 12 mm from ridge to ridge
    fine = replace(SIGHT, face=np.where(ON_FACE, HEAD + lines, np.nan), bust=HEAD + lines)
    sharp, blurred = NETWORK + lines, cv2.GaussianBlur(NETWORK + lines, (0, 0), 6.0)
    assert detail_of(sharp, fine).weight > 0.9
    assert detail_of(blurred, fine).weight < 0.1
    assert detail_of(NETWORK + noise(FACE.shape, 2.0), fine).weight < 0.2
    assert Detail(0.8, 0.5, FACE).weight == pytest.approx(0.16)
    assert Detail(-0.8, 2.0, FACE).weight == 0


def test_fine_relief_that_only_the_network_has_comes_into_the_face_at_the_weight_it_earns():
    known, news = 2 * np.sin(V / 1.6), 2 * np.sin(U / 1.6)
    fine = replace(SIGHT, face=np.where(ON_FACE, HEAD + known, np.nan), bust=HEAD + known)
    surface = joined(NETWORK + known + news, fine)
    inner = np.hypot(V - 79.5, U - 109.5) < 30
    got = fine_relief(surface.depth, fine)[inner]
    of_known, of_news = (fine_relief(values + 0 * FACE, fine)[inner] for values in (known, news))
    # Both as strong: a correlation of 0.7 at a gain of 1.4, so that a half is the network's, less by the gain; of such
    # waves the band has 0.66.
    assert surface.detail.weight == pytest.approx(0.5, abs=0.02)
    assert (got * of_news).sum() / (of_news**2).sum() == pytest.approx(0.5 * 0.66 / 1.41, abs=0.02)
    assert (got * of_known).sum() / (of_known**2).sum() == pytest.approx(1 - 0.5 * 0.66 * (1 - 1 / 1.41), abs=0.02)


def test_a_hand_before_the_face_is_left_before_it_at_the_rim_by_a_network_that_resolves_it():
    lines = 2 * np.sin(V / 1.6)
    fine = replace(SIGHT, face=np.where(ON_FACE, HEAD + lines, np.nan), bust=HEAD + lines)
    hand = 25 * (1 - smooth_step(U.astype(float), 70, 20))
    sharp = joined(NETWORK + lines - hand, fine)
    soft = joined(cv2.GaussianBlur(NETWORK + lines, (0, 0), 6.0) - hand, fine)
    rim = (FROM_MIDDLE > 37) & (FROM_MIDDLE < 44) & (U < 76)
    before = [np.median((HEAD + lines - surface.depth)[rim]) for surface in (sharp, soft)]
    assert sharp.detail.resolved > 0.7 and soft.detail.resolved < 0.1
    assert before[0] > 2 and abs(before[1]) < 0.1


def test_an_open_mouth_does_not_change_how_far_a_network_seems_to_resolve_the_face():
    lines = 2 * np.sin(V / 1.6)
    fine = replace(SIGHT, face=np.where(ON_FACE, HEAD + lines, np.nan), bust=HEAD + lines)
    opened = NETWORK + lines + 90 * (np.abs(V - 95) < 6) * (np.abs(U - 109.5) < 20)
    assert joined(opened, fine).detail.weight == pytest.approx(joined(NETWORK + lines, fine).detail.weight, abs=0.02)


def test_a_cheek_that_a_network_puts_too_far_back_has_no_edge_round_it():
    lines = 2 * np.sin(V / 1.6)
    fine = replace(SIGHT, face=np.where(ON_FACE, HEAD + lines, np.nan), bust=HEAD + lines)
    cheek = 10 * np.exp(-(np.square(U - 90) + np.square(V - 80)) / 2 / 10**2)
    sunken = joined(NETWORK + lines + cheek, fine)
    assert sunken.detail.weight > 0.5
    off = (sunken.depth - joined(NETWORK + lines, fine).depth)[60:100, 70:150]
    assert max(np.abs(np.diff(off, 2, axis=axis)).max() for axis in (0, 1)) < 0.25


def test_a_mean_counts_only_what_it_is_told_to():
    values = np.where(ON_FACE, 5.0, 1e6)
    for sigma_px in (1.0, 12.0):
        np.testing.assert_allclose(mean_nearby(values, ON_FACE, sigma_px)[ON_FACE], 5, rtol=1e-4)


def test_a_step_is_half_way_in_its_middle():
    np.testing.assert_allclose(smooth_step(np.array([0.0, 2, 3, 4, 9]), 2, 2), [0, 0, 0.5, 1, 1])


def test_a_person_is_measured_on_a_coarser_grid_of_the_same_camera():
    large = replace(
        SIGHT,
        **{
            name: cv2.resize(getattr(SIGHT, name).astype(np.float32), (1100, 800))
            for name in ("disparity", "face", "bust")
        },
        person=cv2.resize(ON_HEAD.astype(np.uint8), (1100, 800)) > 0,
        camera=SIGHT.camera.resized((1100, 800)),
    )
    thin = large.thinned()
    assert thin.face.shape == (400, 550)
    assert thin.pixel_mm == pytest.approx(2 * large.pixel_mm, rel=0.01)
    assert (thin.camera.width, thin.camera.height) == (550, 400)
    for name in ("disparity", "face", "bust", "person"):
        np.testing.assert_array_equal(getattr(thin, name), getattr(large, name)[::2, ::2])
    assert SIGHT.thinned() is SIGHT
    assert SCENE.shape == SIGHT.person.shape
