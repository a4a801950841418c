"""Distances to the skin."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import cKDTree

from worker.head.body import FAR_MM, Skin
from worker.head.model.load import head_model
from worker.head.skin import fine_skin
from worker.head.voxels import Voxels

GRID = Voxels(np.array([-120.0, -150.0, -90.0]), 12.0, (21, 24, 23))


@pytest.fixture(scope="module")
def skin() -> Skin:
    fine = fine_skin(head_model())
    return Skin.of(fine, fine.field(head_model().mean.astype(float)))


def test_what_is_too_far_is_told_from_what_is_near_and_keeps_no_distance(skin):
    points = skin.points[::300] + 5 * skin.normals[::300]
    far = points + np.array([0, 0, 900.0])
    offset, _nearest = skin.offsets(np.vstack([points, far]), within_mm=15)
    np.testing.assert_allclose(offset[: len(points)], skin.offsets(points)[0])
    assert np.isinf(offset[len(points) :]).all()


def test_a_shell_is_the_same_where_it_is_used_and_far_elsewhere(skin):
    thickness = np.full(len(skin.points), 6.0)
    whole = skin.shell(thickness, GRID)
    front = skin.shell(thickness, GRID, used=lambda points: points[:, 2] < 60)
    used = GRID.points[..., 2] < 60 - 24
    np.testing.assert_array_equal(front[used], whole[used])
    assert (front[GRID.points[..., 2] > 60 + 24] == FAR_MM).all()


def test_a_shell_goes_no_deeper_than_it_may(skin):
    bare = skin.points[:, 1] > 0
    shell = skin.shell(np.where(bare, -3.0, 6.0), GRID, deep_mm=25.0)
    below = GRID.points[shell < 0]
    assert len(below) > 100
    away, _nearest = cKDTree(skin.points[~bare]).query(below)
    assert away.max() < 25 + GRID.step_mm
    assert (below[:, 1] < 45).all()
