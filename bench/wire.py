"""How many bytes, and how long, until a browser shows a face: Relief's page, and the file of Plotly's `write_html`?"""

from __future__ import annotations

import gzip
import io
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import httpx
import plotly.graph_objects as go
from playwright.sync_api import BrowserContext, Playwright, sync_playwright

from bench.serving import served
from bench.stages import portrait_of
from shared.cloud.format import cloud_from_bytes
from shared.cloud.pointcloud import PointCloud
from stack.local import Plan, Stack
from tests.support.browser import open_chromium

SIDE_PX = 1024
ROUNDS = 5
MBIT_PER_S = (None, 10)  # the network of this machine, and a slow one
LATENCY_MS = 40

# When the face is first seen, and when with all points: Relief's page draws a part of them first, write_html all.
# After each frame's callbacks, the WebGL canvas is copied to a small one, where pixels unlike the corner are counted.
WATCH = """
(() => {
  const small = Object.assign(document.createElement("canvas"), { width: 64, height: 64 });
  const paint = small.getContext("2d", { willReadFrequently: true });
  const raf = window.requestAnimationFrame.bind(window);
  const shows = (canvas) => {
    paint.clearRect(0, 0, 64, 64);
    paint.drawImage(canvas, 0, 0, 64, 64);
    const { data } = paint.getImageData(0, 0, 64, 64);
    let others = 0;
    for (let at = 0; at < data.length; at += 4) {
      if ([0, 1, 2, 3].some((part) => Math.abs(data[at + part] - data[part]) > 64)) others++;
    }
    return others > (64 * 64) / 50;
  };
  let first = 0;
  const look = () => {
    if (first) return;
    const canvas = [...document.querySelectorAll(".gl-container canvas")].find((one) => one.width && one.height);
    if (canvas && shows(canvas)) first = performance.now();
  };
  window.requestAnimationFrame = (callback) => raf((now) => { callback(now); look(); });
  window.pictures = new Promise((done, failed) => {
    setTimeout(failed, 60000, new Error("no picture within a minute"));
    const ready = () => {
      const viewer = document.querySelector("#viewer");
      if (first && (!viewer || viewer.dataset.ready)) done([first, performance.now()]);
      else raf(ready);
    };
    raf(ready);
  });
})();
"""
RECEIVED = """
() => [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
  .reduce((sum, entry) => sum + entry.transferSize, 0)
"""


@dataclass(frozen=True)
class Load:
    """One opening of a page: bytes received, headers included, and seconds from its start."""

    received: float
    first_picture_s: float
    all_points_s: float


def main() -> None:
    """Print the table."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Stack(Plan(Path(folder))) as stack,
        httpx.Client(base_url=stack.url, timeout=120) as client,
    ):
        job = _finished_job(client)
        cloud = cloud_from_bytes(client.get(f"{job['links']['self']}/results/cloud.rlf").content)
        share = client.post(job["links"]["share"]).json()["url"]
        with _served(_write_html(cloud)) as plain, sync_playwright() as playwright:
            loads = _rounds(playwright, {"Relief's page": share, "Plotly's `write_html`": plain})
    print(f"## Bytes and time to the first picture of {cloud.count:,} points\n")
    print("| page | network | cache | bytes received | first picture s | all points s |\n|---|---|---|---|---|---|")
    for (name, mbit, cache), rounds in loads.items():
        median = [statistics.median(column) for column in zip(*map(_columns, rounds), strict=True)]
        network = f"{mbit} Mbit/s, {LATENCY_MS} ms" if mbit else "this machine"
        print(f"| {name} | {network} | {cache} | {median[0]:,.0f} | {median[1]:.2f} | {median[2]:.2f} |")
    print()


def _rounds(playwright: Playwright, urls: dict[str, str]) -> dict[tuple[str, int | None, str], list[Load]]:
    """All pages in turn, each round in a browser without a cache."""
    loads: dict[tuple[str, int | None, str], list[Load]] = {}
    for _ in range(ROUNDS):
        for mbit in MBIT_PER_S:
            for name, url in urls.items():
                with tempfile.TemporaryDirectory() as profile:
                    context = open_chromium(playwright, profile)
                    for cache in ("empty", "warm"):
                        loads.setdefault((name, mbit, cache), []).append(_load(context, url, mbit))
                    context.close()
    return loads


def _load(context: BrowserContext, url: str, mbit_per_s: int | None) -> Load:
    page = context.new_page()
    page.add_init_script(WATCH)
    if mbit_per_s:
        bytes_per_s = mbit_per_s * 1e6 / 8
        conditions = {"downloadThroughput": bytes_per_s, "uploadThroughput": bytes_per_s, "latency": LATENCY_MS}
        context.new_cdp_session(page).send("Network.emulateNetworkConditions", {"offline": False, **conditions})
    page.goto(url, wait_until="commit")
    first, last = page.evaluate("pictures")
    page.wait_for_load_state("networkidle")
    load = Load(page.evaluate(RECEIVED), first / 1000, last / 1000)
    page.close()
    return load


def _columns(load: Load) -> tuple[float, float, float]:
    return load.received, load.first_picture_s, load.all_points_s


def _finished_job(client: httpx.Client) -> dict[str, Any]:
    job = client.post("/api/v1/jobs?wait=60", files={"photo": ("photo.jpg", portrait_of(SIDE_PX))}).json()
    if job["state"] != "succeeded":
        raise RuntimeError(job["message"])
    return job


def _write_html(cloud: PointCloud) -> bytes:
    """The same points as small gray markers, otherwise as Plotly would have it."""
    x, y, z = cloud.points().T
    marker = {"size": 1, "color": cloud.gray[cloud.mask], "colorscale": "gray"}
    html = io.StringIO()
    go.Figure(go.Scatter3d(x=x, y=y, z=z, mode="markers", marker=marker)).write_html(html)
    return html.getvalue().encode()


@contextmanager
def _served(html: bytes) -> Iterator[str]:
    """The URL of the file on a static server, packed by gzip and kept by the browser as long as it has not changed."""
    packed = gzip.compress(html)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            known = self.headers["If-None-Match"] == '"1"'
            body = packed if self.path == "/face.html" and not known else b""
            self.send_response(304 if known else 200)
            for name, value in {
                "Content-Type": "text/html; charset=utf-8",
                "Content-Encoding": "gzip" if body else "identity",
                "Content-Length": str(len(body)),
                "Cache-Control": "no-cache",
                "ETag": '"1"',
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

    with served(Handler) as url:
        yield f"{url}/face.html"
