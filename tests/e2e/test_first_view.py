"""The rough first view: on the page while the job runs, and replaced by the points without moving the camera."""

from __future__ import annotations

import json

import numpy as np
from playwright.sync_api import Page, expect

from stack.local import Stack
from tests.conftest import PORTRAIT
from tests.support.page_actions import CANVAS, JOB_MS, choose_photo, middle, paused, picture, see_model

EYE_MM = """() => {
  const { scene } = document.querySelector(".rv-graph")._fullLayout;
  return ["xaxis", "yaxis", "zaxis"].map((axis, k) => {
    const [low, high] = scene[axis].range;
    return (low + high) / 2 + (scene._scene.camera.eye[k] * (high - low)) / scene.aspectratio["xyz"[k]];
  });
}"""
NOTE_WORDS = """() => {
  const live = document.querySelector("#live");
  window.words = [];
  new MutationObserver(() => window.words.push(live.textContent)).observe(live, { childList: true });
}"""


def test_a_rough_first_view_is_there_at_once_and_the_points_take_its_place(visitor: Page, stack: Stack) -> None:
    visitor.evaluate(NOTE_WORDS)
    with paused(stack, "model0"):
        choose_photo(visitor, PORTRAIT)
        visitor.locator("#generate-all").click()
        expect(visitor.locator("#viewer[data-preview]")).to_be_visible(timeout=JOB_MS)
        expect(visitor.locator("#model-meta")).to_have_text("Rough first view")
        visitor.wait_for_function("window.words.some((text) => text.startsWith('A rough first view'))", timeout=JOB_MS)
        expect(visitor.locator("#rv-about")).to_contain_text("A rough first view of a face")
        expect(visitor.get_by_role("button", name="Mark points")).to_be_hidden()
        assert (picture(visitor, CANVAS) > 60).mean() > 0.004
        x, y = middle(visitor, CANVAS)
        visitor.mouse.move(x, y - 100)
        visitor.mouse.down()
        visitor.mouse.move(x - 60, y - 100, steps=3)
        visitor.mouse.up()
        visitor.wait_for_url("**view=**")
        visitor.locator("[data-option=color][value=photo] + span").click()
        eye_mm = visitor.evaluate(EYE_MM)
    see_model(visitor)
    np.testing.assert_allclose(visitor.evaluate(EYE_MM), eye_mm, atol=3)
    expect(visitor.locator("[data-option=color][value=photo]")).to_be_checked()
    expect(visitor.locator("#model-meta")).to_contain_text("points")
    expect(visitor.get_by_role("button", name="Mark points")).to_be_visible()
    words = visitor.evaluate("window.words")
    assert sum(text.startswith("A rough first view") for text in words) == 1, json.dumps(words)
    visitor.reload()
    see_model(visitor)
    np.testing.assert_allclose(visitor.evaluate(EYE_MM), eye_mm, atol=3)


def test_the_first_view_of_a_depth_map_alone_goes_when_that_is_made(visitor: Page, stack: Stack) -> None:
    choose_photo(visitor, PORTRAIT)
    visitor.locator("#generate-depth").click()
    expect(visitor.locator("#generate-model")).to_be_enabled(timeout=JOB_MS)
    expect(visitor.locator("#viewer")).to_be_hidden()
