"""A real Prometheus scrapes a real stack: each query of the dashboard and each rule finds what it asks for."""

import os
import re
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from shared.jobs.problems import BUG
from shared.jobs.record import Stage
from shared.jobs.workers import Workers
from shared.redis.connection import connect
from stack.local import Plan, Stack
from stack.processes import wait_until
from tests.support.following import follow, send
from tests.support.jobs import Store, claim
from tests.support.prometheus import dashboard_targets, prometheus_path, running_prometheus, values_of
from tests.support.raw_http import ask

prometheus_path()  # skips these tests where there is none
SELECTOR = re.compile(r"(?:relief|process)_\w+(?:\{[^}]*\})?")
STATUS = re.compile(r', status=~?"[^"]*"|status=~?"[^"]*",? ?')
UPLOAD_EVERY_S = 1.5


@pytest.fixture(scope="module")
def stack(tmp_path_factory) -> Iterator[Stack]:
    with Stack(Plan(tmp_path_factory.mktemp("watched"), web_processes=2)) as running:
        yield running


@pytest.fixture(scope="module")
def prometheus(stack, tmp_path_factory, portrait) -> Iterator[httpx.Client]:
    """A Prometheus that has seen jobs wait, succeed and fail; more come until the tests are over."""
    with running_prometheus(tmp_path_factory.mktemp("prometheus"), stack.urls) as client:
        wait_until("the first figures", lambda: values_of(client, "count(relief_build_info)") == [2.0])
        redis = connect(stack.redis_url)
        Workers(redis).announce_gpu_memory("host:1", 10**9)
        ask(stack.url, b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n")
        with httpx.Client(base_url=stack.url, timeout=60) as visitor:
            with stopped(stack.processes["depth0"].pid):
                waiting = [send(visitor, portrait, steps=",".join(Stage)) for _ in range(3)]
                wait_until("jobs that wait", lambda: values_of(client, "max(relief_jobs_waiting) > 1") != [])
                wait_until("a long wait", lambda: values_of(client, "max(relief_oldest_wait_seconds) > 1") != [])
                [taken] = claim(Store.of(redis))
                Store.of(redis).claims.fail(taken, BUG)
            ended = [follow(visitor, job)[-1]["state"] for job in waiting]
            assert sorted(ended) == ["failed", "succeeded", "succeeded"]
            with uploads(visitor, portrait):
                yield client
        redis.close()


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """A process and all that it started stand still while the block runs."""
    os.killpg(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.killpg(pid, signal.SIGCONT)


@contextmanager
def uploads(visitor: httpx.Client, portrait: bytes) -> Iterator[None]:
    """One photo after the other is sent while the block runs."""
    over = threading.Event()

    def go_on() -> None:
        while not over.wait(UPLOAD_EVERY_S):
            send(visitor, portrait, steps="depth")

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.mark.parametrize("query", [target["expr"] for target in dashboard_targets()])
def test_each_query_of_the_dashboard_finds_data(prometheus, query):
    query = query.replace("$__rate_interval", "30s")
    wait_until(f"data for {query}", lambda: values_of(prometheus, query) != [], timeout_s=60)


def rules(prometheus: httpx.Client) -> list[dict]:
    return [rule for group in prometheus.get("/api/v1/rules").json()["data"]["groups"] for rule in group["rules"]]


def test_each_rule_is_evaluated_and_each_figure_that_it_names_is_there(prometheus):
    wait_until("all rules", lambda: all(rule["health"] == "ok" for rule in rules(prometheus)), timeout_s=60)
    recorded = [rule["name"] for rule in rules(prometheus) if rule["type"] == "recording"]
    figures = {STATUS.sub("", found) for rule in rules(prometheus) for found in SELECTOR.findall(rule["query"])}
    assert len(figures) > 10
    for figure in sorted(figures) + recorded:
        wait_until(f"data for {figure}", lambda figure=figure: values_of(prometheus, figure) != [], timeout_s=60)


def test_a_job_that_failed_here_is_told_and_nothing_else_alarms(prometheus):
    firing = 'count by (alertname) (ALERTS{alertstate="firing"})'
    wait_until("the alert", lambda: values_of(prometheus, firing) != [], timeout_s=60)
    names = {rule["name"] for rule in rules(prometheus) if rule.get("alerts") and rule["state"] == "firing"}
    assert names == {"ReliefJobsFailHere"}
