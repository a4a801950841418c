"""The chart's front as processes beside a real Valkey: its commands, variables and probes.

tests/scale/test_helm.py runs its workers too.
"""

import re
from collections.abc import Iterator

import httpx
import pytest

from tests.support.helm import helm_path, rendered
from tests.support.images import Image
from tests.support.nginx import nginx_path
from tests.support.pods import Pods

helm_path()  # skips these tests where there is none
nginx_path()
NO_REDIS = {"REDIS_URL": "redis://127.0.0.1:1/0"}


@pytest.fixture(scope="module")
def pods(redis_url, tmp_path_factory) -> Pods:
    release = rendered(
        {
            "secrets": {"REDIS_URL": redis_url, "RELIEF_SECRET": "signs-cookies-of-this-test-and-no-others"},
            "data": {"existingClaim": "photos"},
            "web": {"trustedProxy": "10.244.0.0/16"},
            "ingress": {"enabled": True, "hosts": ["relief.example.org"]},
            "keda": {"enabled": True, "prometheus": "http://prometheus:9090"},
        }
    )
    return Pods(release, tmp_path_factory.mktemp("pods"))


@pytest.fixture(scope="module")
def front(pods) -> Iterator[str]:
    with pods.front() as url:
        yield url


@pytest.fixture(scope="module")
def proxy(pods, front) -> Iterator[str]:
    with pods.proxy(front) as url:
        yield url


def test_the_front_starts_by_its_command_and_passes_its_probes(pods, front, proxy):
    assert pods.passes("web", "web", "startupProbe")
    assert not pods.passes("web", "web", "startupProbe", **NO_REDIS)
    assert not pods.passes("web", "web", "startupProbe", RELIEF_DATA="/dev/null/nowhere")
    for name, url in (("web", front), ("proxy", proxy)):
        path = pods.release.container("web", name)["readinessProbe"]["httpGet"]["path"]
        assert httpx.get(url + path).status_code == 200
    port = pods.release.container("web", "web")["ports"][0]["containerPort"]
    assert Image("web").instructions("EXPOSE") == [str(port)]
    assert pods.environment("web", "proxy")["RELIEF_PROXY_UPSTREAM"] == f"127.0.0.1:{port}"


def test_it_stays_alive_and_ready_while_redis_is_away(pods):
    web = pods.release.container("web", "web")
    with pods.front(**NO_REDIS) as url:
        for probe in ("readinessProbe", "livenessProbe"):
            assert httpx.get(url + web[probe]["httpGet"]["path"]).status_code == 200
        assert httpx.get(f"{url}/readyz").status_code == 503


def test_it_is_ready_without_workers_and_says_that_there_are_none(store, front):
    assert httpx.get(f"{front}/readyz").status_code == 503
    assert httpx.get(f"{front}/healthz").status_code == 200


@pytest.mark.parametrize("host", ["relief.example.org", "relief.faces.svc:8000", "10.244.0.9:8080"])
def test_it_answers_to_the_names_of_ingress_service_and_pod(front, proxy, host):
    for url in (front, proxy):
        assert httpx.get(f"{url}/healthz", headers={"Host": host}).status_code == 200
        assert httpx.get(f"{url}/healthz", headers={"Host": "elsewhere.example.org"}).status_code == 421


def test_the_figures_that_scale_workers_are_for_those_inside(pods, front, proxy):
    figures = httpx.get(f"{front}/metrics").text
    for each in pods.release.of("ScaledObject").values():
        query = each["spec"]["triggers"][0]["metadata"]["query"]
        metric, stages = re.search(r'(\w+)\{stage=~"(.+)"\}', query).groups()
        assert all(f'{metric}{{stage="{stage}"}}' in figures for stage in stages.split("|"))
    assert httpx.get(f"{proxy}/metrics").status_code == 404
