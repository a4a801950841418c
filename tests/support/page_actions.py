"""What a person does on the page, step by step."""

import io
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Page, expect

from stack.local import Stack
from tests.conftest import PORTRAIT

JOB_MS = 60_000
CANVAS = "#viewer .rv-stage"
TILES = "#gallery-list li"
HEADS = PORTRAIT.parent.parent / "tests" / "data" / "heads"


def open_page(page: Page, url: str) -> Page:
    """Go to the page and wait until its settings are there."""
    page.goto(url)
    expect(page.locator("#settings-groups fieldset").first).to_be_attached()
    return page


def choose_photo(page: Page, path: Path) -> None:
    """Click the button and pick a file."""
    with page.expect_file_chooser() as chooser:
        page.get_by_text("Choose a photo").click()
    chooser.value.set_files(path)


def photo_without_a_face(folder: Path) -> Path:
    """A photo of plain sky, written into the folder."""
    path = folder / "sky.png"
    Image.fromarray(np.full((200, 300, 3), (90, 120, 200), np.uint8)).save(path)
    return path


def start_depth(page: Page) -> None:
    """Give the portrait and press the button; does not wait for the result."""
    page.locator("#photo-input").set_input_files(PORTRAIT)
    page.locator("#generate-depth").click()


def generate_depth(page: Page) -> None:
    page.get_by_role("button", name="Generate Depth Map").click()
    expect(page.locator("#depth-image")).to_be_visible(timeout=JOB_MS)


def generate_model(page: Page) -> None:
    page.get_by_role("button", name="Generate 3D Model").click()
    see_model(page)


def see_model(page: Page) -> None:
    """Wait until the 3D view is drawn."""
    expect(page.locator("#viewer[data-ready]")).to_be_visible(timeout=JOB_MS)


def until(page: Page, seen: Callable[[], bool], timeout_s: float = 30) -> None:
    """Look again and again, while the page goes on, until it is seen."""
    deadline = time.monotonic() + timeout_s
    while not seen():
        assert time.monotonic() < deadline, f"not seen within {timeout_s} s"
        page.wait_for_timeout(50)


def picture(page: Page, selector: str) -> np.ndarray:
    """(H, W) uint8, what a person sees of it."""
    return np.asarray(Image.open(io.BytesIO(page.locator(selector).screenshot())).convert("L"))


def still_picture(page: Page, selector: str) -> np.ndarray:
    """(H, W) uint8, as `picture`, once two in a row are the same."""
    pictures = [picture(page, selector)]

    def is_still() -> bool:
        pictures.append(picture(page, selector))
        return np.array_equal(*pictures[-2:])

    until(page, is_still)
    return pictures[-1]


def differs(page: Page, selector: str, before: np.ndarray) -> bool:
    """True where a thirtieth of the picture, or more, is another one than before."""
    return bool((np.abs(before.astype(int) - picture(page, selector)) > 24).mean() > 0.03)


def middle(page: Page, selector: str) -> tuple[float, float]:
    """Where its middle is in the window."""
    box = page.locator(selector).bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def violations(page: Page) -> list[str]:
    """What axe finds serious or critical for screen readers and keyboards."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {node['target']}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


def job_of(page: Page) -> dict:
    """What the API says of the job that the page shows."""
    job_id = re.search(r"job=([^&]+)", page.url)
    assert job_id
    answer = page.request.get(f"{page.url.partition('#')[0]}api/v1/jobs/{job_id[1]}")
    assert answer.ok
    return answer.json()


@contextmanager
def paused(stack: Stack, name: str) -> Iterator[None]:
    """Stop a worker and its children as long as the block runs."""
    os.killpg(stack.processes[name].pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.killpg(stack.processes[name].pid, signal.SIGCONT)
