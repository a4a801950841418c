"""The figures at /metrics, as Prometheus reads them."""

from ipaddress import ip_network
from urllib.parse import urlsplit

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from shared import __version__
from shared.jobs.claims import Finished
from shared.jobs.keys import Key
from shared.jobs.problems import BUG
from shared.jobs.record import ENDS, Problem, Stage
from shared.jobs.workers import Workers
from shared.redis.connection import connect
from stack.processes import free_port, wait_until
from stack.valkey import start_valkey
from tests.support.fronts import client_of
from tests.support.jobs import claim, new_job
from tests.support.raw_http import ask
from tests.support.requests import assert_problem, upload
from web.app import create_app


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


def test_the_seconds_of_a_batch_are_counted_once(client, store):
    for _ in range(4):
        new_job(store)
    for held in claim(store, limit=4):
        store.claims.finish(held, Finished((), {}, own_s=0.25))
    seen = figures(client)
    assert (seen["relief_run_seconds_total", "depth"], seen["relief_runs_done_total", "depth"]) == (1, 4)
    new_job(store)
    assert seen["relief_waiting_work_seconds", "model"] == 0  # it has not run yet
    assert figures(client)["relief_waiting_work_seconds", "depth"] == 0.25


def test_answers_refusals_and_seconds_are_counted_by_route(client, portrait):
    upload(client, portrait)
    upload(client, b"no photo")
    client.get("/api/v1/jobs/none")
    client.get("/nowhere/at/all")
    seen = figures(client)
    assert seen["relief_http_requests_total", "jobs.create", "2xx"] == 1
    assert seen["relief_http_requests_total", "jobs.create", "4xx"] == 1
    assert seen["relief_http_requests_total", "none", "4xx"] == 1
    assert seen["relief_http_request_seconds_count", "jobs.create"] == 2
    assert seen["relief_http_request_seconds_sum", "jobs.create"] > 0
    assert seen["relief_http_problems_total", "photo-type"] == 1
    assert seen["relief_http_problems_total", "not-found"] == 2
    assert seen["relief_build_info", __version__] == 1
    assert seen["process_resident_memory_bytes",] > 0


def test_what_the_server_refuses_is_counted_too(client, url):
    before = figures(client).get(("relief_http_refused_total", "400"), 0)
    ask(url, b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n")
    assert figures(client)["relief_http_refused_total", "400"] == before + 1


def test_what_an_alert_looks_for_is_told_before_it_happens(client):
    seen = figures(client)
    assert [seen["relief_jobs_failed_total", reason] for reason in ("internal", "storage", "given-up")] == [0] * 3
    assert [seen["relief_jobs_ended_total", state] for state in ENDS] == [0] * 3
    assert seen["relief_webhooks_refused_total", "group"] == seen["relief_http_problems_total", "storage"] == 0


def test_ends_are_counted_by_state(client, store):
    for _ in range(2):
        new_job(store, steps=[Stage.DEPTH])
    store.jobs.cancel(new_job(store).id)
    store.claims.finish(claim(store)[0], Finished((), {}))
    store.claims.fail(claim(store)[0], BUG)
    seen = figures(client)
    assert [seen["relief_jobs_ended_total", state] for state in ENDS] == [1, 1, 1]
    assert seen["relief_jobs_failed_total", "internal"] == 1


def test_storage_is_told_with_what_may_still_be_taken(store, settings, portrait):
    bounded = settings.model_copy(update={"storage_gb": 3, "free_gb": 1})
    with client_of(bounded) as client:
        assert figures(client)["relief_storage_left_bytes",] == 2e9
        upload(client, portrait)
        seen = figures(client)
    assert seen["relief_storage_bytes",] > 30e6  # results to come
    assert seen["relief_storage_left_bytes",] == 2e9 - seen["relief_storage_bytes",]


def test_what_a_failover_forgets_of_a_sum_is_not_told_as_a_new_beginning(client, store):
    store.redis.hset(Key.COUNTERS, "accepted", 1000)
    assert figures(client)["relief_jobs_accepted_total",] == 1000
    store.redis.hset(Key.COUNTERS, "accepted", 998)
    assert figures(client)["relief_jobs_accepted_total",] == 1000


def test_while_redis_is_away_the_figures_say_so(settings):
    nowhere = settings.model_copy(update={"redis_url": f"redis://127.0.0.1:{free_port()}/0"})
    with client_of(nowhere) as client:
        seen = figures(client)
    assert seen["relief_redis_up",] == 0
    assert ("relief_jobs_accepted_total",) not in seen and ("relief_build_info", __version__) in seen


def test_redis_tells_how_quickly_it_answers(client):
    seen = figures(client)
    assert (seen["relief_redis_up",], seen["relief_redis_reserve_gone",]) == (1, 0)
    assert 0 < seen["relief_redis_ping_seconds",] < 5


def test_replicas_are_told_beside_those_that_are_needed(client, store, settings, tmp_path):
    store.redis.config_set("repl-diskless-sync-delay", 0)  # not 5 s until it is sent the data
    seen = figures(client)
    assert (seen["relief_redis_replicas",], seen["relief_redis_replicas_needed",]) == (0, 0)
    server, url = start_valkey(tmp_path / "replica")
    try:
        with connect(url) as replica:
            primary = urlsplit(settings.redis_url)
            replica.config_set("masterauth", primary.password)
            replica.replicaof(primary.hostname, primary.port)
            wait_until("the replica", lambda: figures(client)["relief_redis_replicas",] == 1)
    finally:
        server.stop()


def status_for(settings, peer: str, **headers: str) -> int:
    """The status of /metrics for a peer of this IP address."""
    client = create_app(settings).test_client()
    return client.get("/metrics", environ_base={"REMOTE_ADDR": peer}, headers=headers).status_code


def test_the_figures_are_closed_to_other_machines(store, settings):
    others = ("10.1.2.3", "192.0.2.1", "2001:db8::1", "::ffff:10.1.2.3", "fe80::1%eth0")
    assert {peer: status_for(settings, peer) for peer in others} == dict.fromkeys(others, 403)
    for peer in ("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"):
        assert status_for(settings, peer) == 200, peer


def test_a_setting_opens_the_figures_to_networks(store, settings):
    ours = settings.model_copy(update={"metrics_from": (ip_network("10.0.0.0/8"), ip_network("2001:db8::/32"))})
    for peer in ("10.1.2.3", "::ffff:10.1.2.3", "2001:db8::1", "127.0.0.1"):
        assert status_for(ours, peer) == 200, peer
    for peer in ("11.1.2.3", "2001:db9::1"):
        assert status_for(ours, peer) == 403, peer


@pytest.mark.parametrize("behind_proxy", [False, True])
@pytest.mark.parametrize("claim", ["X-Forwarded-For", "X-Forwarded-Proto", "Forwarded", "Via", "X-Real-IP"])
def test_nobody_reads_the_figures_through_a_proxy(store, settings, behind_proxy, claim):
    ours = settings.model_copy(update={"behind_proxy": behind_proxy, "metrics_from": (ip_network("0.0.0.0/0"),)})
    for peer in ("127.0.0.1", "10.1.2.3"):
        assert status_for(ours, peer, **{claim: "127.0.0.1"}) == 403


def test_the_refusal_says_who_may_read(client):
    assert_problem(client.get("/metrics", headers={"Via": "1.1 proxy"}), 403, "RELIEF_METRICS_FROM")
