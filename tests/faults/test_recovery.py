"""What the queue promises, while something is killed, full, late or doubled."""

import os
import signal
import sys
import time

import httpx
import pytest

from shared.jobs.record import Stage, State
from shared.jobs.wakeups import WakeUps, celery_app
from shared.storage.folder import FolderStorage
from tests.faults.conftest import breakable_stack
from tests.support.following import API, follow, send
from tests.support.invariants import ask, assert_settled, assert_whole, kill, wait_for, worker_pid
from tests.support.jobs import Store

RECOVERY_S = 15.0


@pytest.fixture
def slow_photo(portrait: bytes) -> bytes:
    """The whole portrait: its depth takes long enough to be killed in the middle."""
    return portrait


def running(store: Store, job_id: str):
    """The job's record once a worker has it, else None."""
    job = store.jobs.get(job_id)
    return job if job.state is State.RUNNING else None


def test_a_worker_killed_in_mid_task_has_its_job_done_elsewhere(stack, client, job_store, slow_photo, record_property):
    job = send(client, slow_photo, steps="depth,model")
    held = wait_for("its first picture", lambda: (now := running(job_store, job["id"])) and now.preview and now)
    killed = time.monotonic()
    os.kill(worker_pid(held), signal.SIGKILL)
    again = wait_for(
        "another run takes it", lambda: (now := running(job_store, job["id"])) and now.run != held.run and now
    )
    recovery_s = time.monotonic() - killed
    record_property("recovery_s", round(recovery_s, 2))
    assert recovery_s < RECOVERY_S
    assert again.attempt == 2
    assert again.preview is None or again.preview.folder != held.preview.folder  # what the killed one showed is gone
    seen = follow(client, job)
    assert seen[-1]["state"] == "succeeded"
    assert any("attempt 2" in document["message"] for document in seen)
    assert_whole(job_store.jobs.get(job["id"]), FolderStorage(stack.plan.data))


def test_a_worker_killed_while_it_builds_a_head_loses_nothing(stack, client, job_store, portrait):
    job = send(client, portrait, steps="depth,model,head")
    held = wait_for(
        "a worker builds the head",
        lambda: (now := running(job_store, job["id"])) and now.stage is Stage.HEAD and now,
    )
    before = held.stages[Stage.MODEL]
    os.kill(worker_pid(held), signal.SIGKILL)
    seen = follow(client, job)
    assert seen[-1]["state"] == "succeeded"
    done = job_store.jobs.get(job["id"])
    assert done.attempt == 2 and done.stages[Stage.MODEL] == before
    assert "head.glb" in done.files
    assert_whole(done, FolderStorage(stack.plan.data))


def test_poison_is_tried_three_times_and_then_failed_and_listed(stack, client, job_store, slow_photo, small_photo):
    poison = send(client, slow_photo, steps="depth")
    runs = []
    for _ in range(3):
        held = wait_for("a run", lambda: (now := running(job_store, poison["id"])) and now.run not in runs and now)
        runs.append(held.run)
        os.kill(worker_pid(held), signal.SIGKILL)
    ended = follow(client, poison)[-1]
    assert ended["state"] == "failed"
    assert ended["error"]["type"] == "given-up"
    assert [job.id for job in job_store.upkeep.given_up()] == [poison["id"]]
    assert follow(client, send(client, small_photo, steps="depth"))[-1]["state"] == "succeeded"
    assert_settled(job_store)


def test_a_killed_batch_loses_none_and_its_jobs_are_retried_alone(stack, client, job_store, small_photo):
    jobs = [send(client, small_photo, steps="depth") for _ in range(6)]
    held = wait_for("a batch", lambda: next((now for job in jobs if (now := running(job_store, job["id"]))), None))
    os.kill(worker_pid(held), signal.SIGKILL)
    for job in jobs:
        assert follow(client, job)[-1]["state"] == "succeeded"
    for job in jobs:
        assert_whole(job_store.jobs.get(job["id"]), FolderStorage(stack.plan.data))
    assert_settled(job_store)


def test_redis_killed_loses_no_accepted_job_and_everyone_comes_back(
    stack, client, job_store, small_photo, record_property
):
    jobs = [send(client, small_photo, steps="depth,model") for _ in range(8)]
    killed = time.monotonic()
    kill(stack.processes["valkey"].pid)
    first = client.get(jobs[0]["links"]["self"])
    assert first.status_code in (200, 503)
    if first.status_code == 503:
        assert first.headers["Retry-After"]
    wait_for("polling works again", lambda: ask(client, jobs[0]["links"]["self"]), RECOVERY_S)
    record_property("polling_again_s", round(time.monotonic() - killed, 2))
    late = wait_for("uploads work again", lambda: upload_or_none(client, small_photo), RECOVERY_S)
    for job in [*jobs, late]:
        assert wait_for("the end", lambda job=job: ended(client, job), 60)["state"] == "succeeded"
    record_property("all_done_s", round(time.monotonic() - killed, 2))
    for job in jobs:
        assert_whole(job_store.jobs.get(job["id"]), FolderStorage(stack.plan.data))
    assert_settled(job_store)


def upload_or_none(client: httpx.Client, photo: bytes) -> dict | None:
    response = client.post(f"{API}/jobs", files={"photo": ("p.png", photo)}, data={"steps": "depth"})
    return response.json() if response.status_code == 202 else None


def ended(client: httpx.Client, job: dict) -> dict | None:
    document = ask(client, job["links"]["self"])
    return document if document and document["state"] not in ("queued", "running") else None


def test_a_stopped_redis_is_told_as_503_within_seconds(stack, client, job_store, small_photo):
    job = send(client, small_photo, steps="depth")
    follow(client, job)
    pid = stack.processes["valkey"].pid
    os.kill(pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        response = client.get(job["links"]["self"])
        assert response.status_code == 503
        assert time.monotonic() - began < 15
    finally:
        os.kill(pid, signal.SIGCONT)
    assert wait_for("the answer again", lambda: ask(client, job["links"]["self"]))["state"] == "succeeded"


def test_sigterm_ends_or_hands_back_what_is_in_hand_and_loses_nothing(
    stack, client, job_store, small_photo, record_property
):
    jobs = [send(client, small_photo, steps="depth,model") for _ in range(10)]
    wait_for("work begins", lambda: any(running(job_store, job["id"]) for job in jobs))
    pid, began = stack.processes["depth0"].pid, time.monotonic()
    os.kill(pid, signal.SIGTERM)
    wait_for("it is restarted by the supervisor", lambda: stack.processes["depth0"].pid != pid, 30)
    record_property("stopped_within_s", round(time.monotonic() - began, 2))
    for job in jobs:
        assert follow(client, job)[-1]["state"] == "succeeded"
    assert all(job_store.jobs.get(job["id"]).attempt <= 1 for job in jobs)  # none was cut off
    assert_settled(job_store)


def test_a_canceled_running_job_stays_canceled_and_leaves_no_file(stack, client, job_store, slow_photo):
    job = send(client, slow_photo)
    wait_for("a worker takes the job", lambda: running(job_store, job["id"]))
    began = time.monotonic()
    assert client.post(job["links"]["cancel"]).json()["state"] == "canceled"
    assert time.monotonic() - began < 1
    after = send(client, slow_photo, steps="depth")
    assert follow(client, after)[-1]["state"] == "succeeded"  # so the canceled one's run has ended too
    assert job_store.jobs.get(job["id"]).state is State.CANCELED
    wait_for("its files go", lambda: FolderStorage(stack.plan.data).folders(job["id"]) == [])


def test_a_doubled_message_and_a_message_for_nothing_change_nothing(stack, client, job_store, small_photo):
    wakeups = WakeUps(celery_app(stack.redis_url))
    for _ in range(5):
        wakeups.send(Stage.DEPTH)
    job = send(client, small_photo, steps="depth")
    for _ in range(5):
        wakeups.send(Stage.DEPTH)
    assert follow(client, job)[-1]["state"] == "succeeded"
    record = job_store.jobs.get(job["id"])
    assert record.attempt == 1
    assert_whole(record, FolderStorage(stack.plan.data))


def test_a_lost_message_is_sent_again_by_the_sweeper(stack, client, job_store, small_photo):
    for name in ("depth0",):
        os.kill(stack.processes[name].pid, signal.SIGSTOP)
    job = send(client, small_photo, steps="depth")
    job_store.redis.delete("depth")  # the message is lost
    os.kill(stack.processes["depth0"].pid, signal.SIGCONT)
    assert follow(client, job)[-1]["state"] == "succeeded"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux sets another process's limits")
def test_a_job_waits_while_storage_takes_no_more_and_says_so(stack, client, job_store, slow_photo, small_photo):
    import resource

    first = send(client, small_photo, steps="depth")
    held = wait_for("a worker", lambda: running(job_store, first["id"]))
    follow(client, first)
    worker = worker_pid(held)
    resource.prlimit(worker, resource.RLIMIT_FSIZE, (30_000, resource.RLIM_INFINITY))
    job = send(client, slow_photo, steps="depth")
    waiting = wait_for(
        "it waits", lambda: "our storage" in (seen := ask(client, job["links"]["self"]))["message"] and seen
    )
    assert waiting["state"] == "queued"
    resource.prlimit(worker, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert follow(client, job)[-1]["state"] == "succeeded"
    assert_whole(job_store.jobs.get(job["id"]), FolderStorage(stack.plan.data))
    assert_settled(job_store)


def test_four_seconds_without_storage_fail_no_job(stack, client, job_store, slow_photo, small_photo):
    jobs = [send(client, photo, steps="depth,model") for photo in (slow_photo, small_photo, small_photo)]
    folder, away = stack.plan.data / "jobs", stack.plan.data / "away"
    wait_for("a worker begins", lambda: any(running(job_store, job["id"]) for job in jobs))
    folder.rename(away)
    folder.touch()  # where it was mounted
    gone = time.monotonic()
    wait_for("each is refused", lambda: all(job_store.jobs.get(job["id"]).put_off_ms for job in jobs))
    refused = client.post(f"{API}/jobs", files={"photo": small_photo})
    assert (refused.status_code, "Retry-After" in refused.headers) == (503, True)
    wait_for("four seconds", lambda: time.monotonic() - gone > 4)
    folder.unlink()
    away.rename(folder)
    for job in jobs:
        assert follow(client, job)[-1]["state"] == "succeeded"
        record = job_store.jobs.get(job["id"])
        assert record.attempt == 1
        assert_whole(record, FolderStorage(stack.plan.data))
    assert_settled(job_store)


def test_one_user_with_many_jobs_delays_another_by_little(tmp_path, small_photo, record_property):
    with (
        breakable_stack(tmp_path, DEPTH_BATCH="2") as stack,
        httpx.Client(base_url=stack.url, timeout=30) as ann,
        httpx.Client(base_url=stack.url, timeout=30) as bob,
    ):
        flood = [send(ann, small_photo, steps="depth") for _ in range(30)]
        job = send(bob, small_photo, steps="depth")
        finished = follow(bob, job)[-1]
        assert finished["state"] == "succeeded"
        documents = [ask(ann, other["links"]["self"]) for other in flood]
        begun = [document for document in documents if document and document["started_at"]]
        before = [
            document for document in begun if finished["created_at"] <= document["started_at"] <= finished["started_at"]
        ]
        record_property("jobs_of_the_flood_that_went_first", len(before))
        assert len(before) <= 2 + 1  # at most the rest of a batch, and one turn
