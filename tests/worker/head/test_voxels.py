"""Surfaces of bodies on a grid of voxels."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh

from worker.head.voxels import Voxels, largest_body, smooth_union, surface_of

GRID = Voxels(np.array([-50.0, -60.0, -70.0]), 5.0, (21, 25, 29))


def ball(middle: tuple[float, float, float], radius: float) -> np.ndarray:
    return np.linalg.norm(GRID.points - np.array(middle), axis=-1) - radius


def solid(distance: np.ndarray) -> trimesh.Trimesh:
    points, triangles = surface_of(distance, GRID)
    return trimesh.Trimesh(points, triangles, process=False)


def test_a_ball_is_closed_and_has_its_volume():
    mesh = solid(ball((1, 2, 3), 33))
    assert mesh.is_watertight and mesh.is_winding_consistent
    assert mesh.volume == pytest.approx(4 / 3 * np.pi * 33**3, rel=0.03)
    assert np.abs(np.linalg.norm(mesh.vertices - [1, 2, 3], axis=1) - 33).max() < 0.5


def test_noise_is_closed_too():
    mesh = solid(np.random.default_rng(0).normal(size=GRID.shape))
    assert mesh.is_watertight and mesh.is_winding_consistent and mesh.volume > 0


def test_a_body_that_leaves_the_grid_is_closed_at_its_border():
    mesh = solid(ball((50, 0, 0), 40))
    assert mesh.is_watertight and mesh.volume > 0


def test_nothing_has_no_surface():
    points, triangles = surface_of(np.ones(GRID.shape), GRID)
    assert len(points) == 0 and len(triangles) == 0


def test_small_bodies_go_and_the_large_one_stays():
    one, other = ball((-15, 0, 0), 25), ball((40, 45, 55), 6)
    left = solid(largest_body(np.minimum(one, other)))
    assert left.body_count == 1
    assert left.volume == pytest.approx(solid(one).volume)


def test_a_smooth_union_lies_outside_of_both_and_equals_them_far_from_where_they_meet():
    one, other = ball((-15, 0, 0), 20), ball((15, 0, 0), 20)
    both = smooth_union(one, other, 8)
    assert (both <= np.minimum(one, other)).all()
    apart = np.abs(one - other) > 8
    assert (both == np.minimum(one, other))[apart].all()
