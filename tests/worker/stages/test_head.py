"""The head stage on a real Valkey and real files: a head becomes its files, or is given up without a trace."""

import gzip
import json
from collections.abc import Sequence

import pytest

from shared.head.accuracy import SIZE_ERROR
from shared.head.format import head_from_bytes
from shared.jobs.record import Stage, State
from shared.photo.decode import jpeg_from_pixels
from shared.results import HEAD, HEAD_GLB, PHOTO, REPORT, RESULTS
from shared.storage.base import PHOTO_FOLDER
from tests.support.head_depth import head_depth_map, pixels_of
from tests.support.jobs import ALL, claim
from tests.support.stages import queue_job
from worker import pipeline
from worker.depth.estimator import DepthMap, Early, Photo

SMILE = {"mouthSmileLeft": 0.6, "mouthSmileRight": 0.6}
STEPS = ALL[:3]


class HeadNetwork:
    """Sees the same smiling head in every photo."""

    def estimate(self, photos: Sequence[Photo], early: Early | None = None) -> list[DepthMap]:
        return [head_depth_map(expression=SMILE) for _ in photos]


@pytest.fixture
def job(store, storage):
    """A job whose photo shows the head."""
    job = queue_job(store, storage, steps=STEPS)
    storage.write(job.id, PHOTO_FOLDER, PHOTO, jpeg_from_pixels(pixels_of(head_depth_map())))
    return job


@pytest.fixture
def runner(runner_of):
    return runner_of(HeadNetwork())


def test_a_head_becomes_its_files_and_a_block_of_the_report(store, storage, job, runner):
    for stage in STEPS:
        runner.run(stage)
    done = store.jobs.get(job.id)
    assert (done.state, done.error) == (State.SUCCEEDED, None)
    heads = {name for name, row in RESULTS.items() if row.stage is Stage.HEAD}
    assert {file.name for file in done.files_of(Stage.HEAD)} == heads | {REPORT}
    assert set(storage.folders(job.id)) == {"photo", *(file.folder for file in done.files.values())}
    head = head_from_bytes(gzip.decompress(storage.read(job.id, done.files[HEAD].folder, HEAD)))
    assert head.weights["mouthSmileLeft"] == pytest.approx(0.6, abs=0.01)
    report = done.stages[Stage.HEAD].report["head"]
    stored = json.loads(storage.read(job.id, done.files[REPORT].folder, REPORT))
    assert stored["head"] == report and stored["cloud"] == {
        name: value for name, value in done.stages[Stage.MODEL].report.items() if name != "lengths"
    }


def test_the_report_says_pose_measures_with_errors_and_what_is_a_guess(store, job, runner):
    for stage in STEPS:
        runner.run(stage)
    report = store.jobs.get(job.id).stages[Stage.HEAD].report["head"]
    assert (report["found"], report["fit_error_mm"], report["unseen"]) == (True, 1.25, ["the back of the head"])
    assert (report["yaw_deg"], report["pitch_deg"], report["roll_deg"]) == (0, 0, 0)
    assert report["expression"] == SMILE
    measures = {each["name"]: (each["length_mm"], each["error_mm"]) for each in report["measures"]}
    length, error = measures["pupils"]
    assert length == pytest.approx(63, abs=1)
    assert error > 0.99 * SIZE_ERROR["irises"] * length  # the size is known no better


def test_a_job_that_is_canceled_meanwhile_keeps_its_model_and_no_file_of_the_head(
    store, storage, job, runner, monkeypatch
):
    runner.run(Stage.DEPTH)
    runner.run(Stage.MODEL)
    build = pipeline.build_head

    def cancel_and_build(*given):
        store.jobs.cancel(job.id)
        return build(*given)

    monkeypatch.setattr(pipeline, "build_head", cancel_and_build)
    runner.run(Stage.HEAD)
    kept = store.jobs.get(job.id)
    assert kept.state is State.SUCCEEDED
    assert kept.files_of(Stage.HEAD) == () and kept.files_of(Stage.MODEL)
    assert set(storage.folders(job.id)) == {"photo", *(file.folder for file in kept.files.values())}


def test_a_worker_that_dies_meanwhile_loses_nothing(store, storage, job, runner):
    runner.run(Stage.DEPTH)
    runner.run(Stage.MODEL)
    [lost] = claim(store, Stage.HEAD, lease_s=0.01)  # and no more is heard of it
    storage.write(job.id, lost.folder, HEAD_GLB, b"half a file")
    while store.upkeep.sweep(attempts=3) != (1, 0):
        pass
    runner.run(Stage.HEAD)
    done = store.jobs.get(job.id)
    assert (done.state, done.attempt) == (State.SUCCEEDED, 2)
    assert storage.read(job.id, done.files[HEAD_GLB].folder, HEAD_GLB).startswith(b"glTF")
    assert set(storage.folders(job.id)) == {"photo", *(file.folder for file in done.files.values())}


def test_progress_of_the_head_rises_within_its_share(store, job, runner, monkeypatch):
    runner.run(Stage.DEPTH)
    runner.run(Stage.MODEL)
    seen = [store.jobs.get(job.id).progress]
    for name in ("build_head", "head_files", "report_files"):
        monkeypatch.setattr(pipeline, name, watched(getattr(pipeline, name), store, job, seen))
    runner.run(Stage.HEAD)
    seen.append(store.jobs.get(job.id).progress)
    assert seen == sorted(seen) and len(set(seen)) >= 4
    assert seen[-1] == 1


def watched(step, store, job, seen):
    """The step, after the job's progress has been noted."""

    def run(*given, **named):
        seen.append(store.jobs.get(job.id).progress)
        return step(*given, **named)

    return run
