"""Two users cannot see each other's jobs; a cookie or an API key says who they are."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import httpx
import pytest

from tests.support.fronts import client_of
from tests.support.requests import API, assert_problem, upload
from web.access import client_ip
from web.app import create_app
from web.cookies import JOB_COOKIE
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


def test_a_browser_that_keeps_no_cookies_opens_its_job_by_the_token_in_its_address(url, portrait, job):
    made = httpx.post(f"{url}{API}/jobs", files={"photo": portrait}, headers={"Relief-Cookies": "none"}).json()
    assert made["links"]["self"] == f"{API}/jobs/{made['id']}"
    again = httpx.get(f"{url}{made['links']['self']}").json()
    assert (again["id"], again["links"]) == (made["id"], made["links"])
    assert httpx.get(f"{url}{made['links']['photo']}").status_code == 200
    token, other = made["id"], made["id"].replace(made["id"][4:36], job["id"])
    for wrong in (token[4:36], token[:-1], token[4:], other):
        assert httpx.get(f"{url}{API}/jobs/{wrong}").status_code == 404
    assert httpx.delete(f"{url}{made['links']['delete']}").json()["deleted"] == token
    assert httpx.get(f"{url}{made['links']['self']}").status_code == 404


def test_who_keeps_cookies_or_has_a_key_names_jobs_by_their_ids(client, job, portrait):
    client.headers["Relief-Cookies"] = "none"
    assert len(upload(client, portrait).json()["id"]) == len(job["id"])


def test_no_cache_keeps_an_answer_that_gives_an_identity(url, portrait):
    for answer in (httpx.get(url), httpx.post(f"{url}{API}/jobs", files={"photo": portrait})):
        assert "Set-Cookie" in answer.headers
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Cookie" in answer.headers["Vary"]


def test_what_a_shared_cache_may_keep_is_the_same_for_everybody(settings, client, job):
    public = []
    for rule in create_app(settings).url_map.iter_rules():
        path = rule.rule.replace("<job_id>", job["id"]).replace("<name>", "depth.png").replace("<path:filename>", "x")
        for answer in (client.get(path), httpx.get(f"{client.base_url}{path}")):
            kept = answer.headers["Cache-Control"]
            assert any(word in kept for word in ("private", "no-store", "no-cache", "public")), (path, kept)
            if "public" in kept:
                public.append(path)
                assert "Set-Cookie" not in answer.headers
    assert len(public) == 2 and all(path.startswith("/plotly-") for path in public)


def test_of_several_first_requests_at_once_all_jobs_stay_their_senders(url, client, stranger, portrait):
    send = partial(httpx.post, f"{url}{API}/jobs", files={"photo": portrait})
    with ThreadPoolExecutor(4) as pool:
        answers = [each.result() for each in [pool.submit(send) for _ in range(4)]]
    for answer in answers:
        client.cookies.update(answer.cookies)
    links = [answer.json()["links"]["self"] for answer in answers]
    assert [client.get(link).status_code for link in links] == [200] * 4
    assert [stranger.get(link).status_code for link in links] == [404] * 4
    assert client.post(f"{links[0]}/cancel").status_code == 200
    with client.stream("GET", f"{links[1]}/events") as events:
        assert events.status_code == 200
    assert [client.delete(link).status_code for link in links] == [200] * 4


def test_the_cookie_of_a_job_opens_that_job_alone_and_none_comes_to_who_has_an_identity(url, portrait):
    first, second = (httpx.post(f"{url}{API}/jobs", files={"photo": portrait}) for _ in range(2))
    [value] = [first.cookies.get(name) for name in first.cookies if name == JOB_COOKIE]
    for answer, expected in ((first, 200), (second, 404)):
        link = f"{url}{answer.json()['links']['self']}"
        assert httpx.get(link, headers={"Cookie": f"{JOB_COOKIE}={value}"}).status_code == expected
    cookies = [cookie for cookie in first.headers.get_list("Set-Cookie") if cookie.startswith(JOB_COOKIE)]
    assert "HttpOnly" in cookies[0] and f"Path={first.json()['links']['self']};" in cookies[0]
    with httpx.Client(base_url=url, cookies={"relief": first.cookies["relief"]}) as known:
        assert "Set-Cookie" not in upload(known, portrait).headers


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
