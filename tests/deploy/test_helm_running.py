"""What the chart's containers run, run: their commands, variables and probes, as processes beside a real Valkey."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from shared.jobs.record import Stage
from stack.local import PROJECT
from stack.processes import Command, Supervised, free_port, wait_until
from tests.support.compose import dockerfile
from tests.support.fronts import answers
from tests.support.helm import Release, helm_path, rendered
from tests.support.nginx import nginx_path, running_nginx
from worker.depth import registry

helm_path()  # skips these tests where there is none
nginx_path()
PROBES = ("startupProbe", "readinessProbe", "livenessProbe")
KEDA = {"enabled": True, "prometheus": "http://prometheus:9090"}
WRONG_REDIS = {"REDIS_URL": "redis://127.0.0.1:1/0"}


@pytest.fixture(scope="module")
def release(redis_url) -> Release:
    return rendered(
        {
            "secrets": {"REDIS_URL": redis_url, "RELIEF_SECRET": "signs-cookies-of-this-test-and-no-others"},
            "data": {"existingClaim": "photos"},
            "web": {"trustedProxy": "10.244.0.0/16"},
            "ingress": {"enabled": True, "hosts": ["relief.example.org"]},
        }
    )


@pytest.fixture(scope="module")
def volumes(tmp_path_factory) -> dict[str, str]:
    """The folders that the pods' claims and empty volumes are here."""
    return {path: str(tmp_path_factory.mktemp(path.strip("/"))) for path in ("/data", "/weights", "/tmp")}


def started_by(image: str, instruction: str) -> list[str]:
    """The command of an image's file."""
    found = re.search(rf"^{instruction} (\[.*\])$", dockerfile(image), re.MULTILINE)
    assert found
    return json.loads(found[1])


def here(argv: list[str]) -> list[str]:
    """A container's command with this Python and its programs."""
    program = Path(sys.executable).parent / argv[0]
    return [str(program), *argv[1:]]


def environment(release: Release, component: str, name: str, volumes: dict[str, str]) -> dict[str, str]:
    """What a container has of variables, and nothing of ours; its volumes are folders here."""
    found = release.environment(release.container(component, name))
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT)} | {
        variable: volumes.get(value, value) for variable, value in found.items()
    }


def passes(release: Release, component: str, name: str, probe: str, variables: dict[str, str]) -> bool:
    """Whether a container's probe by a command says yes."""
    command = release.container(component, name)[probe]["exec"]["command"]
    return subprocess.run(here(command), env=variables, capture_output=True).returncode == 0


@pytest.fixture(scope="module")
def front(release, volumes, tmp_path_factory) -> Iterator[str]:
    """The web container; the URL that its port `metrics` is here."""
    port = free_port()
    argv = here(started_by("web", "CMD"))
    argv[argv.index("0.0.0.0")] = "127.0.0.1"
    log = tmp_path_factory.mktemp("web") / "log"
    variables = environment(release, "web", "web", volumes)
    process = Supervised(Command("web", [*argv, "--port", str(port)], variables, log))
    try:
        wait_until("the front", lambda: answers(f"http://127.0.0.1:{port}"))
        yield f"http://127.0.0.1:{port}"
    finally:
        process.stop()


@pytest.fixture(scope="module")
def proxy(release, front, tmp_path_factory) -> Iterator[str]:
    """The container beside it; the URL that its port `http` is here."""
    variables = release.environment(release.container("web", "proxy"))
    assert front.endswith(":8000") or variables["RELIEF_PROXY_UPSTREAM"] == "127.0.0.1:8000"
    moved = {"RELIEF_PROXY_UPSTREAM": front.removeprefix("http://"), "NGINX_LOCAL_RESOLVERS": "127.0.0.1"}
    template = release.of("ConfigMap")["relief-proxy"]["data"]["nginx.conf.template"]
    with running_nginx(tmp_path_factory.mktemp("proxy"), template, variables | moved) as url:
        yield url


def test_the_front_starts_by_its_command_and_passes_its_probes(release, front, proxy, volumes):
    variables = environment(release, "web", "web", volumes)
    assert passes(release, "web", "web", "startupProbe", variables)
    assert not passes(release, "web", "web", "startupProbe", variables | WRONG_REDIS)
    for name, url in (("web", front), ("proxy", proxy)):
        path = release.container("web", name)["readinessProbe"]["httpGet"]["path"]
        assert httpx.get(url + path).status_code == 200
    assert release.container("web", "web")["ports"] == [{"name": "metrics", "containerPort": 8000}]
    assert "8000" in dockerfile("web").split("EXPOSE")[1].split()


def test_it_is_ready_without_workers_and_says_that_there_are_none(store, front):
    assert httpx.get(f"{front}/readyz").status_code == 503
    assert httpx.get(f"{front}/healthz").status_code == 200


@pytest.mark.parametrize("host", ["relief.example.org", "relief.faces.svc:8000", "10.244.0.9:8080"])
def test_it_answers_to_the_names_of_ingress_service_and_pod(front, proxy, host):
    for url in (front, proxy):
        assert httpx.get(f"{url}/healthz", headers={"Host": host}).status_code == 200
        assert httpx.get(f"{url}/healthz", headers={"Host": "elsewhere.example.org"}).status_code == 421


def test_the_figures_that_scale_workers_are_for_those_inside(release, front, proxy):
    figures = httpx.get(f"{front}/metrics").text
    scaled = rendered({"secrets": {"existingSecret": "s"}, "data": {"url": "s3://b"}, "keda": KEDA}).of("ScaledObject")
    for each in scaled.values():
        query = each["spec"]["triggers"][0]["metadata"]["query"]
        metric, stages = re.search(r'(\w+)\{stage=~"(.+)"\}', query).groups()
        assert all(f'{metric}{{stage="{stage}"}}' in figures for stage in stages.split("|"))
    assert httpx.get(f"{proxy}/metrics").status_code == 404


def test_a_depth_worker_finds_the_weights_that_its_pod_has_fetched(release, volumes):
    command = release.container("depth-cpu", "weights")["command"]
    variables = environment(release, "depth-cpu", "weights", volumes)
    subprocess.run(here(command), env=variables, check=True, capture_output=True)
    worker = environment(release, "depth-cpu", "worker", volumes)
    assert registry.choose("auto", Path(worker["RELIEF_WEIGHTS"])).name == command[-1]
    assert registry.row(command[-1]).weights.present(Path(worker["RELIEF_WEIGHTS"]))


def test_a_worker_starts_by_its_command_and_says_that_it_is_alive(release, volumes, store, tmp_path):
    variables = environment(release, "model", "worker", volumes)
    argv = here(started_by("worker", "ENTRYPOINT")) + release.container("model", "worker")["args"]
    assert not passes(release, "model", "worker", "startupProbe", variables)
    process = Supervised(Command("model", argv, variables, tmp_path / "log"))
    try:
        wait_until("the worker", lambda: bool(store.statistics.by_stage()[Stage.EXPORT].workers))
        assert all(passes(release, "model", "worker", probe, variables) for probe in PROBES)
    finally:
        process.stop()
