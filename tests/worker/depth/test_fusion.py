"""Fusion on scenes of which everything is known, and on heads of which the true depth is known."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from bench.heads import heads
from bench.predictions import true_normals
from shared.cloud.classes import PointClass
from shared.maps.disparity import Disparity
from tests.support.fusing import CAMERA, FACE, FROM_MIDDLE_PX, HEAD, ON_HEAD, SCENE, bust, disparity_of, in_levels
from tests.support.scenes import noise
from worker.depth.estimator import DepthMap
from worker.depth.fusion import fused, outlined
from worker.depth.portrait.estimator import Bust
from worker.depth.prediction import Prediction
from worker.geometry.fuse.fit import HORIZON
from worker.geometry.fuse.levels import on_grid
from worker.person.person import Person

ON_FACE = np.isfinite(FACE)
BESIDE = ON_HEAD & ~ON_FACE


def seen_as(disparity: np.ndarray, given: Bust) -> DepthMap:
    return fused(Prediction(disparity), given)


@pytest.fixture(scope="module")
def plain():
    return seen_as(disparity_of(SCENE), bust())


def test_the_whole_photo_has_a_depth_in_mm_and_says_who_is_the_person(plain):
    assert plain.unit == "mm"
    assert plain.mask.all()
    assert np.median(plain.depth[~ON_HEAD]) > 1.5 * np.median(plain.depth[ON_HEAD])
    assert np.nanmax(plain.depth) <= HORIZON * np.nanmedian(FACE) * 1.001
    np.testing.assert_array_equal(plain.person.mask, ON_HEAD)
    np.testing.assert_array_equal(plain.disparity, disparity_of(SCENE))


def test_the_face_is_the_landmarks_and_what_lies_beside_it_is_laid_out_by_the_network(plain):
    assert np.sqrt(np.mean((plain.depth - HEAD)[ON_FACE] ** 2)) < 0.5
    assert np.median(np.abs(plain.depth - HEAD)[BESIDE]) < 15  # the bust alone is 25 mm off there


def test_person_and_wall_are_parted_and_nothing_hangs_between_them():
    depth = seen_as(disparity_of(SCENE, blur_px=3.0), bust()).depth
    assert depth[ON_HEAD].max() < 720
    assert depth[~ON_HEAD].min() > 900


def test_the_report_says_in_numbers_what_each_source_gave(plain):
    network = plain.report["network"]
    assert plain.report["anchored"]
    assert plain.report["face_found"]
    assert network["correlation"] > 0.9
    assert network["a"] > 0
    assert 0.1 < network["layout_share"] < 0.9
    assert network["bound"] in (None, "least", "most")
    assert set(network) >= {"b", "depth_mm", "measured_depth_mm", "correction_rms_mm", "head_flatness", "detail_weight"}


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e4])
def test_neither_scale_nor_shift_of_a_map_matters(plain, scale):
    other = seen_as(disparity_of(SCENE) * np.float32(scale) - np.float32(3 * scale), bust())
    np.testing.assert_allclose(other.depth, plain.depth, rtol=2e-3)


def test_a_larger_face_makes_everything_larger_by_as_much(plain):
    small = bust()
    whole = small.depth_map
    large = Bust(replace(whole, depth=whole.depth * 1.2), small.face * 1.2, small.silhouette_found)
    ratio = seen_as(disparity_of(SCENE), large).depth / plain.depth
    assert np.median(ratio[ON_FACE]) == pytest.approx(1.2, rel=1e-3)
    assert np.median(ratio[ON_HEAD]) == pytest.approx(1.2, rel=0.02)


def test_eight_bits_with_a_blur_are_nearly_as_good(plain):
    coarse = Disparity.of(in_levels(disparity_of(SCENE, 2.0)))
    result = seen_as(on_grid(coarse.values, coarse.step, (220, 160)), bust())
    assert np.median(np.abs(result.depth - plain.depth)[ON_HEAD]) < 2


@pytest.mark.parametrize(
    "disparity",
    [
        -disparity_of(SCENE),
        noise(SCENE.shape, 1.0).astype(np.float32),
        cv2.GaussianBlur(noise(SCENE.shape, 1.0).astype(np.float32), (0, 0), 3.0),
        np.full(SCENE.shape, 7.0, np.float32),
    ],
    ids=["inverted", "noise", "blurred noise", "one value"],
)
def test_noise_leaves_the_bust_as_it_is_and_the_report_says_so(disparity):
    given = bust()
    result = seen_as(disparity, given)
    np.testing.assert_array_equal(result.depth, given.depth_map.depth)
    np.testing.assert_array_equal(result.disparity, disparity)  # the picture is what the network said, noise or not
    assert not result.report["anchored"]
    assert result.report["network"]["sigmas"] < 2.5


def test_a_flat_face_beside_a_deep_body_is_no_reason_to_refuse():
    flat = np.where(ON_HEAD, 590 + 0.2 * (HEAD - 590), SCENE)
    result = seen_as(disparity_of(flat), bust())
    assert result.report["anchored"]
    assert np.sqrt(np.mean((result.depth - HEAD)[ON_FACE] ** 2)) < 0.5


def test_a_map_under_so_much_noise_that_all_of_it_seems_to_be_steps_is_still_used():
    clean = disparity_of(SCENE)
    result = seen_as(clean + (clean.std() * noise(SCENE.shape, 1.0)).astype(np.float32), bust())
    assert result.report["anchored"]
    assert np.isfinite(result.depth).all()
    assert (result.depth > 0).all()
    assert np.sqrt(np.mean((result.depth - HEAD)[ON_FACE] ** 2)) < 5


@pytest.mark.parametrize("side_px", [6, 14])
def test_a_tiny_face_is_enough(side_px):
    tiny = np.where(side_px / 2 > FROM_MIDDLE_PX, HEAD, np.nan)
    result = seen_as(disparity_of(SCENE), replace(bust(), face=tiny))
    assert np.isfinite(result.depth).all()
    assert np.median(result.depth[ON_HEAD]) == pytest.approx(np.nanmedian(HEAD), rel=0.1)


def test_an_outline_of_nothing_but_the_face_is_completed_by_the_network():
    assert seen_as(disparity_of(SCENE), bust(silhouette_found=False)).person.mask[ON_HEAD].mean() > 0.95


def test_a_cut_of_head_and_shoulders_cuts_the_person_and_leaves_the_depth_of_the_photo(plain):
    within = FROM_MIDDLE_PX < 60
    result = seen_as(disparity_of(SCENE), replace(bust(), within=within))
    np.testing.assert_array_equal(result.person.mask, ON_HEAD & within)
    np.testing.assert_array_equal(result.depth, plain.depth)


def test_confidence_is_full_on_the_face_and_none_on_the_ramp_beside_the_person(plain):
    assert plain.confidence[80, 110] == 1
    assert 0.4 < np.median(plain.confidence[BESIDE]) <= 0.7
    assert plain.confidence[~ON_HEAD & (FROM_MIDDLE_PX < 77)].max() < 0.3


def test_another_outline_keeps_soft_alpha_and_gives_a_class_to_what_is_new():
    alpha = np.array([[0.9, 0.7, 0.3, 0.0]], np.float32)
    classes = np.array([[PointClass.HAIR, PointClass.SKIN, PointClass.BACKGROUND, PointClass.BACKGROUND]], np.uint8)
    result = outlined(Person(alpha, classes, True), np.array([[True, False, True, False]]))
    np.testing.assert_array_equal(result.mask, [[True, False, True, False]])
    assert result.alpha[0, 0] == np.float32(0.9)
    assert list(result.classes[0]) == [PointClass.HAIR, PointClass.BACKGROUND, PointClass.OTHER, PointClass.BACKGROUND]


@pytest.fixture(scope="module")
def known_head(model):
    """A rendered head with its true depth before a wall, and the embedded model's bust of it."""
    head = next(head for head in heads() if head.name == "h1")
    wall = np.where(np.isfinite(head.depth), head.depth, np.nanmedian(head.depth) + 900)
    return head, wall, model.bust_of(head.photo, model.faces_of(head.photo))


def relative_error(depth, truth):
    """Median error after the best scale, mm: the true size of a head is not known."""
    known = np.isfinite(depth) & np.isfinite(truth)
    scale = np.median(truth[known] / depth[known])
    return float(np.median(np.abs(scale * depth - truth)[known]))


@pytest.mark.parametrize("blur_px", [0.5, 2.0])
def test_a_head_is_better_with_a_map_than_with_the_bust_alone(known_head, blur_px):
    head, wall, given = known_head
    coarse = Disparity.of(in_levels(cv2.GaussianBlur((1 / wall).astype(np.float32), (0, 0), blur_px)))
    result = seen_as(on_grid(coarse.values, coarse.step, (512, 512)), given)
    person = np.where(result.person.mask, result.depth, np.nan)
    assert relative_error(person, head.depth) < 0.75 * relative_error(given.depth_map.depth, head.depth)


def test_a_head_that_the_network_drew_flat_is_rounded_and_little_worse_than_the_bust(known_head):
    head, wall, given = known_head
    middle = np.nanmedian(head.depth)
    flat = np.where(np.isfinite(head.depth), middle + 0.3 * (wall - middle), wall)
    coarse = Disparity.of(in_levels(cv2.GaussianBlur((1 / flat).astype(np.float32), (0, 0), 3.0)))
    result = seen_as(on_grid(coarse.values, coarse.step, (512, 512)), given)
    person = np.where(result.person.mask, result.depth, np.nan)
    assert relative_error(person, head.depth) < 1.3 * relative_error(given.depth_map.depth, head.depth)


def test_the_normals_of_a_true_head_draw_its_face_where_its_depth_is_blurred(known_head):
    head, wall, given = known_head
    blurred = cv2.GaussianBlur((1 / wall).astype(np.float32), (0, 0), 4.0)
    truth = true_normals(head.depth, head.camera)
    on_face = np.isfinite(given.face) & np.isfinite(truth[..., 2])

    def off_deg(result):
        cosine = (true_normals(result.depth.astype(float), result.camera) * truth).sum(-1)[on_face]
        return float(np.nanmedian(np.degrees(np.arccos(np.clip(cosine, -1, 1)))))

    plain, drawn = (fused(Prediction(blurred, normals=normals), given) for normals in (None, truth))
    assert off_deg(drawn) < 0.6 * off_deg(plain)
    assert drawn.report["network"]["normals"]["face_share"] > 0.8
    assert "normals" not in plain.report["network"]


def test_depth_of_a_camera_goes_with_its_grid(plain):
    assert plain.camera == CAMERA
    assert plain.depth.shape == plain.confidence.shape == (160, 220)
