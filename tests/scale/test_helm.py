"""A release as the chart makes it: a photo goes by the ingress's name through proxy, front, workers and bucket."""

import json
from collections.abc import Iterator

import httpx
import pytest

from stack.local import is_ready
from stack.processes import wait_until
from tests.support.following import follow, result, send
from tests.support.helm import helm_path, rendered
from tests.support.nginx import nginx_path
from tests.support.pods import Pods
from tests.support.seaweed import seaweed, weed_path

helm_path()  # skips these tests where there is none
nginx_path()
weed_path()
PROBES = ("startupProbe", "readinessProbe", "livenessProbe")
FROM_INGRESS = {"Host": "relief.example.org", "X-Forwarded-For": "192.0.2.7"}


@pytest.fixture
def pods(redis_url, tmp_path) -> Iterator[Pods]:
    with seaweed(tmp_path / "s3") as bucket:
        storage = bucket.environment
        keys = {name: storage[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
        values = {
            "secrets": {"REDIS_URL": redis_url, "RELIEF_SECRET": "signs-cookies-of-this-test-alone", **keys},
            "data": {
                "url": storage["RELIEF_DATA"],
                "endpoint": storage["AWS_ENDPOINT_URL_S3"],
                "region": storage["AWS_DEFAULT_REGION"],
            },
            "web": {"trustedProxy": "127.0.0.0/8"},
            "ingress": {"enabled": True, "hosts": [FROM_INGRESS["Host"]]},
        }
        yield Pods(rendered(values), tmp_path)


def test_a_photo_becomes_a_3d_face_in_the_bucket(pods, portrait, tmp_path):
    pods.run("depth-cpu", "weights")
    assert not pods.passes("model", "worker", "startupProbe")
    with pods.worker("depth-cpu"), pods.worker("model"), pods.front() as front, pods.proxy(front) as proxy:
        wait_until("workers of all stages", lambda: is_ready(front))
        for component in ("depth-cpu", "model"):
            assert all(pods.passes(component, "worker", probe) for probe in PROBES)
        for component, name in (("web", "web"), ("model", "worker")):
            assert pods.passes(component, name, "startupProbe")
            assert not pods.passes(component, name, "startupProbe", AWS_SECRET_ACCESS_KEY="another")
        with httpx.Client(base_url=proxy, headers=FROM_INGRESS, timeout=60) as client:
            *_, done = follow(client, send(client, portrait, steps="depth,model"), timeout_s=120)
            assert done["state"] == "succeeded"
            assert json.loads(result(client, done, "report.json"))
            assert result(client, done, "cloud.ply").startswith(b"ply")
    assert not (tmp_path / "data").exists()  # all of it is in the bucket
