"""Every error is answered as a problem document (RFC 9457)."""

import pytest

from shared.jobs.record import Stage
from tests.support.fronts import client_of
from tests.support.requests import API, assert_problem, stored_files, upload


def test_an_unknown_path_or_method_is_answered_with_a_problem(client):
    assert_problem(client.get("/nowhere"), 404, "")
    response = client.put(f"{API}/jobs")
    assert_problem(response, 405, "")
    assert "POST" in response.headers["Allow"]


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "sentinel://127.0.0.1:1,127.0.0.1:2/0?primary=relief"])
def test_without_redis_the_answer_is_503_with_retry_after(settings, portrait, url):
    away = settings.model_copy(update={"redis_url": url})
    with client_of(away) as client:
        response = upload(client, portrait)
        assert_problem(response, 503, "try again")
        assert response.headers["Retry-After"] == "5"
        assert client.get("/healthz").status_code == 200


def test_a_job_that_no_replica_has_is_not_acknowledged(store, settings, portrait):
    with client_of(settings.model_copy(update={"redis_url": f"{settings.redis_url}?replicas=1"})) as client:
        response = upload(client, portrait)
        assert_problem(response, 503, "try again")
        assert response.headers["Retry-After"] == "5"
        assert client.get(f"{API}/jobs").status_code == 200
        assert stored_files(settings) == ["photo.jpg"]  # of the job that there may be; else it goes as an orphan


def test_a_failing_storage_is_answered_with_503_and_no_job_is_made(store, settings, portrait):
    settings.data.parent.mkdir(parents=True, exist_ok=True)
    settings.data.write_text("a file where the folder should be")
    with client_of(settings) as client:
        response = upload(client, portrait)
        assert_problem(response, 503, "storage")
        assert response.headers["Retry-After"] == "5"
    assert store.waiting(Stage.DEPTH) == 0
