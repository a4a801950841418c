"""What can be chosen: depth models and settings."""

from tests.support.requests import API


def test_the_options_have_type_range_default_and_help(client):
    budget = client.get(f"{API}/options").json()["model"]["properties"]["point_budget"]
    assert (budget["type"], budget["minimum"], budget["maximum"], budget["default"]) == (
        "integer",
        1000,
        500000,
        100000,
    )
    assert budget["description"]
