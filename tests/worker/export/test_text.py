"""Arrays of numbers as text."""

from __future__ import annotations

import json

import numpy as np

from worker.export.text import numbers_as_text, obj_faces, obj_rows


def test_numbers_read_back_rounded_to_their_digits():
    rows = np.random.default_rng(3).normal(0, 400, (70, 3)).astype(np.float32)
    read = np.array(json.loads(numbers_as_text(rows, 3)))
    assert read.shape == (70, 3)
    np.testing.assert_array_equal(read, rows.astype(float).round(3))


def test_whole_numbers_have_no_point():
    assert numbers_as_text(np.array([[3, 4], [5, 6]], np.int32), 0) == b"[[3,4],[5,6]]"


def test_rows_and_faces_are_lines_of_an_obj_file():
    assert obj_rows(b"vt ", np.array([[0.25, 0.5], [1.0, 2e-9]]), 5) == b"vt 0.25 0.5\nvt 1.0 0.0\n"
    lines = obj_faces(np.array([[0, 1, 2], [2, 1, 3]]), 8, 4).decode()
    assert lines == "f 8/8/8 9/9/9 10/10/10\nf 10/10/10 9/9/9 11/11/11\n"
