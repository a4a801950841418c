"""A job through all of its stages, and through some of them again."""

import json

import pytest

from shared.jobs.limits import UNLIMITED
from shared.jobs.record import Stage, State
from shared.jobs.wakeups import WakeUps, celery_app
from shared.options import ModelOptions
from shared.results import METRIC_IMAGE, REPORT, RESULTS
from tests.support.jobs import ALL
from tests.support.stages import RampNetwork, queue_job
from worker.stages.runner import StageRunner


def test_each_stage_stores_its_results_and_wakes_the_next(store, storage, runner_of):
    job = queue_job(store, storage, steps=ALL)
    runner = runner_of(RampNetwork())
    for stage in ALL:
        runner.run(stage)
    done = store.jobs.get(job.id)
    assert (done.state, done.error) == (State.SUCCEEDED, None)
    lasting = {name: row for name, row in RESULTS.items() if row.stored and not row.temporary}
    expected = {name for name, row in lasting.items() if row.stage not in (None, Stage.HEAD)}
    assert set(done.files) == expected - {METRIC_IMAGE}  # the depth map is metric already
    others = [file for file in done.files.values() if file.name != REPORT]
    assert all(RESULTS[file.name].stage == file.stage for file in others)
    assert set(storage.folders(job.id)) == {"photo", *(file.folder for file in done.files.values())}
    assert [store.redis.llen(stage) for stage in ALL] == [0, 1, 1, 1]  # it was us who queued it for its first stage


@pytest.mark.parametrize("serves", [(), (Stage.MODEL, Stage.HEAD)])
def test_points_go_before_a_head_where_one_process_makes_both(store, storage, settings, serves):
    first, second = (queue_job(store, storage, steps=ALL) for _ in range(2))
    wakeups = WakeUps(celery_app(settings.redis_url))
    runner = StageRunner(store.redis, storage, wakeups, settings, serves=serves, load=lambda _: RampNetwork())
    runner.run(Stage.DEPTH)
    runner.run(Stage.MODEL)
    runner.run(Stage.HEAD)
    stages = [store.jobs.get(job.id).stage for job in (first, second)]
    assert stages == [Stage.EXPORT, Stage.HEAD if serves else Stage.MODEL]


def test_a_photo_without_a_face_has_no_head_and_its_report_says_why(store, storage, runner_of):
    job = queue_job(store, storage, steps=ALL)
    runner = runner_of(RampNetwork())
    for stage in ALL[:3]:
        runner.run(stage)
    found = store.jobs.get(job.id)
    assert [file.name for file in found.files_of(Stage.HEAD)] == [REPORT]
    head = {"found": False, "reason": "no whole head: no face was found in the photo"}
    assert found.stages[Stage.HEAD].report == {"head": head}
    report = json.loads(storage.read(job.id, found.files[REPORT].folder, REPORT))
    assert (report["head"], report["model"]) == (head, "portrait")


def test_another_depth_replaces_all_files_but_the_photo(store, storage, runner_of):
    job = queue_job(store, storage, steps=ALL)
    runner = runner_of(RampNetwork())
    for stage in ALL:
        runner.run(stage)
    first = store.jobs.get(job.id)
    store.jobs.requeue(job.id, Stage.DEPTH, (Stage.DEPTH,), limits=UNLIMITED)
    runner.run(Stage.DEPTH)
    second = store.jobs.get(job.id)
    assert {file.name for file in first.files_of(Stage.DEPTH)} == set(second.files)
    assert set(storage.folders(job.id)) == {"photo", second.files["depth.npz"].folder}


def test_another_3d_model_replaces_the_files_of_the_first(store, storage, runner_of):
    job = queue_job(store, storage, steps=ALL)
    runner = runner_of(RampNetwork())
    for stage in ALL:
        runner.run(stage)
    first = store.jobs.get(job.id)
    options = ModelOptions(point_budget=5000)
    store.jobs.requeue(job.id, Stage.MODEL, (Stage.MODEL,), model=options, limits=UNLIMITED)
    runner.run(Stage.MODEL)
    second = store.jobs.get(job.id)
    assert second.files_of(Stage.DEPTH) == first.files_of(Stage.DEPTH)
    assert second.files_of(Stage.EXPORT) == ()
    assert set(storage.folders(job.id)) == {"photo", *(file.folder for file in second.files.values())}
    assert len(storage.folders(job.id)) == 3
