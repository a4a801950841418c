"""A real Chromium for tests, with WebGL in software. Load it with `pytest_plugins = ["tests.support.browser"]`."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, sync_playwright

from tests.support.browser_setup import MISSING, find_browser, in_ci

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


def open_chromium(
    playwright: Playwright, folder: str, width: int = 1000, height: int = 700, flags: Sequence[str] = (), **more
) -> BrowserContext:
    """The browser that is there, with a fresh profile in the folder, and flags beside the usual ones."""
    path = find_browser()
    if not path:
        raise RuntimeError(MISSING)
    viewport = {"width": width, "height": height}
    return playwright.chromium.launch_persistent_context(
        folder, executable_path=path, headless=True, args=[*ARGUMENTS, *flags], viewport=viewport, **more
    )


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leave a browser test out where there is no browser, before anything is started for it; but never in CI."""
    if "playwright" in item.fixturenames and not find_browser() and not in_ci():
        pytest.skip(MISSING)


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """What drives the browsers of a module."""
    with sync_playwright() as running:
        yield running


@contextmanager
def chromium(playwright: Playwright, **how) -> Iterator[BrowserContext]:
    """The browser with a profile of its own, until the block ends; `how` as for `open_chromium`."""
    with tempfile.TemporaryDirectory() as folder:
        context = open_chromium(playwright, folder, **how)
        yield context
        context.close()


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[BrowserContext]:
    """One browser for all tests of a module."""
    with chromium(playwright) as context:
        yield context


@contextmanager
def without_webgl(playwright: Playwright, **how) -> Iterator[BrowserContext]:
    """A browser as `chromium` gives it, that has no WebGL."""
    with chromium(playwright, flags=["--disable-3d-apis"], **how) as context:
        yield context


@pytest.fixture
def page(browser: BrowserContext) -> Iterator[Page]:
    """A new page; a script error on it fails the test."""
    with _watched(browser) as page:
        yield page


@pytest.fixture
def visit(browser: BrowserContext) -> Iterator[Callable[..., Page]]:
    """Opens a page for one more visitor, who shares no cookie, storage or cache with another one."""
    with ExitStack() as open_until_the_end:

        def come(width: int = 1000, height: int = 700, **more) -> Page:
            assert browser.browser
            context = browser.browser.new_context(viewport={"width": width, "height": height}, **more)
            open_until_the_end.callback(context.close)
            return open_until_the_end.enter_context(_watched(context))

        yield come


@contextmanager
def _watched(context: BrowserContext) -> Iterator[Page]:
    errors: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    page.close()
    assert errors == []
