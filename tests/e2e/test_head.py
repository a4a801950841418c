"""The whole head on the page: chosen as a third shape, moved, marked, and found again by a link."""

import re

import httpx
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from shared.head.format import head_from_bytes
from tests.support.page_actions import (
    CANVAS,
    JOB_MS,
    differs,
    job_of,
    middle,
    see_model,
    still_picture,
    until,
    violations,
)

HEAD = "head.rlh"
LARGEST_BYTES = 1_500_000
PHONE = {"width": 320, "height": 640}


def show_head(page: Page) -> None:
    """Choose it once it is offered, and wait until it is drawn."""
    expect(page.get_by_text("Head", exact=True)).to_be_visible(timeout=JOB_MS)
    page.get_by_text("Head", exact=True).click()
    see_head(page)


def see_head(page: Page) -> None:
    drawn = "() => document.querySelector('.rv-graph')._fullLayout?.scene?._scene?.traces['head-skin']"
    page.wait_for_function(drawn, timeout=JOB_MS)


@pytest.fixture
def head(face: Page) -> Page:
    """A visitor's page with a 3D model that is shown as a head."""
    show_head(face)
    return face


def test_a_head_is_chosen_after_the_points_and_fetched_only_then(face):
    fetched = []
    face.on("request", lambda request: HEAD in request.url and fetched.append(request.url))
    expect(face.locator("[value=points]")).to_be_checked()
    assert fetched == []
    show_head(face)
    assert len(fetched) == 1
    assert np.ptp(still_picture(face, CANVAS)) > 100
    face.locator("[value=points] + span").click()
    face.get_by_text("Head", exact=True).click()
    assert len(fetched) == 1


def test_it_is_small_on_the_wire_and_has_everything_that_moves(head):
    [entry] = [entry for entry in job_of(head)["results"] if entry["name"] == HEAD]
    url = head.url.partition("/#")[0] + entry["url"]
    with httpx.stream("GET", url, cookies=cookies(head)) as answer:
        raw = b"".join(answer.iter_raw())
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(raw) == entry["bytes"] < LARGEST_BYTES
    whole = head_from_bytes(head.request.get(url).body())
    assert len(whole.expressions) == 52
    assert {"skin", "eyes", "hair", "clothes"} <= {part.name for part in whole.parts}


def cookies(page: Page) -> dict[str, str]:
    return {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}


def test_a_slider_is_seen_and_a_link_finds_head_camera_and_marks_again(head):
    before = still_picture(head, CANVAS)
    head.get_by_role("button", name="Neutral").click()
    head.get_by_label("Jaw").fill("1")
    head.get_by_role("button", name="Reset view").click()  # comes close
    until(head, lambda: differs(head, CANVAS, before))
    head.get_by_role("button", name="Mark points").click()
    x, y = middle(head, CANVAS)
    for shift in (-12, 12):
        head.mouse.click(x + shift, y)
    expect(head.locator(".rv-marks")).to_contain_text(re.compile(r"A to B\s*[\d.]+ ± [\d.]+ mm"))
    words = head.locator(".rv-marks dl").inner_text()
    head.wait_for_url(re.compile(r"look=head.*marks="))
    head.reload()
    see_model(head)
    see_head(head)
    expect(head.locator("[value=head]")).to_be_checked()
    assert head.locator(".rv-marks dl").inner_text() == words


def test_the_choice_is_kept_for_the_next_photo(head):
    head.wait_for_url(re.compile("look=head"))
    head.locator("#settings [name=color]").select_option("photo")
    head.get_by_label("Smile").fill("0.3")
    head.get_by_role("button", name="New photo")
    assert "look=head" in head.url


def test_its_measures_are_listed_with_their_errors(head):
    measures = job_of(head)["report"]["head"]["measures"]
    rows = head.locator("#measure-list > div")
    expect(rows).to_have_count(len(measures))
    expect(rows.first).to_have_text(re.compile(rf"{measures[0]['length_mm']:.1f} ± {measures[0]['error_mm']:.1f} mm"))
    expect(head.locator("#report")).to_contain_text("Whole head")


def test_axe_finds_nothing_serious_and_a_small_phone_has_room(head):
    head.get_by_role("button", name="Mark points").click()
    assert violations(head) == []
    head.set_viewport_size(PHONE)
    assert violations(head) == []
    assert head.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    stage = head.locator(CANVAS).bounding_box()
    assert stage and stage["height"] > 180


def test_nothing_jumps_when_a_head_comes_and_is_chosen(face):
    where = "(id) => JSON.stringify(document.querySelector(id).getBoundingClientRect())"
    expect(face.get_by_text("Head", exact=True)).to_be_visible(timeout=JOB_MS)
    before = [face.evaluate(where, each) for each in ("#viewer", "#settings")]
    show_head(face)
    assert [face.evaluate(where, each) for each in ("#viewer", "#settings")] == before
    assert np.ptp(still_picture(face, CANVAS)) > 100
