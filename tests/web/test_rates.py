"""Rate limits of one user and of one IP address."""

from contextlib import ExitStack

import httpx
import pytest

from shared.jobs.record import Problem, Stage
from tests.support.fronts import client_of
from tests.support.jobs import claim
from tests.support.requests import API, assert_problem, finish_stage, upload
from web.keys import Keys

PROBLEM = Problem(type="x", title="x", detail="x")


def test_the_jobs_of_one_address_are_limited_by_whichever_route_they_are_queued(settings, store, storage, portrait):
    limits = {"owner_waiting": 1, "all_waiting": 4}  # so 2 for an address
    with client_of(settings.model_copy(update=limits)) as client, ExitStack() as held:
        cookies = [held.enter_context(httpx.Client(base_url=client.base_url, timeout=20)) for _ in range(4)]
        ended = [upload(cookies[0], portrait, steps="depth").json()["links"]["self"]]
        finish_stage(store, storage, Stage.DEPTH, "depth.npz")
        ended += [upload(cookies[1], portrait).json()["links"]["self"]]
        store.claims.fail(claim(store)[0], PROBLEM)
        assert [upload(each, portrait).status_code for each in cookies[2:]] == [202, 202]
        for visitor, path in (
            (cookies[0], f"{ended[0]}/model"),
            (cookies[0], f"{ended[0]}/depth"),
            (cookies[1], f"{ended[1]}/retry"),
        ):
            assert_problem(visitor.post(path), 429, "from your address")
        assert_problem(upload(client, portrait), 429, "from your address")
        claim(store)
        assert cookies[0].post(f"{ended[0]}/model").status_code == 202


@pytest.mark.parametrize("cookies", [1, 25])
def test_behind_25_jobs_of_one_address_a_visitor_is_second(settings, store, portrait, cookies):
    with client_of(settings.model_copy(update={"behind_proxy": True})) as client, ExitStack() as held:

        def visitor(address: str) -> httpx.Client:
            headers = {"X-Forwarded-For": address}
            return held.enter_context(httpx.Client(base_url=client.base_url, timeout=20, headers=headers))

        crowd = [visitor(f"2001:db8::{number}") for number in range(cookies)]
        for number in range(25):
            assert upload(crowd[number % cookies], portrait).status_code == 202
        assert upload(visitor("2001:db8:0:1::1"), portrait).json()["queue_position"] == 2


def test_too_many_requests_are_refused_with_retry_after(settings, store, portrait):
    with client_of(settings.model_copy(update={"rate": "8/minute", "upload_rate": "2/minute"})) as client:
        client.get("/")
        assert [upload(client, portrait).status_code for _ in range(3)] == [202, 202, 429]
        answers = [client.get(f"{API}/jobs") for _ in range(12)]
        assert answers[0].status_code == 200
        assert_problem(answers[-1], 429, "")
        assert 0 < int(answers[-1].headers["Retry-After"]) <= 61
        assert client.get("/healthz").status_code == 200


def test_fronts_that_count_in_lots_answer_no_more_than_the_limit_and_hardly_less(settings, store):
    key = {"Authorization": f"Bearer {Keys(store.redis).create('lab')}"}
    several = settings.model_copy(update={"rate": "200/minute"})  # in lots of four
    with client_of(several) as one, client_of(several) as other:
        codes = [(one, other)[number % 3 == 0].get(f"{API}/models", headers=key).status_code for number in range(206)]
        assert 200 - 2 * 3 <= codes.count(200) <= 200
        assert one.get(f"{API}/models", headers=key).status_code == 429


def test_requests_of_all_routes_count_together(settings, store, portrait):
    with client_of(settings.model_copy(update={"rate": "12/minute"})) as client:
        client.get("/")  # is not counted
        url = upload(client, portrait).json()["links"]["self"]
        asks = [
            lambda: client.get(url),
            lambda: client.get(f"{API}/jobs"),
            lambda: client.get(f"{API}/models"),
            lambda: client.get(f"{url}/results/depth.png"),
            lambda: client.get("/no/such/page"),
            lambda: client.post(f"{url}/extend"),
        ]
        codes = [ask().status_code for ask in [*asks, *asks]]
        assert codes == [200, 200, 200, 404, 404, 200, 200, 200, 200, 404, 404, 429]


def test_unknown_keys_are_counted_by_address(settings, store):
    with client_of(settings.model_copy(update={"rate": "2/minute", "address_factor": 2})) as client:
        guesses = [{"Authorization": f"Bearer relief-{number}"} for number in range(6)]
        codes = [client.get(f"{API}/jobs", headers=guess).status_code for guess in guesses]
        assert codes == [401, 401, 429, 429, 429, 429]


def test_many_visitors_of_one_ip_address_share_its_limits(settings, store, portrait):
    limits = {"owner_waiting": 1, "all_waiting": 6, "address_factor": 3, "rate": "10/minute", "upload_rate": "2/minute"}
    with client_of(settings.model_copy(update=limits)) as client:

        def as_a_new_visitor(ask):
            client.cookies.clear()
            client.get("/")
            return ask()

        refused = [as_a_new_visitor(lambda: upload(client, portrait)) for _ in range(4)][-1]
        assert_problem(refused, 429, "from your address")
        key = {"Authorization": f"Bearer {Keys(store.redis).create('lab')}"}
        assert client.post(f"{API}/jobs", files={"photo": portrait}, headers=key).status_code == 202
        for job in store.redis.zrange("relief:jobs", 0, -1):
            store.jobs.cancel(job.decode())
        codes = [as_a_new_visitor(lambda: upload(client, portrait)).status_code for _ in range(3)]
        assert codes == [202, 202, 429]  # six uploads a minute for the address
        codes = [as_a_new_visitor(lambda: client.get(f"{API}/jobs")).status_code for _ in range(24)]
        assert codes == [200] * 23 + [429]  # thirty requests of any kind, seven of which were uploads
