"""Landmarks by name, and distances between them with errors."""

import numpy as np
import pytest

from worker.head.measures import MEASURES, SIZE_ERROR, landmarks_of, measures_of
from worker.head.model.load import head_model


def measured(size_from="given", scale=1.0):
    model = head_model()
    return {measure.name: measure for measure in measures_of(model, scale * model.mean, size_from)}


def test_the_mean_head_measures_what_adults_do():
    """Farkas, Anthropometry of the Head and Face, 1994, means of young adults of both sexes, mm, roughly."""
    people = {
        "pupils": 63, "inner eye corners": 32, "outer eye corners": 90, "right eye width": 30.5, "nose height": 52,
        "nose width": 35, "mouth width": 52, "face height": 117, "face width": 135, "ear to ear": 145,
    }  # fmt: skip
    found = measured()
    for name, length in people.items():
        assert found[name].length_mm == pytest.approx(length, rel=0.13), name


def test_a_larger_head_measures_more():
    small, large = measured(), measured(scale=1.1)
    for name in MEASURES:
        assert large[name].length_mm == pytest.approx(1.1 * small[name].length_mm)


def test_each_measure_lies_between_its_two_landmarks():
    places = landmarks_of(head_model(), head_model().mean)
    for name, measure in measured().items():
        row = MEASURES[name]
        np.testing.assert_allclose(measure.ends, [places[row.start], places[row.end]], atol=1e-4)
        assert measure.length_mm == pytest.approx(float(np.linalg.norm(np.diff(measure.ends, axis=0))))


def test_right_is_right_and_the_ears_are_beside_the_eyes():
    places = landmarks_of(head_model(), head_model().mean)
    for name, place in places.items():
        if name.startswith("right"):
            assert place[0] < 0
            np.testing.assert_allclose(places[name.replace("right", "left")], place * [-1, 1, 1], atol=1)
    assert 70 < places["left ear"][2] < 100
    assert -10 < places["left ear"][1] < 40


def test_an_assumed_size_adds_its_share_to_the_error():
    given, assumed = measured("given"), measured("assumed")
    for name, row in MEASURES.items():
        length = given[name].length_mm
        assert given[name].error_mm == pytest.approx(np.hypot(row.error_mm, SIZE_ERROR["given"] * length))
        assert assumed[name].error_mm == pytest.approx(np.hypot(row.error_mm, SIZE_ERROR["assumed"] * length))
        assert assumed[name].error_mm > given[name].error_mm
