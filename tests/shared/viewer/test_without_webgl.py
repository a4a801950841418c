"""A browser without WebGL, or without plotly.js: the viewer says what is missing, and shows pictures instead."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page, Playwright, expect

from shared.viewer import PLOTLY, view_html
from tests.shared.viewer.opened import dome, opened
from tests.shared.viewer.served import FACE, HEAD, ONE, serve
from tests.support.browser import without_webgl
from tests.support.page_actions import middle, violations

WINDOW = ".rv-window"


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[BrowserContext]:
    """One that has no WebGL."""
    with without_webgl(playwright) as context:
        yield context


def view_seen(page: Page) -> int:
    """Which view of a turntable is seen, by its colour."""
    png = page.locator(WINDOW).screenshot()
    middle = Image.open(io.BytesIO(png)).convert("RGB").resize((3, 3), Image.Resampling.BOX).getpixel((1, 1))
    return round(middle[0] / 40)


def drag(page: Page, dx: int) -> None:
    x, y = middle(page, WINDOW)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx, y, steps=4)
    page.mouse.up()


def test_it_says_what_is_missing_and_shows_the_face_from_the_front(page):
    serve(page, FACE, HEAD, ONE)
    expect(page.locator(".rv-stills")).to_contain_text("needs WebGL")
    expect(page.locator(".rv-stage")).to_be_hidden()
    expect(page.locator(".rv-bar")).to_be_hidden()
    expect(page.get_by_role("img", name="Face, from 10° left of the front")).to_be_visible()
    assert "get.webgl.org" not in page.content()
    box = page.locator(WINDOW).bounding_box()
    assert box and box["height"] > 300 and box["width"] / box["height"] == pytest.approx(32 / 40, abs=0.01)
    assert violations(page) == []


def test_slider_arrow_keys_and_drags_turn_it(page):
    serve(page, FACE, HEAD)
    slider = page.get_by_role("slider", name="Turn")
    assert view_seen(page) == 3
    slider.focus()
    page.keyboard.press("ArrowLeft")
    expect(slider).to_have_attribute("aria-valuetext", "from 10° right of the front")
    assert view_seen(page) == 2
    page.keyboard.press("End")
    assert view_seen(page) == 5
    slider.blur()
    drag(page, -1000)
    assert view_seen(page) == 0
    drag(page, 50)
    assert view_seen(page) == 1
    expect(slider).to_be_focused()
    expect(page.get_by_role("img", name="Face, from 30° right of the front")).to_be_visible()


def test_a_head_goes_on_turning_all_around(page):
    serve(page, FACE, HEAD)
    page.locator(".rv-pictures").get_by_text("Head").click()
    expect(page.get_by_role("img", name="Head, from the front")).to_be_visible()
    drag(page, 180)  # more than half of it
    expect(page.get_by_role("img", name="Head, from 120° right of the front")).to_be_visible()
    assert view_seen(page) == 1


def test_the_face_s_pictures_take_the_place_of_what_came_before_them(page):
    serve(page, ONE)
    expect(page.get_by_role("img", name="Depth map")).to_be_visible()
    page.evaluate("(pictures) => window.viewer.offerPictures(pictures)", [FACE, HEAD, ONE])
    expect(page.get_by_role("img", name="Face")).to_be_visible()


def test_pictures_that_come_later_leave_the_one_that_was_chosen(page):
    serve(page, FACE)
    page.get_by_role("slider", name="Turn").press("End")
    page.evaluate("(pictures) => window.viewer.offerPictures(pictures)", [HEAD, FACE])
    expect(page.get_by_role("radio")).to_have_count(2)
    expect(page.get_by_role("radio", name="Face")).to_be_checked()
    assert view_seen(page) == 5


def test_the_picture_that_is_seen_is_printed(page):
    serve(page, FACE, HEAD)
    page.emulate_media(media="print")
    expect(page.get_by_role("img", name="Face")).to_be_visible()
    expect(page.get_by_role("slider", name="Turn")).to_be_hidden()
    page.emulate_media(media="screen")
    expect(page.get_by_role("slider", name="Turn")).to_be_visible()


def test_a_picture_alone_needs_no_slider_and_one_that_is_not_there_is_left_out(page):
    serve(page, FACE, ONE, blocked=FACE["url"])
    expect(page.get_by_role("img", name="Depth map")).to_be_visible()
    expect(page.get_by_role("slider", name="Turn")).to_be_hidden()
    expect(page.get_by_role("radio")).to_have_count(0)


def test_without_plotly_it_says_so_until_that_is_there(page):
    serve(page, FACE, blocked="/plotly.js")
    expect(page.locator(".rv-stills")).to_contain_text("plotly.js, which could not be loaded")
    expect(page.get_by_role("img", name="Face")).to_be_visible()
    page.unroute_all()
    page.route("**/plotly.js", lambda route: route.fulfill(path=PLOTLY))
    page.get_by_role("button", name="Draw it again").click()
    expect(page.locator(".rv-stills")).to_contain_text("needs WebGL")


def test_a_view_html_says_what_is_missing(page, tmp_path):
    opened(page, tmp_path, dome())
    expect(page.locator(".rv-stills")).to_contain_text("needs WebGL")
    expect(page.locator(".rv-pictures")).to_be_hidden()
    assert "get.webgl.org" not in page.locator("main").inner_text()


def test_an_old_browser_is_told_so_by_a_view_html(page, tmp_path):
    path = tmp_path / "view.html"
    html = view_html(dome(9, 12), title="Dome", color="photo")
    path.write_text(html.replace('<script type="module">', '<script type="of-another-time">'), "utf-8")
    page.goto(path.as_uri())
    expect(page.get_by_role("status")).to_have_text("This 3D view needs a current browser.")
