"""What can be chosen: depth models and settings."""

from shared.jobs.workers import ModelInfo, Offer, Workers
from tests.support.requests import API


def test_the_models_carry_their_licence_and_whether_it_forbids_commercial_use(client, store):
    free = ModelInfo("small", "Small", "relative", "Apache-2.0", True)
    bound = ModelInfo("large", "Large", "relative", "CC-BY-NC-4.0", True, non_commercial=True)
    Workers(store.redis).offer(Offer((free, bound), "small"))
    listed = client.get(f"{API}/models").json()["models"]
    assert [(model["licence"], model["non_commercial"]) for model in listed] == [
        ("Apache-2.0", False),
        ("CC-BY-NC-4.0", True),
    ]


def test_the_options_have_type_range_default_and_help(client):
    budget = client.get(f"{API}/options").json()["model"]["properties"]["point_budget"]
    assert (budget["type"], budget["minimum"], budget["maximum"], budget["default"]) == (
        "integer",
        1000,
        500000,
        100000,
    )
    assert budget["description"]
