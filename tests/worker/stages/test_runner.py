"""A job through all of its stages, and through some of them again."""

from shared.jobs.limits import UNLIMITED
from shared.jobs.record import Stage, State
from shared.options import ModelOptions
from shared.results import METRIC_IMAGE, RESULTS
from tests.support.jobs import ALL
from tests.support.stages import RampNetwork, queue_job


def test_each_stage_stores_its_results_and_wakes_the_next(store, storage, runner_of):
    job = queue_job(store, storage, steps=ALL)
    runner = runner_of(RampNetwork())
    for stage in ALL:
        runner.run(stage)
    done = store.jobs.get(job.id)
    assert (done.state, done.error) == (State.SUCCEEDED, None)
    expected = {name for name, row in RESULTS.items() if row.stored and row.stage}
    assert set(done.files) == expected - {METRIC_IMAGE}  # the depth map is metric already
    assert all(RESULTS[file.name].stage == file.stage for file in done.files.values())
    assert set(storage.folders(job.id)) == {"photo", *(file.folder for file in done.files.values())}
    assert [store.redis.llen(stage) for stage in ALL] == [0, 1, 1]  # it was us who queued it for its first stage


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
