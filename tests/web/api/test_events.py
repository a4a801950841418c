"""A job's changes as server-sent events."""

from shared.jobs.record import Stage
from tests.support.requests import events_of, finish_stage, later, upload


def test_events_report_every_change_until_the_job_ends(client, store, storage, portrait):
    job = upload(client, portrait, steps="depth").json()
    timer = later(0.5, lambda: finish_stage(store, storage, Stage.DEPTH, "depth.png"))
    with client.stream("GET", job["links"]["events"]) as response:
        assert response.headers["Content-Type"].startswith("text/event-stream")
        seen = [event for event in events_of(response) if event.get("event") == "job"]
    timer.join()
    assert '"state":"queued"' in seen[0]["data"]
    assert '"state":"succeeded"' in seen[-1]["data"]
    last = seen[-1]["id"]
    assert client.get(job["links"]["events"], headers={"Last-Event-ID": last}).status_code == 204
    replayed = client.get(job["links"]["events"], headers={"Last-Event-ID": seen[0]["id"]})
    assert '"state":"succeeded"' in replayed.text


def test_events_end_when_the_job_is_deleted(client, portrait):
    job = upload(client, portrait).json()
    timer = later(0.5, lambda: client.delete(job["links"]["self"]))
    with client.stream("GET", job["links"]["events"]) as response:
        assert list(events_of(response))[-1]["event"] == "gone"
    timer.join()
