"""Two users cannot see each other's anything; who they are is told by a cookie or a key."""

import subprocess
import sys

import httpx
import pytest

from shared.jobs.record import Stage
from stack.local import PROJECT
from tests.support.fronts import client_of
from tests.support.requests import API, assert_problem, finish_stage, upload
from web.app import create_app
from web.keys import Keys
from web.keys.__main__ import main

RESULTS = ("photo.jpg", "depth.png", "view.html")


@pytest.fixture
def job(client, store, storage, portrait) -> dict:
    """A job of the client that has a depth map."""
    made = upload(client, portrait, steps="depth").json()
    finish_stage(store, storage, Stage.DEPTH, "depth.png")
    return client.get(made["links"]["self"]).json()


def routes_of_a_job(settings) -> list[tuple[str, str]]:
    """Method and path of every route that names a job."""
    rules = [rule for rule in create_app(settings).url_map.iter_rules() if "job_id" in rule.arguments]
    assert len(rules) >= 5
    return [(method, rule.rule) for rule in rules for method in sorted((rule.methods or set()) - {"OPTIONS"})]


def test_every_route_of_a_job_is_not_found_for_anybody_else(settings, client, stranger, job):
    upload(stranger, b"not a photo")
    stranger.get("/")  # has a cookie of its own
    for method, rule in routes_of_a_job(settings):
        for name in RESULTS:
            path = rule.replace("<job_id>", job["id"]).replace("<name>", name)
            answer = stranger.request(method, path)
            assert answer.status_code == 404, (method, path, answer.text)
            assert httpx.request(method, f"{stranger.base_url}{path}").status_code == 404
    mine = client.get(job["links"]["self"])
    assert (mine.status_code, mine.json()["state"]) == (200, "succeeded")
    assert client.get(f"{job['links']['self']}/results/depth.png").status_code == 200


def test_a_job_that_is_anothers_sounds_like_one_that_never_was(stranger, job):
    other, never = stranger.get(job["links"]["self"]), stranger.get(f"{API}/jobs/{'feed' * 8}")
    assert other.json()["detail"].replace(job["id"], "") == never.json()["detail"].replace("feed" * 8, "")


def test_the_first_answer_brings_the_cookie_that_owns_the_job(url, portrait):
    made = httpx.post(f"{url}{API}/jobs", files={"photo": portrait})
    cookie = made.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Secure" not in cookie
    link = f"{url}{made.json()['links']['self']}"
    assert httpx.get(link).status_code == 404
    with httpx.Client(cookies=made.cookies) as again:
        answer = again.get(link)
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers


def test_behind_tls_the_cookie_is_secure_and_the_browser_stays_with_tls(settings, store):
    with client_of(settings.model_copy(update={"behind_proxy": True})) as client:
        page = client.get("/", headers={"X-Forwarded-Proto": "https"})
        assert "Secure" in page.headers["Set-Cookie"]
        assert page.headers["Strict-Transport-Security"].startswith("max-age=")


def test_a_forged_cookie_is_nobody(url, client, job):
    name, value = next(iter(client.cookies.items()))
    with httpx.Client(base_url=url, cookies={name: value[:-3] + "abc"}) as forger:
        assert forger.get(job["links"]["self"]).status_code == 404


def test_a_key_owns_its_jobs_from_anywhere(url, store, portrait):
    key = Keys(store.redis).create("lab")
    headers = {"Authorization": f"Bearer {key}"}
    made = httpx.post(f"{url}{API}/jobs", files={"photo": portrait}, headers=headers)
    link = f"{url}{made.json()['links']['self']}"
    assert "Set-Cookie" not in made.headers
    assert httpx.get(link, headers=headers).status_code == 200
    assert httpx.get(link).status_code == 404
    other = Keys(store.redis).create("other")
    assert httpx.get(link, headers={"Authorization": f"Bearer {other}"}).status_code == 404


def test_a_revoked_or_wrong_key_is_refused_even_beside_a_cookie(client, store, job):
    keys = Keys(store.redis)
    key = keys.create("lab")
    keys.revoke("lab")
    for value in (f"Bearer {key}", "Bearer", "bearer nonsense"):
        answer = client.get(job["links"]["self"], headers={"Authorization": value})
        assert_problem(answer, 401, "Authorization: Bearer")
        assert answer.headers["WWW-Authenticate"].lower() == "bearer"
    assert client.get(job["links"]["self"], headers={"Authorization": "Basic YTpi"}).status_code == 200  # a proxy's


def test_keys_are_made_listed_and_revoked_by_a_command(store, redis_url, settings, monkeypatch, capsys):
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setenv("RELIEF_DATA", str(settings.data))
    assert main(["create", "lab"]) == 0
    key = capsys.readouterr().out.strip()
    assert Keys(store.redis).name_of(key) == "lab"
    assert main(["list"]) == 0
    assert capsys.readouterr().out == "lab\n"
    assert main(["create", "lab"]) == main(["create", "No Name"]) == main(["revoke", "none"]) == 1
    assert main(["revoke", "lab"]) == 0
    assert Keys(store.redis).name_of(key) is None
    assert key.encode() not in b"".join(store.redis.scan_iter("*"))


def keys_command(redis_url, *arguments) -> subprocess.CompletedProcess[str]:
    """The command as a shell starts it."""
    environment = {"REDIS_URL": redis_url, "RELIEF_DATA": "/tmp", "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-m", "web.keys", *arguments]
    return subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True)


def test_the_command_of_the_keys_says_nothing_but_what_was_asked(store, redis_url):
    Keys(store.redis).create("lab")
    listed = keys_command(redis_url, "list")
    assert (listed.returncode, listed.stdout, listed.stderr) == (0, "lab\n", "")


@pytest.mark.parametrize(
    ("redis_url", "words"), [("redis://:pass-word@127.0.0.1:1/0", "refused"), ("http://pass-word@host", "REDIS_URL")]
)
def test_the_command_of_the_keys_tells_in_one_line_that_there_is_no_redis(redis_url, words):
    refused = keys_command(redis_url, "list")
    assert (refused.returncode, refused.stdout) == (1, "")
    [line] = refused.stderr.splitlines()
    assert words in line and "pass-word" not in line


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
    ],
)
def test_a_write_from_another_site_is_refused(client, job, headers):
    assert_problem(client.delete(job["links"]["self"], headers=headers), 403, "another site")
    assert client.get(job["links"]["self"], headers=headers).status_code == 200


def test_a_write_from_the_page_itself_or_a_program_with_a_key_is_not(url, client, store, portrait):
    key = Keys(store.redis).create("lab")
    for headers in (
        {"Sec-Fetch-Site": "same-origin", "Origin": url},
        {"Origin": url},
        {"Origin": "https://notebook.example", "Authorization": f"Bearer {key}"},
    ):
        made = client.post(f"{API}/jobs", files={"photo": portrait}, headers=headers)
        assert made.status_code == 202, headers
