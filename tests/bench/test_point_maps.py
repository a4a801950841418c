"""What predictions with known faults make of heads whose depth is known; bench/README.md has the measured figures."""

import pytest

from bench.heads import Head, heads
from bench.point_maps import Lens, Trials
from bench.predictions import FAULTS
from shared.settings import WeightsSettings


@pytest.fixture(scope="module")
def head() -> Head:
    """One of those that no constant was chosen on."""
    return next(head for head in heads() if head.name == "h8")


@pytest.fixture(scope="module")
def trials() -> Trials:
    return Trials(WeightsSettings.from_environment().weights)


def test_an_exact_disparity_takes_a_head_nearer_to_the_truth_than_its_face_alone(trials, head):
    portrait, affine = (trials.outcome(head, FAULTS["exact"], kind) for kind in ("portrait", "affine"))
    assert affine.figures.whole_median < 0.8 * portrait.figures.whole_median
    assert affine.figures.face_median < 1.05 * portrait.figures.face_median
    assert affine.beside_deg < 0.5 * portrait.beside_deg
    assert affine.fov_x_deg == pytest.approx(head.fov_x_deg)


def test_an_unknown_lens_is_assumed_and_moves_a_face(trials, head):
    given, unknown = (trials.depth_map(head, FAULTS["exact"], "portrait", lens) for lens in Lens)
    assert (given.report["camera"], unknown.report["camera"]) == ("given", "assumed")
    assert unknown.report["distance_mm"] < 0.8 * given.report["distance_mm"]
