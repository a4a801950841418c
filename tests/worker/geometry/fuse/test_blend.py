import numpy as np

from tests.support.scenes import ball, camera_of, plane
from worker.geometry.fuse.blend import corrected_by_face

CAMERA = camera_of(160, 220, 400)
V, U = np.mgrid[:160, :220]
WRINKLES = 0.8 * np.sin(2 * np.pi * U / 3)  # 3 pixels are 4.5 mm: finer than landmarks
TRUTH = ball(CAMERA, radius_mm=100.0)
FACE = np.where(np.hypot(V - 79.5, U - 109.5) < 40, TRUTH, np.nan)
ON_FACE = np.hypot(V - 79.5, U - 109.5) < 32
ONES = np.ones(TRUTH.shape)


def rms(values):
    return float(np.sqrt(np.nanmean(values**2)))


def test_a_coarse_error_of_the_network_goes_and_its_fine_detail_stays():
    warped = TRUTH + WRINKLES + 15 * np.cos(U / 40) + 0.1 * (V - 80)
    merged = corrected_by_face(warped, FACE, ONES, CAMERA)
    assert rms((warped - TRUTH)[ON_FACE]) > 8
    assert rms((merged - TRUTH - WRINKLES)[ON_FACE]) < 0.5


def test_a_network_that_is_right_is_left_alone():
    merged = corrected_by_face(TRUTH, FACE, ONES, CAMERA)
    np.testing.assert_allclose(merged, TRUTH, rtol=1e-5)


def test_there_is_no_seam_at_the_edge_of_the_face():
    wall = plane(CAMERA, 520.0)
    shifted = corrected_by_face(wall + 12, np.where(np.isfinite(FACE), wall, np.nan), ONES, CAMERA)
    assert np.abs(np.diff(shifted, axis=1)).max() < 0.6
    np.testing.assert_allclose(shifted[ON_FACE], 520, atol=0.01)
    np.testing.assert_allclose(shifted[:, :5], 532, atol=0.2)


def test_what_is_not_trusted_does_not_pull():
    weight = np.where(U < 110, 1.0, 1e-3)
    wrong = FACE + np.where(U < 110, 0.0, 40.0)
    merged = corrected_by_face(TRUTH, wrong, weight, CAMERA)
    left = ON_FACE & (U < 106)
    assert np.abs(merged - TRUTH)[left].max() < 1


def test_without_a_face_nothing_changes_and_the_unknown_stays_unknown():
    nothing = np.full(TRUTH.shape, np.nan)
    np.testing.assert_allclose(corrected_by_face(TRUTH, nothing, ONES, CAMERA), TRUTH, rtol=1e-6)
    merged = corrected_by_face(TRUTH, FACE, ONES, CAMERA)
    np.testing.assert_array_equal(np.isnan(merged), np.isnan(TRUTH))
