"""What a person does on the page, step by step."""

import io
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect

JOB_MS = 60_000
CANVAS = "#viewer .rv-stage"


def choose_photo(page: Page, path: Path) -> None:
    """Click the button and pick a file."""
    with page.expect_file_chooser() as chooser:
        page.get_by_text("Choose a photo").click()
    chooser.value.set_files(path)


def generate_depth(page: Page) -> None:
    page.get_by_role("button", name="Generate Depth Map").click()
    expect(page.locator("#depth-image")).to_be_visible(timeout=JOB_MS)


def generate_model(page: Page) -> None:
    page.get_by_role("button", name="Generate 3D Model").click()
    see_model(page)


def see_model(page: Page) -> None:
    """Wait until the 3D view is drawn."""
    expect(page.locator("#viewer[data-ready]")).to_be_visible(timeout=JOB_MS)
    page.wait_for_timeout(1500)  # the last frames


def picture(page: Page, selector: str) -> np.ndarray:
    """(H, W) uint8, what a person sees of it."""
    return np.asarray(Image.open(io.BytesIO(page.locator(selector).screenshot())).convert("L"))


def middle(page: Page, selector: str) -> tuple[float, float]:
    """Where its middle is in the window."""
    box = page.locator(selector).bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
