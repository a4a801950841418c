"""The page in a browser without WebGL, and without plotly.js: it says so, and shows pictures that a worker made."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, expect

from tests.support.browser import without_webgl
from tests.support.page_actions import JOB_MS, see_model, violations


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[BrowserContext]:
    """One that has no WebGL."""
    with without_webgl(playwright) as context:
        yield context


def see_pictures(page: Page, reason: str) -> None:
    expect(page.locator(".rv-stills")).to_contain_text(reason)
    image = page.get_by_role("img", name="Face, from the front")
    expect(image).to_be_visible(timeout=JOB_MS)  # drawn in the last stage
    page.wait_for_function("document.querySelector('.rv-window img').naturalWidth > 1000")


def test_the_page_tells_the_truth_and_shows_pictures_of_face_and_head(face):
    see_pictures(face, "needs WebGL")
    expect(face.locator("#live")).to_have_text("The 3D model is ready, but cannot be drawn here.")
    expect(face).to_have_title(re.compile("Ready, not drawn"))
    slider = face.get_by_role("slider", name="Turn")
    slider.focus()
    for _ in range(5):
        face.keyboard.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("left of the front"))
    pictures = face.locator(".rv-pictures")
    expect(pictures.get_by_text("Head")).to_be_visible(timeout=JOB_MS)
    expect(slider).to_have_attribute("aria-valuetext", re.compile("left of the front"))
    pictures.get_by_text("Head").click()
    expect(face.get_by_role("img", name="Head, from the front")).to_be_visible()
    pictures.get_by_text("Depth map").click()
    expect(pictures.get_by_role("img", name="Depth map")).to_be_visible()
    assert violations(face) == []
    with face.expect_download() as waiting:
        face.locator('#download-list [download="face.glb"]').click()
    assert waiting.value.path().stat().st_size > 100_000

    face.route("**/plotly*", lambda route: route.abort())
    face.reload()
    see_model(face)
    see_pictures(face, "plotly.js, which could not be loaded")
    face.unroute_all()
    face.get_by_role("button", name="Draw it again").click()
    see_pictures(face, "needs WebGL")


@pytest.mark.parametrize("blocked", ["**/app.js", "**/dom.js"])
def test_a_page_whose_scripts_do_not_start_says_so(visit, stack, blocked):
    page = visit()
    words = page.get_by_text("its scripts did not start")
    page.goto(stack.url)
    expect(words).to_have_count(0)
    page.route(blocked, lambda route: route.abort())
    page.goto(stack.url)
    expect(words).to_be_visible(timeout=JOB_MS)


def test_a_page_without_javascript_says_so(visit, stack):
    page = visit(java_script_enabled=False)
    page.goto(stack.url)
    expect(page.get_by_text("needs JavaScript")).to_be_visible(timeout=JOB_MS)
