"""A job by MoGe-2 from upload to report. Its weights are seeded, so it sees no person, and the report says so."""

import dataclasses

import pytest

from shared.jobs.record import Stage
from shared.jobs.wakeups import WakeUps, celery_app
from shared.options import DepthOptions
from shared.results import METRIC_IMAGE
from shared.settings import WeightsSettings
from stack.local import PROJECT
from tests.support.fronts import client_of
from tests.support.requests import upload
from tests.support.seeding import write_checkpoint
from tests.support.stages import queue_job
from worker.depth import registry
from worker.depth.weights import WeightsFile
from worker.stages.runner import StageRunner

NAME = "moge_2_vits_normal"
PHOTO = PROJECT / "tests" / "data" / "photos" / "white_shirt_smile.jpg"
TOKENS = 64  # fewer than the setting allows, for speed


@pytest.fixture
def weights(tmp_path, monkeypatch):
    """A folder with the networks of faces and MoGe-2 Small, whose pinned hash is set aside."""
    folder, present = tmp_path / "weights", WeightsSettings.from_environment().weights
    folder.mkdir()
    for file in registry.row("portrait").weights.files:
        (folder / file.name).symlink_to(present / file.name)
    row = registry.row(NAME)
    (file,) = row.weights.files
    write_checkpoint(NAME, folder / file.name)
    unpinned = dataclasses.replace(row.weights, files=(WeightsFile(file.name),))
    monkeypatch.setitem(registry.ROWS, NAME, dataclasses.replace(row, weights=unpinned))
    return folder


@pytest.fixture
def runner(store, storage, settings, weights):
    changed = {"weights": weights, "depth_backend": "torch", "network_tokens": TOKENS}
    wakeups = WakeUps(celery_app(settings.redis_url))
    return StageRunner(store.redis, storage, wakeups, settings.model_copy(update=changed))


def test_jobs_by_moge_2_end_with_truthful_reports_with_a_face_and_without(store, storage, settings, runner):
    no_face = queue_job(store, storage, depth=DepthOptions(model=NAME))
    with client_of(settings) as client:
        sent = upload(client, PHOTO.read_bytes(), PHOTO.name, model=NAME).json()
        runner.run(Stage.DEPTH)
        runner.run(Stage.MODEL)
        job = client.get(sent["links"]["self"]).json()
    report = job["report"]
    assert (report["model"], report["licence"], report["unit"]) == (NAME, "MIT", "mm")
    assert {METRIC_IMAGE, "cloud.rlf"} <= {file["name"] for file in job["results"]}
    assert [lens["source"] for lens in report["lens"]["candidates"]] == ["network", "assumed"]
    assert (report["anchored"], report["network"]["scale"]) == (False, "metric")
    assert "noise" in report["lengths"]["beside the face"]
    alone = store.jobs.get(no_face.id)
    found = alone.stages[Stage.DEPTH].report
    assert (found["face_found"], found["metric"], found["camera"]) == (False, True, "network")
    assert METRIC_IMAGE in alone.files and "scale" not in found
