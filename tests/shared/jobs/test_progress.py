"""Progress of a job, by hand-worked shares."""

import pytest

from shared.jobs.record import SHARES, Stage, overall_progress
from tests.support.jobs import ALL, new_job


@pytest.mark.parametrize(
    ("stage", "fraction", "expected"),
    [
        (Stage.DEPTH, 0.0, 0.0),
        (Stage.DEPTH, 0.5, 0.175),
        (Stage.MODEL, 0.0, 0.35),
        (Stage.MODEL, 0.4, 0.39),  # 0.35 + 0.4 * 0.1
        (Stage.EXPORT, 1.0, 1.0),
    ],
)
def test_progress_of_all_steps_is_that_of_the_stage_in_its_share(store, stage, fraction, expected):
    assert sum(SHARES.values()) == pytest.approx(1)
    job = new_job(store, steps=ALL).model_copy(update={"stage": stage})
    assert overall_progress(job, fraction) == pytest.approx(expected)


def test_a_job_of_one_step_has_the_progress_of_that(store):
    job = new_job(store, steps=(Stage.MODEL,))
    assert overall_progress(job, 0.25) == pytest.approx(0.25)
