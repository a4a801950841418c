"""A real Chromium for tests, with WebGL in software. Load it with `pytest_plugins = ["tests.browser"]`."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, sync_playwright

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--enable-unsafe-swiftshader",  # WebGL without a graphics card
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",  # a camera that shows a test picture
    "--use-fake-ui-for-media-stream",  # and is allowed to
]


def open_chromium(playwright: Playwright, folder: str, width: int = 1000, height: int = 700, **more) -> BrowserContext:
    """Debian's Chromium with a fresh profile in the folder."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if not path:
        raise RuntimeError("the browser tests need Chromium: apt-get install chromium")
    viewport = {"width": width, "height": height}
    return playwright.chromium.launch_persistent_context(
        folder, executable_path=path, headless=True, args=ARGUMENTS, viewport=viewport, **more
    )


@pytest.fixture(scope="module")
def browser() -> Iterator[BrowserContext]:
    """One browser for all tests of a module."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        context = open_chromium(playwright, folder)
        yield context
        context.close()


@pytest.fixture
def page(browser: BrowserContext) -> Iterator[Page]:
    """A new page; a script error on it fails the test."""
    errors: list[str] = []
    page = browser.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    page.close()
    assert errors == []
