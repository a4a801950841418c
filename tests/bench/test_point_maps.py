"""What predictions with known faults make of heads whose depth is known; bench/README.md has the measured figures."""

import pytest

from bench.heads import Head, heads
from bench.point_maps import Lens, Outcome, Trials
from bench.predictions import FAULTS
from shared.settings import WeightsSettings


@pytest.fixture(scope="module")
def head() -> Head:
    """One of those that no constant was chosen on."""
    return next(head for head in heads() if head.name == "h8")


@pytest.fixture(scope="module")
def trials() -> Trials:
    return Trials(WeightsSettings.from_environment().weights)


@pytest.fixture(scope="module")
def portrait(trials, head) -> Outcome:
    """The face and its outline alone."""
    return trials.outcome(head, FAULTS["exact"], "portrait")


def test_an_exact_point_map_is_nearer_than_its_disparity_and_that_than_the_face_alone(trials, head, portrait):
    affine, whole = (trials.outcome(head, FAULTS["exact"], kind) for kind in ("affine", "point map"))
    assert affine.figures.whole_median < 0.6 * portrait.figures.whole_median
    assert whole.figures.whole_median < 0.7 * affine.figures.whole_median
    assert affine.figures.face_median < 1.05 * portrait.figures.face_median
    assert whole.figures.face_median < 0.8 * affine.figures.face_median
    assert whole.face_deg < 0.7 * affine.face_deg < 0.7 * portrait.face_deg
    assert affine.fov_x_deg == pytest.approx(head.fov_x_deg)


def test_a_point_map_with_all_that_users_report_is_better_than_the_face_alone(trials, head, portrait):
    made = trials.outcome(head, FAULTS["as reported, before a wall"], "point map")
    assert made.figures.whole_median < 0.95 * portrait.figures.whole_median
    assert made.figures.face_median < 1.15 * portrait.figures.face_median
    assert made.beside_deg < 0.9 * portrait.beside_deg
    assert made.distance == pytest.approx(portrait.distance, rel=0.01)  # it says twice as far


def test_an_unknown_lens_is_assumed_and_moves_a_face(trials, head, portrait):
    unknown = trials.depth_map(head, FAULTS["exact"], "portrait", Lens.UNKNOWN).report
    assert (portrait.report["camera"], unknown["camera"]) == ("given", "assumed")
    assert unknown["distance_mm"] < 0.8 * portrait.report["distance_mm"]
