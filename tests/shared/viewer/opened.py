"""A cloud's view.html in a real browser: opened, used, and looked at."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Page

from shared.cloud.camera import Intrinsics
from shared.cloud.classes import PointClass
from shared.cloud.pointcloud import PointCloud
from shared.head.accuracy import SizeSource
from shared.head.format import bytes_from_head
from shared.head.head import WholeHead
from shared.options import Color
from shared.viewer import FOLDER, view_html

TRIANGLES = """async ([scripts, data]) => {
  const [{ parseCloud, pointsFromCloud }, { triangles }] = await Promise.all(
    scripts.map((script) => import(`data:text/javascript;base64,${script}`)),
  );
  const cloud = parseCloud(Uint8Array.from(atob(data), (c) => c.charCodeAt(0)).buffer);
  return triangles(cloud, pointsFromCloud(cloud)).i.length;
}"""
READY = "#viewer[data-ready]"
READY_MS = 60_000


def dome(height: int = 90, width: int = 120) -> PointCloud:
    """A red dome, 50 mm high, before a camera 600 mm away, of no known class; the corners hold no points."""
    v, u = np.mgrid[:height, :width]
    radius = np.hypot((u - width / 2) / (width / 2), (v - height / 2) / (height / 2))
    depth = np.where(radius < 1, 600 - 50 * np.sqrt(np.clip(1 - radius**2, 0, 1)), np.nan).astype(np.float32)
    gray = np.where(radius < 1, 255 * np.sqrt(np.clip(1 - radius**2, 0, 1)), 0).astype(np.uint8)
    rgb = np.zeros((height, width, 3), np.uint8)
    rgb[..., 0] = 220
    classes = np.where(radius < 1, PointClass.OTHER, PointClass.BACKGROUND).astype(np.uint8)
    return PointCloud(
        depth, Intrinsics.from_focal((width, height), 300), "mm", gray, rgb, gray, classes, joined_ratio=0.12
    )


def opened(
    page: Page,
    folder: Path,
    cloud: PointCloud,
    *,
    color: Color = "grayscale",
    fragment: str = "",
    head: WholeHead | None = None,
    size_from: SizeSource | None = None,
) -> Path:
    """Open a cloud's view.html from disk, and wait until it is drawn; gives the file."""
    path = folder / "view.html"
    data = bytes_from_head(head) if head else None
    path.write_text(view_html(cloud, title="Dome", color=color, head=data, size_from=size_from), "utf-8")
    page.goto(f"{path.as_uri()}#{fragment}")
    page.wait_for_selector(READY, timeout=READY_MS)
    return path


def script(name: str) -> str:
    """A script of the viewer in base64, for a page to import by a data URL."""
    return base64.b64encode((FOLDER / "js" / name).read_bytes()).decode()


def settle(page: Page) -> None:
    """Wait until the frames that are under way are drawn."""
    page.wait_for_timeout(400)
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def picture(page: Page) -> np.ndarray:
    """(H, W, 3) uint8, what a person sees of the 3D stage, without the hint."""
    png = page.locator(".rv-stage").screenshot()
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def choose(page: Page, option: str, value: str) -> None:
    page.locator(f'[data-option="{option}"][value="{value}"] + span').click()
    settle(page)


def triangle_count(page: Page, data: bytes) -> int:
    """How many triangles the viewer makes of a cloud's file."""
    scripts = [script("cloud.js"), script("shape.js")]
    return page.evaluate(TRIANGLES, [scripts, base64.b64encode(data).decode()])
