"""The WebGL context is taken away, as after sleep or by a driver's fault, and the view comes back by itself."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.shared.viewer.looking import changed
from tests.shared.viewer.opened import READY_MS, choose, dome, opened, picture, settle
from tests.shared.viewer.served import FACE, serve
from tests.support.heads import some_head
from tests.support.page_actions import middle

LOSE = """() => {
  window.gone = document.querySelector(".rv-graph canvas").getContext("webgl").getExtension("WEBGL_lose_context");
  window.gone.loseContext();
}"""
GIVE_BACK = "() => window.gone.restoreContext()"
REFUSE = """() => {
  const { getContext } = HTMLCanvasElement.prototype;
  HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
    return window.refusing && kind.includes("webgl") ? null : getContext.call(this, kind, ...more);
  };
}"""
ALIVE = """() => {
  const canvas = document.querySelector(".rv-graph canvas");
  return canvas && !canvas.getContext("webgl").isContextLost();
}"""
VIEW = "35,10,1.4,0,0,0"
MARKS = "0,0,-550_20,0,-560"
MOST_LOSSES = 3


@pytest.fixture
def view(page: Page, tmp_path) -> Page:
    """A dome with a head behind it, from the side, with two marks."""
    opened(page, tmp_path, dome(), fragment=f"{VIEW}_{MARKS}", head=some_head())
    page.add_style_tag(content=".rv-hint, h1 { visibility: hidden }")
    settle(page)
    return page


def lose(page: Page) -> None:
    page.evaluate(LOSE)
    expect(page.locator(".rv-stills")).to_contain_text("drawn again")


def see_again(page: Page) -> None:
    page.wait_for_function(ALIVE, timeout=READY_MS)
    expect(page.locator(".rv-stills")).to_be_hidden()
    settle(page)


def alike(before: np.ndarray, after: np.ndarray) -> bool:
    """Whether hardly a pixel is another one."""
    return changed(before, after) < 0.003


@pytest.mark.parametrize("given_back", [True, False])
def test_points_surface_and_head_come_back_as_they_were(view, given_back):
    for mode in ("points", "surface", "head"):
        choose(view, "mode", mode)
        before = picture(view)
        assert (before.max(axis=-1) > 60).mean() > 0.03
        lose(view)
        if given_back:
            view.evaluate(GIVE_BACK)
        see_again(view)
        assert alike(before, picture(view)), mode
        assert view.evaluate("location.hash.slice(1)") == f"{VIEW}_{MARKS}"
        expect(view.locator(f"[value={mode}]")).to_be_checked()


def test_it_can_be_turned_and_pointed_at_after_it_came_back(view):
    lose(view)
    view.evaluate(GIVE_BACK)
    see_again(view)
    before = picture(view)
    view.locator(".rv-stage").focus()
    for _ in range(4):
        view.keyboard.press("ArrowRight")
    settle(view)
    assert not alike(before, picture(view))
    x, y = middle(view, ".rv-stage")
    for shift in (0, 3):
        view.mouse.move(x + shift, y)
        settle(view)
    expect(view.locator(".hovertext").first).to_be_attached()


def test_what_is_chosen_meanwhile_is_what_comes_back(view):
    lose(view)
    view.locator("[value=surface] + span").click()
    see_again(view)
    drawn = "document.querySelector('.rv-graph').data[0].type"
    assert view.evaluate(drawn) == "mesh3d"


def test_where_it_cannot_be_drawn_again_pictures_are_shown_and_a_button_tries_once_more(page):
    serve(page, FACE)
    settle(page)
    before = picture(page)
    page.locator(".rv-stage").focus()
    page.evaluate(REFUSE)
    lose(page)
    page.evaluate("window.refusing = true")
    panel = page.locator(".rv-stills")
    expect(panel).to_contain_text("cannot be drawn again", timeout=READY_MS)
    expect(panel).to_be_focused()
    expect(page.locator(".rv-stage")).to_be_hidden()
    expect(page.get_by_role("img", name="Face")).to_be_visible()
    button = page.get_by_role("button", name="Draw it again")
    button.click()
    expect(panel).to_contain_text("cannot be drawn again")
    page.evaluate("window.refusing = false")
    button.click()
    see_again(page)
    expect(page.locator(".rv-stage")).to_be_focused()
    page.mouse.move(2, 2)
    settle(page)
    assert alike(before, picture(page))


def test_a_context_that_is_lost_again_and_again_is_not_fought_for(view):
    for _ in range(MOST_LOSSES):
        lose(view)
        view.evaluate(GIVE_BACK)
        see_again(view)
    view.evaluate(LOSE)
    expect(view.locator(".rv-stills")).to_contain_text("cannot be drawn again")
    view.get_by_role("button", name="Draw it again").click()
    see_again(view)
