"""A link by which others may read a job."""

from tests.support.requests import API, assert_problem


def test_a_share_token_allows_reading_and_nothing_else(client, stranger, job):
    assert job["share_url"] is None
    shared = client.post(job["links"]["share"]).json()
    assert client.get(job["links"]["self"]).json()["share_url"] == shared["url"]
    assert shared["url"] == f"{client.base_url}/s/{shared['token']}"
    seen = stranger.get(f"{API}/jobs/{shared['token']}").json()
    assert job["id"] not in str(seen)
    assert set(seen["links"]) == {"self", "photo", "thumbnail", "events"}
    assert (seen["state"], seen["share_url"]) == ("succeeded", None)
    for result in seen["results"]:
        assert stranger.get(result["url"]).status_code == 200
    assert stranger.get(seen["links"]["photo"]).headers["Content-Type"] == "image/jpeg"
    assert "succeeded" in stranger.get(seen["links"]["events"]).text
    for who in (stranger, client):
        for method, path in (("delete", ""), ("post", "/cancel"), ("post", "/model"), ("post", "/share")):
            assert who.request(method, f"{API}/jobs/{shared['token']}{path}").status_code == 404
    assert stranger.get(job["links"]["self"]).status_code == 404
    assert stranger.get(f"{API}/jobs").json()["jobs"] == []


def test_a_share_link_stays_the_same_until_it_is_revoked(client, stranger, job):
    first = client.post(job["links"]["share"]).json()
    assert client.post(job["links"]["share"]).json() == first
    assert client.delete(job["links"]["share"]).status_code == 204
    assert client.get(job["links"]["self"]).json()["share_url"] is None
    assert_problem(stranger.get(f"{API}/jobs/{first['token']}"), 404, "")
    second = client.post(job["links"]["share"]).json()
    assert second["token"] != first["token"]
    client.delete(job["links"]["self"])
    assert stranger.get(f"{API}/jobs/{second['token']}").status_code == 404


def test_errors_of_a_shared_job_do_not_contain_its_id(client, stranger, job):
    token = client.post(job["links"]["share"]).json()["token"]
    refused = stranger.get(f"{API}/jobs/{token}/results/none")
    assert job["id"] not in refused.text
    assert_problem(refused, 404, "depth.png")
