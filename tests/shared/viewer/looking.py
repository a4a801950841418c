"""What a person sees of the dome in a viewer, and how it is dragged."""

from __future__ import annotations

import numpy as np
from playwright.sync_api import Page

from tests.shared.viewer.opened import picture, settle
from tests.support.page_actions import middle


def bright(page: Page) -> np.ndarray:
    """(H, W) bool, True where there is more than background."""
    return picture(page).max(axis=-1) > 60


def closed(mask: np.ndarray) -> float:
    """Share of True in the middle of the picture."""
    height, width = mask.shape
    return float(mask[height * 2 // 5 : height * 3 // 5, width * 2 // 5 : width * 3 // 5].mean())


def changed(before: np.ndarray, after: np.ndarray) -> float:
    """Share of pixels that differ clearly."""
    return float((np.abs(before.astype(int) - after).max(axis=-1) > 24).mean())


def drag(page: Page, dx: int, dy: int = 0) -> None:
    x, y = middle(page, ".rv-stage")
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, 6):
        page.mouse.move(x + dx * step / 5, y + dy * step / 5)
    let_go(page)


def let_go(page: Page) -> None:
    """Release the button, leave the model, and wait until the view is at rest."""
    page.mouse.up()
    box = page.locator(".rv-stage").bounding_box()
    assert box
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    settle(page)


def turn_until(page: Page, seen: str, most_moves: int = 100) -> None:
    """Hold the view, and turn it there and back until, where it began, the page says so; it stays held.

    A slow machine needs more moves before its frames are measured.
    """
    x, y = middle(page, ".rv-stage")
    page.mouse.move(x, y)
    page.mouse.down()
    for move in range(most_moves):
        page.mouse.move(x + 40 * (move % 2), y)
        page.wait_for_timeout(100)
        if move % 2 == 0 and page.evaluate(seen):
            return
    raise AssertionError(f"not within {most_moves} moves: {seen}")
