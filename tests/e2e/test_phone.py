"""The whole course on a phone: a small screen, a finger, no keyboard."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import PORTRAIT
from tests.support.page_actions import CANVAS, JOB_MS, differs, middle, see_model, still_picture, until

PHONE = {"width": 390, "height": 844, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
SMALLEST_TARGET_PX = 40
TARGETS = "a.button, button, label.button, select, #download-list a, .rv-choice span"
SCROLLED = """() => new Promise((done) => {
  let [at, still] = [scrollY, 0];
  const look = () => {
    still = scrollY === at ? still + 1 : 0;
    at = scrollY;
    still > 20 ? done(true) : requestAnimationFrame(look);
  };
  look();
})"""  # true once the page has come to rest
HEIGHTS = """(all) => all.filter((one) => one.checkVisibility())
  .map((one) => [one.outerHTML.slice(0, 90), one.getBoundingClientRect().height])"""


@pytest.fixture
def phone(visit, stack) -> Page:
    page = visit(**PHONE)
    page.goto(stack.url)
    expect(page.locator("#settings-groups fieldset").first).to_be_attached()
    return page


def assert_fits(page: Page) -> None:
    """Nothing is wider than the screen, and whatever is tapped is large enough for a finger."""
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    boxes = page.locator(TARGETS).evaluate_all(HEIGHTS)
    assert [text for text, height in boxes if height < SMALLEST_TARGET_PX] == []
    assert len(boxes) >= 1


def swipe(page: Page, dx: int) -> None:
    """One finger across the 3D view."""
    x, y = middle(page, CANVAS)
    touch = page.context.new_cdp_session(page)
    for step in range(6):
        finger = [{"x": x + dx * step / 5, "y": y, "id": 1}]
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove" if step else "touchStart", "touchPoints": finger})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_a_person_gets_a_3d_face_by_tapping(phone):
    assert_fits(phone)
    with phone.expect_file_chooser() as chooser:
        phone.get_by_text("Choose a photo").tap()
    chooser.value.set_files(PORTRAIT)
    expect(phone.locator("#photo-image")).to_be_visible()
    assert_fits(phone)
    expect(phone.locator("#generate-all")).to_be_in_viewport(ratio=1)
    phone.get_by_role("button", name="Generate Depth Map").tap()
    expect(phone.locator("#generate-model")).to_be_enabled(timeout=JOB_MS)
    assert phone.evaluate(SCROLLED)
    expect(phone.locator("#depth-image")).to_be_in_viewport(ratio=1)
    assert_fits(phone)
    phone.get_by_role("button", name="Generate 3D Model").tap()
    see_model(phone)
    assert phone.evaluate(SCROLLED)
    expect(phone.locator("#viewer")).to_be_in_viewport(ratio=0.95)
    assert_fits(phone)

    phone.locator(CANVAS).scroll_into_view_if_needed()
    before = still_picture(phone, CANVAS)
    assert (before > 60).mean() > 0.05
    phone.touchscreen.tap(*middle(phone, CANVAS))
    expect(phone.locator(".spot:visible")).to_have_count(2)  # the point under the finger, in photo and depth map
    swipe(phone, 90)
    until(phone, lambda: differs(phone, CANVAS, before))
    assert phone.evaluate("scrollX") == 0
    phone.get_by_text("Surface").tap()
    phone.wait_for_url(re.compile("look=surface"))

    expect(phone.get_by_role("link", name=re.compile("3D model, GLB"))).to_be_visible(timeout=JOB_MS)
    phone.get_by_role("button", name="Share", exact=True).tap()
    expect(phone.get_by_label("Whoever has this link sees this face")).to_be_visible()
    assert_fits(phone)


def test_several_photos_and_the_way_back_on_a_phone(phone):
    phone.locator("#photo-input").set_input_files([PORTRAIT, PORTRAIT])
    tiles = phone.locator("#gallery-list li")
    expect(tiles).to_have_count(2, timeout=JOB_MS)
    assert_fits(phone)
    tiles.first.locator("a").tap()
    see_model(phone)
    phone.go_back()
    expect(phone.locator("#intro")).to_be_visible()
    assert_fits(phone)
