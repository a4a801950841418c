"""The figures that nobody may lose unseen; bench/README.md has the measured ones."""

import numpy as np
import pytest

from bench.heads import Figures, measure
from shared.settings import WeightsSettings

OURS = pytest.mark.parametrize("made", ["portrait", "whole pipeline"])


@pytest.fixture(scope="module")
def figures() -> dict[str, list[Figures]]:
    return measure(WeightsSettings.from_environment().weights, stride=5, face_stride=3)


def mean(figures, name):
    return float(np.mean([getattr(one, name) for one in figures]))


@OURS
def test_faces_are_within_a_millimetre(figures, made):
    assert mean(figures[made], "face_median") < 1.0
    assert mean(figures[made], "face_mean") < 1.35


@OURS
def test_faces_beat_the_average_face_and_a_plane_by_far(figures, made):
    assert mean(figures[made], "face_median") < 0.9 * mean(figures["average face"], "face_median")
    assert mean(figures[made], "face_median") < 0.2 * mean(figures["flat plane"], "face_median")


@OURS
def test_whole_heads_are_within_four_millimetres(figures, made):
    assert mean(figures[made], "whole_median") < 4.0


@OURS
def test_silhouettes_cover_the_true_ones(figures, made):
    assert min(one.overlap for one in figures[made]) > 0.97


@OURS
def test_eyes_are_as_far_apart_as_in_truth(figures, made):
    assert max(abs(one.eyes - 1) for one in figures[made]) < 0.08
