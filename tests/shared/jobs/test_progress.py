"""Progress of a job and of its stage, by hand-worked shares."""

import pytest

from shared.jobs.record import SHARES, Stage, overall_progress, stage_progress
from tests.support.jobs import ALL, new_job


@pytest.mark.parametrize(
    ("stage", "fraction", "expected"),
    [
        (Stage.DEPTH, 0.0, 0.0),
        (Stage.DEPTH, 0.5, 0.1875),
        (Stage.MODEL, 0.0, 0.375),
        (Stage.MODEL, 0.4, 0.435),  # 0.375 + 0.4 * 0.15
        (Stage.EXPORT, 1.0, 1.0),
    ],
)
def test_progress_of_all_steps_is_that_of_the_stage_in_its_share(store, stage, fraction, expected):
    assert sum(SHARES.values()) == pytest.approx(1)
    job = new_job(store, steps=ALL).model_copy(update={"stage": stage})
    assert overall_progress(job, fraction) == pytest.approx(expected)
    assert stage_progress(job.model_copy(update={"progress": expected})) == pytest.approx(fraction)


def test_a_job_of_one_step_has_the_progress_of_that(store):
    job = new_job(store, steps=(Stage.MODEL,))
    assert overall_progress(job, 0.25) == pytest.approx(0.25)
    assert stage_progress(job.model_copy(update={"progress": 0.25})) == pytest.approx(0.25)


def test_progress_of_a_stage_lies_between_nothing_and_all(store):
    job = new_job(store, steps=ALL).model_copy(update={"stage": Stage.MODEL})
    assert stage_progress(job.model_copy(update={"progress": 0.1})) == 0
    assert stage_progress(job.model_copy(update={"progress": 0.9})) == 1
