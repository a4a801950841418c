"""The figures at /metrics, as Prometheus reads them."""

import httpx
from prometheus_client.parser import text_string_to_metric_families

from shared.jobs.claims import Finished
from shared.jobs.record import Problem, Stage
from shared.jobs.workers import Workers
from tests.support.jobs import claim, new_job


def figures(client: httpx.Client) -> dict[tuple[str, ...], float]:
    text = client.get("/metrics").text
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {(sample.name, *sample.labels.values()): sample.value for sample in samples}


def test_waiting_running_and_ended_jobs_are_counted(client, store):
    jobs = [new_job(store) for _ in range(5)]
    held = claim(store, limit=2)
    store.claims.finish(held[0], Finished((), {}))
    store.claims.fail(held[1], Problem(type="no-face", title="No face", detail="No face."))
    store.claims.hand_back(claim(store)[0])
    Workers(store.redis).announce(Stage.DEPTH, "host:1")
    Workers(store.redis).announce_gpu_memory("host:1", 12_345)
    seen = figures(client)
    assert seen["relief_jobs_accepted_total",] == len(jobs)
    assert seen["relief_jobs_waiting", "depth"] == 3
    assert seen["relief_jobs_waiting", "model"] == 1
    assert seen["relief_oldest_wait_seconds", "depth"] > 0
    assert seen["relief_runs_done_total", "depth"] == 1
    assert seen["relief_batches_total", "depth"] == 2
    assert seen["relief_claimed_total", "depth"] == 3
    assert seen["relief_retried_total", "depth"] == 1
    assert seen["relief_jobs_failed_total", "no-face"] == 1
    assert seen["relief_workers_alive", "depth"] == 1
    assert seen["relief_workers_alive", "model"] == 0
    assert seen["relief_gpu_memory_bytes", "host:1"] == 12_345
    assert seen["relief_waiting_work_seconds", "depth"] >= 0
