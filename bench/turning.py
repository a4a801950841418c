"""How long does a frame take while a face is turned, as points, surface and head: all of it, or what is drawn then?"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from itertools import product
from typing import Any

import cv2
import numpy as np
from playwright.sync_api import Page, sync_playwright

from bench.serving import served
from shared.cloud.format import bytes_from_cloud
from shared.head.format import bytes_from_head
from shared.options import ModelOptions
from shared.settings import WeightsSettings
from shared.viewer import STATIC_FILES, plotly_js
from stack.demo import PORTRAIT
from tests.support.browser import open_chromium
from worker import pipeline
from worker.depth import registry
from worker.depth.estimator import Photo

SIDE_PX = 1024
ROUNDS = 5
FRAMES = 20
PAGE = """<!doctype html><link rel=stylesheet href=/viewer.css>
<style>html, body, #viewer { height: 100%; margin: 0 }</style><div id=viewer></div><script src=/plotly.js></script>
<script type=module>
  import { Viewer } from "/viewer.js";
  window.viewer = new Viewer(document.querySelector("#viewer"));
  const file = async (path) => (await fetch(path)).arrayBuffer();
  await viewer.offerHead(() => file("/head"));
  window.show = async (options) => viewer.show(await file("/cloud"), options);
</script>"""
# Turn by a pointer, a step a frame, and read a pixel back, so that the frame is drawn when its time is taken.
TURN = """async (frames) => {
  const stage = document.querySelector(".rv-stage");
  const gl = viewer.graph._fullLayout.scene._scene.glplot.gl;
  const frame = () => new Promise(requestAnimationFrame);
  const point = (type, x) =>
    stage.dispatchEvent(new PointerEvent(type, { pointerId: 9, clientX: x, clientY: 300, bubbles: true, buttons: 1 }));
  stage.setPointerCapture = () => {};
  point("pointerdown", 300);
  const times = [];
  for (let step = 0; step < frames; step++) {
    const begun = performance.now();
    point("pointermove", 300 + 8 * step);
    await frame();
    await frame();
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
    times.push(performance.now() - begun);
  }
  const { drawn } = viewer.drawing.detail;
  point("pointerup", 300);
  return [times, drawn];
}"""
MODES = {"points": "points", "surface": "triangles", "head": "triangles"}
WAYS = {  # name -> what is done to the viewer before
    "all": "Object.assign(viewer.drawing.detail, { keep: () => {}, halvings: {} })",
    "fewer as frames are slow": "delete viewer.drawing.detail.keep",
}


def main() -> None:
    """Print the table."""
    times: dict[tuple[str, str], list[float]] = {}
    drawn: dict[tuple[str, str], int] = {}
    with _served(*_files()) as url, tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        context = open_chromium(playwright, folder)
        page = context.new_page()
        page.goto(url)
        page.wait_for_function("window.show")
        for _ in range(ROUNDS):
            for way in product(MODES, WAYS):
                frames, drawn[way] = _turned(page, *way)
                # once the level of detail has settled
                times.setdefault(way, []).append(statistics.median(frames[FRAMES // 2 :]))
        context.close()
    print(
        "## A frame while the face is turned\n\nThe portrait at 1024 x 1024, window of 1000 x 700, WebGL in software.\n"
    )
    print("| what is drawn | at last | ms a frame, median | least and most of the rounds |\n|---|---|---|---|")
    for (mode, way), rounds in times.items():
        count = f"{drawn[mode, way]:,} {MODES[mode]}"
        print(f"| {mode}, {way} | {count} | {statistics.median(rounds):.0f} | {min(rounds):.0f} to {max(rounds):.0f} |")
    print()


def _turned(page: Page, mode: str, way: str) -> tuple[list[float], int]:
    page.evaluate(WAYS[way])
    page.evaluate("(mode) => show({ mode })", mode)
    page.wait_for_timeout(1000)
    frames, drawn = page.evaluate(TURN, FRAMES)
    page.wait_for_timeout(500)
    return frames, drawn


def _files() -> tuple[bytes, bytes]:
    """The point cloud of the portrait, and its head."""
    pixels = cv2.cvtColor(cv2.resize(cv2.imread(str(PORTRAIT)), (SIDE_PX, SIDE_PX)), cv2.COLOR_BGR2RGB)
    estimator = registry.load("portrait", folder=WeightsSettings.from_environment().weights)
    [depth_map] = estimator.estimate([Photo(np.ascontiguousarray(pixels), focus="face")])
    if isinstance(depth_map, Exception):
        raise depth_map
    head, _ = pipeline.build_head(depth_map, pixels)
    if head is None:
        raise RuntimeError("no head was found in the portrait")
    return bytes_from_cloud(pipeline.build_cloud(depth_map, pixels, ModelOptions())[0]), bytes_from_head(head)


@contextmanager
def _served(cloud: bytes, head: bytes) -> Iterator[str]:
    """The viewer, plotly.js, a cloud and a head on a server of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made = {"/": PAGE.encode(), "/plotly.js": plotly_js(), "/cloud": cloud, "/head": head}
            file = STATIC_FILES.get(self.path.lstrip("/"))
            body = made.get(self.path) or (file.read_bytes() if file else b"")
            self.send_response(200 if body else 404)
            kind = {"js": "text/javascript", "css": "text/css"}.get(self.path.rpartition(".")[2], "text/html")
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

    with served(Handler) as url:
        yield f"{url}/"
