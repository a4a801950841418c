"""Rate limits of one user and of one IP address."""

from tests.support.fronts import client_of
from tests.support.requests import API, assert_problem, upload
from web.keys import Keys


def test_too_many_requests_are_refused_with_retry_after(settings, store, portrait):
    with client_of(settings.model_copy(update={"rate": "8/minute", "upload_rate": "2/minute"})) as client:
        client.get("/")
        assert [upload(client, portrait).status_code for _ in range(3)] == [202, 202, 429]
        answers = [client.get(f"{API}/jobs") for _ in range(12)]
        assert answers[0].status_code == 200
        assert_problem(answers[-1], 429, "")
        assert 0 < int(answers[-1].headers["Retry-After"]) <= 61
        assert client.get("/healthz").status_code == 200


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
