"""The dashboard for Grafana: its own types read all of it, and its panels have a place and a name each."""

import json
from itertools import combinations

import pytest
from grafana_foundation_sdk.cog import plugins
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from tests.support.prometheus import DASHBOARD, dashboard_targets, panels

COLUMNS = 24


def assert_kept(given: object, read: object, path: str = "") -> None:
    """All that stands in a document is in another one too."""
    if isinstance(given, dict):
        assert isinstance(read, dict) and given.keys() <= read.keys(), f"{path}: {given}"
        for name, value in given.items():
            assert_kept(value, read[name], f"{path}.{name}")
    elif isinstance(given, list):
        assert isinstance(read, list) and len(given) == len(read), path
        for number, (one, other) in enumerate(zip(given, read, strict=True)):
            assert_kept(one, other, f"{path}[{number}]")
    else:
        assert given == read, path


def read_by_grafanas_types(document: dict) -> dict:
    plugins.register_default_plugins()
    return json.loads(json.dumps(Dashboard.from_json(document), cls=JSONEncoder))


def test_grafanas_own_types_have_a_place_for_all_that_the_dashboard_says():
    given = json.loads(DASHBOARD.read_text())
    assert_kept(given, read_by_grafanas_types(given))


def test_a_misspelt_field_is_found():
    given = json.loads(DASHBOARD.read_text())
    given["panels"][0]["fieldConfig"]["defaults"]["units"] = "s"
    with pytest.raises(AssertionError, match="units"):
        assert_kept(given, read_by_grafanas_types(given))


def test_no_two_panels_share_an_id_a_title_or_a_place():
    places = [panel["gridPos"] for panel in panels()]
    assert len({panel["id"] for panel in panels()}) == len({panel["title"] for panel in panels()}) == len(places)
    assert all(place["x"] >= 0 and place["x"] + place["w"] <= COLUMNS for place in places)
    for one, other in combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below, (one, other)


def test_every_panel_says_what_it_shows_and_asks_the_chosen_source():
    [variable] = json.loads(DASHBOARD.read_text())["templating"]["list"]
    chosen = {"type": variable["query"], "uid": f"${{{variable['name']}}}"}
    assert all(panel["description"] and panel["datasource"] == chosen for panel in panels() if panel["type"] != "row")
    assert {target["datasource"]["uid"] for target in dashboard_targets()} == {chosen["uid"]}
