"""Two users cannot see each other's jobs; a cookie or an API key says who they are."""

import httpx
import pytest

from tests.support.fronts import client_of
from tests.support.requests import API, assert_problem, upload
from web.access import client_ip
from web.app import create_app
from web.keys import Keys

RESULTS = ("photo.jpg", "depth.png", "view.html")


def routes_of_a_job(settings) -> list[tuple[str, str]]:
    """Method and path of every route that names a job."""
    rules = [rule for rule in create_app(settings).url_map.iter_rules() if "job_id" in rule.arguments]
    assert len(rules) >= 5
    return [(method, rule.rule) for rule in rules for method in sorted((rule.methods or set()) - {"OPTIONS"})]


def test_every_route_of_a_job_answers_404_to_everybody_else(settings, client, stranger, job):
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


def test_another_users_job_is_answered_like_one_that_never_existed(stranger, job):
    other, never = stranger.get(job["links"]["self"]), stranger.get(f"{API}/jobs/{'feed' * 8}")
    assert other.json()["detail"].replace(job["id"], "") == never.json()["detail"].replace("feed" * 8, "")


def test_the_first_upload_sets_the_cookie_that_owns_the_job(url, portrait):
    made = httpx.post(f"{url}{API}/jobs", files={"photo": portrait})
    cookie = made.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Secure" not in cookie
    link = f"{url}{made.json()['links']['self']}"
    assert httpx.get(link).status_code == 404
    with httpx.Client(cookies=made.cookies) as again:
        answer = again.get(link)
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers


def test_behind_a_tls_proxy_the_cookie_is_secure_and_hsts_is_set(settings, store):
    with client_of(settings.model_copy(update={"behind_proxy": True})) as client:
        page = client.get("/", headers={"X-Forwarded-Proto": "https"})
        assert "Secure" in page.headers["Set-Cookie"]
        assert page.headers["Strict-Transport-Security"].startswith("max-age=")


def test_a_forged_cookie_owns_no_job(url, client, job):
    name, value = next(iter(client.cookies.items()))
    with httpx.Client(base_url=url, cookies={name: value[:-3] + "abc"}) as forger:
        assert forger.get(job["links"]["self"]).status_code == 404


def test_an_api_key_owns_its_jobs_without_a_cookie(url, store, portrait):
    key = Keys(store.redis).create("lab")
    headers = {"Authorization": f"Bearer {key}"}
    made = httpx.post(f"{url}{API}/jobs", files={"photo": portrait}, headers=headers)
    link = f"{url}{made.json()['links']['self']}"
    assert "Set-Cookie" not in made.headers
    assert httpx.get(link, headers=headers).status_code == 200
    assert httpx.get(link).status_code == 404
    other = Keys(store.redis).create("other")
    assert httpx.get(link, headers={"Authorization": f"Bearer {other}"}).status_code == 404


def test_a_revoked_or_wrong_key_is_refused_even_with_a_valid_cookie(client, store, job):
    keys = Keys(store.redis)
    key = keys.create("lab")
    keys.revoke("lab")
    for value in (f"Bearer {key}", "Bearer", "bearer nonsense"):
        answer = client.get(job["links"]["self"], headers={"Authorization": value})
        assert_problem(answer, 401, "Authorization: Bearer")
        assert answer.headers["WWW-Authenticate"].lower() == "bearer"
    assert client.get(job["links"]["self"], headers={"Authorization": "Basic YTpi"}).status_code == 200  # a proxy's


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


def test_a_write_from_our_own_page_or_with_an_api_key_is_accepted(url, client, store, portrait):
    key = Keys(store.redis).create("lab")
    for headers in (
        {"Sec-Fetch-Site": "same-origin", "Origin": url},
        {"Origin": url},
        {"Origin": "https://notebook.example", "Authorization": f"Bearer {key}"},
    ):
        made = client.post(f"{API}/jobs", files={"photo": portrait}, headers=headers)
        assert made.status_code == 202, headers


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("2001:db8:1:2::1", "2001:0db8:0001:0002:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("fe80::1%eth0", "fe80::1%eth1", True),
        ("", "unix:", False),
    ],
)
def test_an_ipv4_address_or_an_ipv6_network_counts_as_one(settings, one, other, same):
    def group(address: str) -> str:
        with app.test_request_context(environ_overrides={"REMOTE_ADDR": address}):
            return client_ip()

    app = create_app(settings)
    assert (group(one) == group(other)) is same
    assert group(one).startswith("address-")


def test_an_invalid_host_header_is_refused(url):
    assert_problem(httpx.get(f"{url}{API}/jobs", headers={"Host": "a b"}), 400, "Host")
