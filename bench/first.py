"""How long from the press of the button until a browser shows a face: its rough first view, some points, all points?"""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from bench.stages import portrait_of
from stack.local import Plan, Stack
from tests.support.browser import open_chromium

SIDE_PX = 1024
ROUNDS = 5
LOOK_MS = 1500  # a person looks at the photo before pressing the button
# Seconds from a click until the WebGL canvas shows anything, and until the viewer has all points. After each frame's
# callbacks the canvas is copied to a small one, where pixels unlike the corner are counted: a face among a person's
# clothes and what lies around is a hundredth of it.
WATCH = """
(() => {
  const small = Object.assign(document.createElement("canvas"), { width: 128, height: 128 });
  const paint = small.getContext("2d", { willReadFrequently: true });
  const raf = window.requestAnimationFrame.bind(window);
  const shows = (canvas) => {
    paint.clearRect(0, 0, 128, 128);
    paint.drawImage(canvas, 0, 0, 128, 128);
    const { data } = paint.getImageData(0, 0, 128, 128);
    let others = 0;
    for (let at = 0; at < data.length; at += 4) if (Math.abs(data[at] - data[0]) > 40) others++;
    return others > 20;
  };
  let begun = 0, first = 0;
  const look = () => {
    const canvas = document.querySelector(".gl-container canvas");
    if (begun && !first && canvas?.width && shows(canvas)) first = performance.now();
  };
  window.requestAnimationFrame = (callback) => raf((now) => { callback(now); look(); });
  document.addEventListener("click", ({ target }) => target.id === "generate-all" && (begun = performance.now()), true);
  window.pictures = () => new Promise((done) => {
    const ready = () => {
      if (first && document.querySelector("#viewer[data-ready]")) {
        done([(first - begun) / 1000, (performance.now() - begun) / 1000]);
      } else raf(ready);
    };
    raf(ready);
  });
})();
"""


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder, Stack(Plan(Path(folder))) as stack, sync_playwright() as playwright:
        photo = Path(folder) / "photo.jpg"
        photo.write_bytes(portrait_of(SIDE_PX))
        context = open_chromium(playwright, f"{folder}/profile")
        _pictures(context.new_page(), stack.url, photo)  # the first job of a worker
        rounds = [_pictures(context.new_page(), stack.url, photo) for _ in range(ROUNDS)]
        context.close()
    first, points = (statistics.median(column) for column in zip(*rounds, strict=True))
    print(f"## From the button to the first picture\n\nThe portrait at {SIDE_PX} x {SIDE_PX}, WebGL in software.\n")
    print("| first picture, s | all points, s |\n|---|---|")
    print(f"| {first:.2f} | {points:.2f} |\n")


def _pictures(page: Page, url: str, photo: Path) -> tuple[float, float]:
    """Seconds to the first picture and to all points of a photo."""
    page.add_init_script(WATCH)
    page.goto(url)
    expect(page.locator("#settings-groups fieldset").first).to_be_attached()
    page.locator("#photo-input").set_input_files(photo)
    page.wait_for_timeout(LOOK_MS)
    page.locator("#generate-all").click()
    first, points = page.evaluate("pictures()")
    page.close()
    return first, points
