"""Colours filled in where none are known."""

from __future__ import annotations

import numpy as np

from worker.head.fill import pull_push, pull_push_box


def test_known_values_stay_and_holes_take_what_is_around():
    values = np.zeros((37, 53, 2), np.float32)
    values[..., 0], values[..., 1] = 100, np.arange(53)
    weights = np.ones((37, 53), np.float32)
    weights[10:25, 20:35] = 0
    dirty = np.where(weights[..., None] > 0, values, 9999)
    filled = pull_push(dirty, weights)
    assert np.array_equal(filled[weights > 0], values[weights > 0])
    assert np.abs(filled[..., 0] - 100).max() < 0.01
    assert filled[17, 27, 1] > 15 and filled[17, 27, 1] < 40


def test_where_nothing_is_known_the_fill_is_zero():
    assert not pull_push(np.ones((9, 14, 3), np.float32), np.zeros((9, 14), np.float32)).any()


def test_a_box_is_filled_around_as_if_all_else_had_no_weight():
    rng = np.random.default_rng(5)
    values, weights = rng.random((24, 30, 3), np.float32) * 255, rng.random((24, 30), np.float32)
    box = slice(10, 34), slice(6, 36)
    whole, known = np.zeros((44, 60, 3), np.float32), np.zeros((44, 60), np.float32)
    whole[box], known[box] = values, weights
    np.testing.assert_allclose(pull_push_box(values, weights, box, (44, 60)), pull_push(whole, known), atol=1e-3)
