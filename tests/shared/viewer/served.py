"""The viewer in a page that a test serves, with pictures to show in place of the 3D view."""

from __future__ import annotations

import io
import json

import numpy as np
from PIL import Image
from playwright.sync_api import Page, Route

from shared.cloud.format import bytes_from_cloud
from shared.viewer import PLOTLY, STATIC_FILES
from tests.shared.viewer.opened import READY, READY_MS, dome

ORIGIN = "http://viewer.test"
PAGE = """<!doctype html><html lang="en"><title>Viewer</title>
<link rel="stylesheet" href="/viewer.css">
<style>html, body, main, #viewer {{ height: 100%; margin: 0; background: #000 }}</style>
<main><div id="viewer"></div></main>
<script type="module">
import {{ Viewer }} from "/viewer.js";
const library = () => new Promise((done) => {{
  const script = document.createElement("script");
  Object.assign(script, {{ src: "/plotly.js", onload: done, onerror: done }});
  document.head.append(script);
}});
window.viewer = new Viewer(document.querySelector("#viewer"), library);
window.viewer.offerPictures({pictures});
await window.viewer.show(await (await fetch("/cloud.rlf")).arrayBuffer());
</script>"""
COLUMNS, ROWS = 3, 2


def turntable(green: int) -> bytes:
    """Six plain views of 32 x 40 pixels, each a little redder than the one before."""
    views = [np.full((40, 32, 3), (40 * i, green, 0), np.uint8) for i in range(COLUMNS * ROWS)]
    rows = [np.hstack(views[row * COLUMNS : (row + 1) * COLUMNS]) for row in range(ROWS)]
    file = io.BytesIO()
    Image.fromarray(np.vstack(rows)).save(file, "PNG")
    return file.getvalue()


def stills(word: str, url: str, mode: str, first_yaw_deg: float, step_deg: float) -> dict:
    layout = {"columns": COLUMNS, "rows": ROWS, "first_yaw_deg": first_yaw_deg, "step_deg": step_deg}
    return {"word": word, "url": url, "mode": mode, **layout}


FACE = stills("Face", "/face.jpg", "points", -50, 20)
HEAD = stills("Head", "/head.jpg", "head", -180, 60)
ONE = {"word": "Depth map", "url": "/depth.png", "columns": 1, "rows": 1, "first_yaw_deg": 0, "step_deg": 0, "mode": ""}


def serve(page: Page, *pictures: dict, blocked: str = "") -> None:
    """Open the viewer with a dome and these pictures; the blocked path is not found."""
    files = {f"/{name}": path.read_bytes() for name, path in STATIC_FILES.items()} | {
        "/": PAGE.format(pictures=json.dumps(pictures)).encode(),
        "/plotly.js": PLOTLY.read_bytes(),
        "/cloud.rlf": bytes_from_cloud(dome()),
        **{url: turntable(green) for url, green in (("/face.jpg", 0), ("/head.jpg", 200), ("/depth.png", 90))},
    }
    kinds = {"js": "text/javascript", "css": "text/css", "jpg": "image/png", "png": "image/png", "/": "text/html"}

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN)
        kind = kinds.get(path.rpartition(".")[2], "application/octet-stream")
        status = 200 if path in files and path != blocked else 404
        route.fulfill(status=status, body=files.get(path, b"") if status == 200 else b"", content_type=kind)

    page.route(f"{ORIGIN}/**", answer)
    page.goto(f"{ORIGIN}/")
    page.wait_for_selector(READY, timeout=READY_MS)
