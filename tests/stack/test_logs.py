"""One job can be followed through the logs of all processes, by the id that its client gave the request."""

import uuid

import httpx

from shared.jobs.record import Stage
from stack.local import Stack
from stack.processes import wait_until
from tests.support.following import follow, send
from tests.support.logs import json_lines, lines_of
from tests.support.nginx import nginx_path, running_proxy
from tests.support.webhooks import Receiver, serving

nginx_path()  # skips these tests where there is none
UPLOAD_MB = 20


def test_a_clients_request_id_is_in_the_logs_of_proxy_front_workers_and_webhook(stack: Stack, portrait, tmp_path):
    request_id, logs = f"client-{uuid.uuid4()}", stack.plan.data / "logs"
    with serving(Receiver()) as receiver, running_proxy(tmp_path / "nginx", stack.url, UPLOAD_MB) as url:
        with httpx.Client(base_url=url, timeout=60) as client:
            client.headers["X-Request-ID"] = request_id
            job = send(client, portrait, steps=",".join(Stage), webhook=receiver.url, webhook_secret="of sixteen bytes")
            del client.headers["X-Request-ID"]  # the polls have ids of their own
            assert follow(client, job)[-1]["state"] == "succeeded"

        def told() -> dict[str, str]:
            """What each process has logged of the request, all of it about its job."""
            lines = {log.stem: lines_of(log, request_id) for log in sorted(logs.glob("*.log"))}
            assert {line["job_id"] for of in lines.values() for line in of} == {job["id"]}
            return {name: "\n".join(line["message"] for line in of) for name, of in lines.items()}

        wait_until("the webhook is logged", lambda: "webhook delivered" in "".join(told().values()))
    assert request_id in (tmp_path / "nginx" / "nginx.log").read_text()
    assert "accepted" in told()["web0"]
    assert "depth done" in told()["depth0"]
    assert all(f"{stage} done" in told()["model0"] for stage in (Stage.MODEL, Stage.HEAD, Stage.EXPORT))


def test_every_line_of_every_process_is_a_json_object_with_both_ids(stack: Stack):
    for log in (stack.plan.data / "logs").glob("*.log"):
        for line in json_lines(log.read_text()):
            assert {"timestamp", "levelname", "name", "job_id", "request_id", "message"} <= line.keys(), (
                log.name,
                line,
            )
