"""Draws docs/screens: the page as a person sees it, on a desktop and on a phone. `python -m bench.screens`."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from stack.demo import PORTRAIT
from stack.local import Plan, Stack
from tests.support.browser import chromium, without_webgl

PROJECT = Path(__file__).parent.parent
HEADS = PROJECT / "tests" / "data" / "heads"
TARGET = PROJECT / "docs" / "screens"
WINDOWS = {
    "desktop": {"width": 1440, "height": 900},
    "phone": {"width": 390, "height": 844, "has_touch": True, "is_mobile": True, "device_scale_factor": 2},
}
PATIENCE_MS = 60_000
DRAWN_MS = 3000
QUALITY = 80


def main() -> None:
    """Write the pictures."""
    TARGET.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, Stack(Plan(Path(folder))) as stack, sync_playwright() as playwright:
        for name, window in WINDOWS.items():
            with chromium(playwright, **window) as context:
                _draw(context.new_page(), stack.url, name)
            with without_webgl(playwright, **window) as context:
                _draw_without_webgl(context.new_page(), stack.url, name)


def _draw(page: Page, url: str, window: str) -> None:
    """One visitor's way through the page."""

    def keep(name: str) -> None:
        _keep(page, f"{window}-{name}")

    _open(page, url)
    keep("1-beginning")
    page.locator("#photo-input").set_input_files([*(HEADS / f"h{number}.jpg" for number in (0, 2, 4, 6)), PORTRAIT])
    _wait(page, lambda: page.locator("#gallery-list b:empty").count() == 5)
    page.locator("#gallery").scroll_into_view_if_needed()
    keep("2-gallery")
    page.locator("#photo-input").set_input_files(PORTRAIT)
    page.wait_for_timeout(500)
    keep("3-chosen")
    page.locator("#generate-depth").click()
    page.wait_for_timeout(400)
    keep("4-running")
    page.locator("#depth-image").wait_for(timeout=PATIENCE_MS)
    page.wait_for_timeout(800)
    keep("5-depth")
    page.locator("#generate-model").click()
    page.wait_for_selector("#viewer[data-ready]", timeout=PATIENCE_MS)
    _show(page)
    keep("6-points")
    page.get_by_text("Surface").click()
    page.locator(".rv-choice span", has_text="Photo").click()
    _show(page)
    _point(page)
    keep("7-surface")
    page.locator(".rv-choice span", has_text="Head").click()
    page.wait_for_selector(".rv-head:not([hidden])", timeout=PATIENCE_MS)
    _show(page)
    keep("8-head")
    page.locator("#measures").scroll_into_view_if_needed()
    keep("9-measures")


def _draw_without_webgl(page: Page, url: str, window: str) -> None:
    """What a visitor sees in place of the 3D view whose browser has no WebGL."""
    _open(page, url)
    page.locator("#photo-input").set_input_files(PORTRAIT)
    page.locator("#generate-all").click()
    page.locator(".rv-pictures").get_by_text("Head").click(timeout=PATIENCE_MS)
    _show(page)
    _keep(page, f"{window}-without-webgl")


def _open(page: Page, url: str) -> None:
    page.goto(url)
    page.wait_for_selector("#settings-groups fieldset", state="attached")


def _keep(page: Page, name: str) -> None:
    page.screenshot(path=TARGET / f"{name}.jpg", type="jpeg", quality=QUALITY)


def _show(page: Page) -> None:
    page.locator("#viewer").scroll_into_view_if_needed()
    page.wait_for_timeout(DRAWN_MS)


def _point(page: Page) -> None:
    """Rest on the middle of the face."""
    box = page.locator("#viewer .rv-stage").bounding_box()
    if box is None:
        raise RuntimeError("the 3D view is not there")
    at = (box["x"] + box["width"] * 0.53, box["y"] + box["height"] * 0.4)
    if page.evaluate("matchMedia('(hover: none)').matches"):
        page.touchscreen.tap(*at)
    else:
        page.mouse.move(*at, steps=5)
    page.wait_for_timeout(DRAWN_MS)


def _wait(page: Page, done: Callable[[], bool]) -> None:
    for _ in range(PATIENCE_MS // 200):
        if done():
            return
        page.wait_for_timeout(200)
    raise RuntimeError("the photos are not done within a minute")


if __name__ == "__main__":
    main()
