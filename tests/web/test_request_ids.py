"""The id of a request, and the line that the log has of it."""

import json
import logging

from shared.logs import configure_logging
from tests.support.logs import logging_as_it_was
from tests.support.raw_http import ask
from tests.support.requests import API, assert_problem, upload


def test_a_refusal_has_the_request_id_that_is_in_the_log(client, capfd):
    with logging_as_it_was():
        configure_logging("json")
        refused = client.get("/api/v1/jobs/none")
    given = assert_problem(refused, 404, "none")["request_id"]
    assert given == refused.headers["X-Request-ID"] and len(given) == 32
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines() if line.startswith("{")]
    assert given in [line["request_id"] for line in lines if "refused with 404" in line["message"]]
    assert client.get("/healthz").headers["X-Request-ID"] != given


def test_a_job_has_the_id_that_its_client_gave_the_request(client, store, portrait):
    client.headers["X-Request-ID"] = "client-0001"
    accepted = upload(client, portrait, steps="depth")
    assert accepted.headers["X-Request-ID"] == "client-0001"
    assert store.jobs.get(accepted.json()["id"]).request_id == "client-0001"


def test_what_is_made_again_has_the_id_of_the_request_that_asked_for_it(client, store, job):
    asked = client.post(f"{API}/jobs/{job['id']}/model", headers={"X-Request-ID": "client-0005"})
    assert asked.status_code == 202
    assert store.jobs.get(job["id"]).request_id == "client-0005"


def test_an_id_that_no_log_should_hold_is_replaced(client):
    refused = client.get("/api/v1/jobs/none", headers={"X-Request-ID": "x" * 65})
    assert assert_problem(refused, 404, "none")["request_id"] == refused.headers["X-Request-ID"]
    assert len(refused.headers["X-Request-ID"]) == 32


def test_what_the_server_itself_refuses_has_its_id_and_its_line(url, caplog):
    with caplog.at_level(logging.INFO, "web.server.channels"):
        answer = ask(url, b"GET / HTTP/1.1\r\nX-Request-ID: client-0002\r\nContent-Length: x\r\n\r\n")
    assert (answer.status, answer.headers["x-request-id"]) == (400, "client-0002")
    assert "refused with 400" in caplog.text


def test_a_refused_request_is_one_line_in_the_log_without_the_share_token(client, job, caplog):
    token = client.post(job["links"]["share"]).json()["token"]
    with caplog.at_level(logging.INFO, "web.request_ids"):
        client.get(f"{API}/jobs/{token}/results/none")
        client.get("/x%0aFORGED%00")
    lines = [record.getMessage() for record in caplog.records if record.name == "web.request_ids"]
    assert len(lines) == 2
    assert token not in lines[0] and "share-..." in lines[0]
    assert lines[1] == "GET /x%0AFORGED%00 refused with 404"


def test_a_refused_request_is_logged_without_the_token_of_a_job_of_ones_own(client, caplog):
    with caplog.at_level(logging.INFO, "web"):
        client.get("/api/v1/jobs/own-feed.signed-by_nobody")
    [line] = [record.getMessage() for record in caplog.records if record.name.startswith("web")]
    assert "own-..." in line and "signed" not in line and "feed" not in line
