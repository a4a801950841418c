import numpy as np
import pytest

from tests.support.scenes import ball, camera_of, noise, plane
from worker.geometry.fuse.anchor import Anchor, AnchorError, depth_from_anchor, fit_anchor, visibility

CAMERA = camera_of(120, 160, 400)
FACE = ball(CAMERA)
ONES = np.ones(FACE.shape)
A, B = 2.5e-6, 4e-4  # a disparity of 0..1000, as MiDaS gives it


def disparity_of(depth):
    return (1 / depth - B) / A


def test_scale_and_shift_of_a_clean_disparity_are_found_exactly():
    anchor = fit_anchor(disparity_of(FACE), FACE, ONES)
    assert (anchor.a, anchor.b) == (pytest.approx(A, rel=1e-6), pytest.approx(B, rel=1e-6))
    assert anchor.residual_mm == pytest.approx(0, abs=1e-6)
    assert anchor.explained == pytest.approx(1)


def test_what_lies_beside_the_face_becomes_metric_too():
    scene = np.where(np.isfinite(FACE), FACE, 1700.0)
    anchor = fit_anchor(disparity_of(scene), FACE, ONES)
    np.testing.assert_allclose(depth_from_anchor(disparity_of(scene), anchor), scene, rtol=1e-4)


def test_a_depth_agrees_with_a_hand_worked_anchor():
    # 1 / (0.001 * 1 + 0.001) = 500; 1 / (0.001 * 0 + 0.001) = 1000; beyond the horizon 20 * 600 = 12000.
    anchor = Anchor(a=0.001, b=0.001, residual_mm=0, explained=1, face_mm=600)
    depth = depth_from_anchor(np.array([[1.0, 0.0, -1.5, np.nan]]), anchor)
    np.testing.assert_allclose(depth, [[500, 1000, 12000, np.nan]], rtol=1e-6)


def test_hair_over_a_fifth_of_the_face_does_not_move_the_fit():
    disparity = disparity_of(FACE)
    disparity[:38] = disparity_of(np.full((38, 160), 520.0))
    covered = np.isfinite(FACE[:38]).sum() / np.isfinite(FACE).sum()
    assert 0.2 < covered < 0.3
    anchor = fit_anchor(disparity, FACE, ONES)
    error = depth_from_anchor(disparity, anchor)[60:] - FACE[60:]
    assert np.nanmedian(np.abs(error)) < 2.5


def test_pixels_without_weight_do_not_count():
    disparity = disparity_of(FACE)
    disparity[:50] = 0
    weight = ONES.copy()
    weight[:50] = 0
    assert fit_anchor(disparity, FACE, weight).a == pytest.approx(A, rel=1e-6)


def test_the_residual_is_the_noise_in_mm():
    noisy = disparity_of(FACE + noise(FACE.shape, 3.0))
    assert fit_anchor(noisy, FACE, ONES).residual_mm == pytest.approx(3.0, rel=0.15)


@pytest.mark.parametrize(
    ("disparity", "weight", "reason"),
    [
        (-disparity_of(FACE), ONES, "less disparity"),
        (noise(FACE.shape, 1.0), ONES, "explains"),
        (np.full(FACE.shape, 3.0), ONES, "less disparity|explains"),
        (disparity_of(FACE), ONES * 0.01, "visible"),
        (np.full(FACE.shape, np.nan), ONES, "only 0 pixels"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_reason(disparity, weight, reason):
    with pytest.raises(AnchorError, match=reason):
        fit_anchor(disparity, FACE, weight)


def test_a_fit_that_follows_a_deep_face_loosely_is_refused_by_its_residual():
    deep = ball(CAMERA, radius_mm=120.0)
    with pytest.raises(AnchorError, match="misses the face by"):
        fit_anchor(disparity_of(deep + noise(deep.shape, 15.0)), deep, ONES)


def test_a_plane_leaning_by_60_degrees_is_seen_with_a_quarter():
    leaning = visibility(plane(CAMERA, slope_x=np.tan(np.radians(60))), CAMERA)
    # On the optical axis the ray is the axis: cos 60 = 1 / 2, squared 1 / 4.
    assert leaning[60, 80] == pytest.approx(0.25, abs=0.01)
    assert visibility(plane(CAMERA), CAMERA)[60, 80] == pytest.approx(1, abs=1e-4)
    assert not visibility(np.full(FACE.shape, np.nan), CAMERA).any()
