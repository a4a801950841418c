"""The page by keyboard, for screen readers (axe-core), and the spots that link its pictures."""

import re
from itertools import cycle

from playwright.sync_api import expect

from tests.conftest import PORTRAIT
from tests.support.page_actions import CANVAS, JOB_MS, choose_photo, middle, start_depth, until, violations

PHONE = {"width": 390, "height": 844}


def test_axe_finds_nothing_serious_in_any_state_or_size(opened_face, stack):
    assert violations(opened_face) == []
    opened_face.get_by_text("Surface").click()
    opened_face.set_viewport_size(PHONE)
    assert violations(opened_face) == []
    assert opened_face.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    opened_face.goto(stack.url)
    assert violations(opened_face) == []
    start_depth(opened_face)
    expect(opened_face.locator("#status")).to_be_visible()
    assert violations(opened_face) == []


def test_the_page_can_be_used_with_the_keyboard(opened):
    seen = set()
    for _ in range(12):
        opened.keyboard.press("Tab")
        seen.add(opened.evaluate("document.activeElement.id || document.activeElement.tagName"))
    assert "photo-input" in seen


def test_the_keyboard_goes_on_where_the_work_does(visitor):
    choose_photo(visitor, PORTRAIT)
    expect(visitor.locator("#generate-all")).to_be_focused()
    visitor.keyboard.press("Tab")
    expect(visitor.locator("#generate-depth")).to_be_focused()
    visitor.keyboard.press("Enter")
    expect(visitor.locator("#cancel")).to_be_focused()
    expect(visitor.locator("#generate-model")).to_be_focused(timeout=JOB_MS)
    visitor.keyboard.press("Enter")
    expect(visitor.locator("#viewer")).to_be_focused(timeout=JOB_MS)


def test_a_screen_reader_hears_titles_without_their_numbers(opened_face):
    for title in ("Photo", "Depth map", "3D model"):
        expect(opened_face.get_by_role("heading", name=title, exact=True)).to_have_text(title)
        expect(opened_face.get_by_role("article", name=title, exact=True)).to_be_visible()
    view = opened_face.locator("#viewer")  # gets the focus
    expect(view).to_have_role("group")
    expect(view).to_have_accessible_name("3D model")
    expect(view).to_have_accessible_description(re.compile(r"^[\d,]+ points of .*skin.* mm wide, .* mm high"))


def test_the_point_under_the_pointer_is_shown_in_both_pictures(opened_face):
    x, y = middle(opened_face, CANVAS)
    spots = opened_face.locator(".spot:visible")
    shift = cycle((0, 4))  # what stands still tells nothing new

    def shown() -> bool:
        opened_face.mouse.move(x + next(shift), y)
        return spots.count() == 2

    until(opened_face, shown)
    positions = spots.evaluate_all("(spots) => spots.map((spot) => [spot.style.left, spot.style.top])")
    assert positions[0] == positions[1]
    assert all(10 < float(value.rstrip("%")) < 90 for value in positions[0])
    opened_face.mouse.move(2, 2)
    expect(spots).to_have_count(0)
