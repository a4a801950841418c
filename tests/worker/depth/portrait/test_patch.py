import numpy as np
import pytest

from shared.cloud.camera import Intrinsics
from worker.depth.portrait.patch import patch_of

CAMERA = Intrinsics.from_focal((9, 7), 20.0)
MASK = np.ones((7, 9), bool)
MASK[0, 0] = False
PATCH = patch_of(MASK)
V, U = np.nonzero(MASK)


def test_inner_pixels_have_four_neighbours_in_the_mask():
    assert PATCH.inner.sum() == 5 * 7
    assert patch_of(np.eye(5, 6, dtype=bool)).inner.sum() == 0


def test_differences_agree_with_hand_worked_ones():
    depth = 3.0 * U + 5.0 * V + U**2
    assert PATCH.right @ depth == pytest.approx(3 + 2 * np.nonzero(PATCH.inner)[1])  # (u + 1)^2 - (u - 1)^2 = 4 u
    assert PATCH.down @ depth == pytest.approx(5)
    assert PATCH.laplacian @ depth == pytest.approx(2)


def test_the_normal_of_a_slanted_plane_is_that_of_the_plane():
    true = np.array([0.3, -0.2, -1.0]) / np.linalg.norm([0.3, -0.2, -1.0])
    ray = np.column_stack([(U - CAMERA.cx) / CAMERA.fx, (V - CAMERA.cy) / CAMERA.fy, np.ones(len(U))])
    normals, _ = PATCH.normals(-500 / (ray @ true), PATCH.rays(CAMERA), CAMERA.fx)
    assert normals == pytest.approx(np.tile(true, (len(normals), 1)), abs=0.01)


def test_derivatives_by_depth_agree_with_differences():
    rng = np.random.default_rng(3)
    depth, rays = rng.uniform(400, 420, MASK.sum()), PATCH.rays(CAMERA)
    by_normal = rng.normal(size=(PATCH.inner.sum(), 3))

    def value(depth):
        unit, lengths = PATCH.normals(depth, rays, CAMERA.fx)
        return (unit * lengths[:, None] * by_normal).sum(1)

    jacobian, step = PATCH.by_depth(by_normal, rays, CAMERA.fx), rng.normal(size=MASK.sum())
    assert jacobian @ step == pytest.approx(value(depth + step) - value(depth))  # it is linear
