"""All of a release as the chart makes it: one photo goes by ingress's name through proxy, front, workers and bucket."""

import json
from contextlib import ExitStack

import httpx

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


def test_a_photo_becomes_a_3d_face_in_the_bucket(redis_url, portrait, tmp_path):
    with ExitStack() as running:
        storage = running.enter_context(seaweed(tmp_path / "s3")).environment
        keys = {name: storage[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
        bucket = {"url": storage["RELIEF_DATA"], "endpoint": storage["AWS_ENDPOINT_URL_S3"]}
        release = rendered(
            {
                "secrets": {
                    "REDIS_URL": redis_url,
                    "RELIEF_SECRET": "signs-cookies-of-this-test-and-no-others",
                    **keys,
                },
                "data": {**bucket, "region": storage["AWS_DEFAULT_REGION"]},
                "web": {"trustedProxy": "127.0.0.0/8"},
                "ingress": {"enabled": True, "hosts": ["relief.example.org"]},
            }
        )
        pods = Pods(release, tmp_path)
        pods.run("depth-cpu", "weights")
        for component in ("depth-cpu", "model"):
            running.enter_context(pods.worker(component))
        front = running.enter_context(pods.front())
        proxy = running.enter_context(pods.proxy(front))
        ingress = {"Host": "relief.example.org", "X-Forwarded-For": "192.0.2.7"}
        client = running.enter_context(httpx.Client(base_url=proxy, headers=ingress, timeout=60))
        wait_until("workers of all stages", lambda: is_ready(front))
        *_, done = follow(client, send(client, portrait, steps="depth,model"), timeout_s=120)
        assert done["state"] == "succeeded"
        assert json.loads(result(client, done, "report.json"))
        assert result(client, done, "cloud.ply").startswith(b"ply")
    assert not (tmp_path / "data").exists()
