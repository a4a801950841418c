"""The self-contained view.html as a file, and the cloud within it as a browser reads it."""

from __future__ import annotations

import base64
import re

import numpy as np
import pytest

from shared.cloud.camera import Intrinsics
from shared.cloud.classes import PointClass
from shared.cloud.format import bytes_from_cloud
from shared.cloud.pointcloud import PointCloud
from shared.viewer import view_html
from tests.shared.viewer.opened import READY, READY_MS, dome, script, triangle_count
from tests.shared.viewer.plotly_css import TARGET, injected_css


@pytest.mark.parametrize(
    ("quarters", "place"),
    [
        (0, {"u": 25.5 / 40, "v": 10.5 / 30}),
        (1, {"u": 10.5 / 30, "v": 1 - 25.5 / 40}),  # the photo lies with its person's head to the left
        (2, {"u": 1 - 25.5 / 40, "v": 1 - 10.5 / 30}),
        (3, {"u": 1 - 10.5 / 30, "v": 25.5 / 40}),
    ],
)
def test_the_browser_reads_a_cloud_that_is_cut_out_of_its_photo(page, quarters, place):
    depth = np.full((30, 40), np.nan, np.float32)
    depth[10:13, 25:30] = np.linspace(500, 600, 15).reshape(3, 5)
    plane = np.where(np.isfinite(depth), 200, 0).astype(np.uint8)
    plane[10, 25] = 40
    classes = np.where(np.isfinite(depth), PointClass.SKIN, PointClass.BACKGROUND).astype(np.uint8)
    classes[10, 26:28] = PointClass.HAIR
    cloud = PointCloud(
        depth,
        Intrinsics.from_focal((40, 30), 50),
        "mm",
        plane,
        np.dstack([plane] * 3),
        plane,
        classes,
        joined_ratio=0.12,
        quarters=quarters,
    )
    read = page.evaluate(
        """async ([script, data]) => {
          const { parseCloud, photoPosition, pointsFromCloud } = await import(`data:text/javascript;base64,${script}`);
          const cloud = parseCloud(Uint8Array.from(atob(data), (c) => c.charCodeAt(0)).buffer);
          const points = pointsFromCloud(cloud);
          const order = [...points.pixels.keys()].sort((a, b) => points.pixels[a] - points.pixels[b]);
          const xyz = order.map((i) => [points.x[i], -points.y[i], points.depth[i]]); // y down again
          return { xyz, place: photoPosition(cloud, 0), gray: [...cloud.gray], confidence: cloud.confidence[1],
                   classes: [...cloud.classOf], seen: cloud.classes.filter(({ seen }) => seen) };
        }""",
        [script("cloud.js"), base64.b64encode(bytes_from_cloud(cloud)).decode()],
    )
    np.testing.assert_allclose(read["xyz"], cloud.points(), atol=0.01)
    assert read["place"] == pytest.approx(place)
    assert (read["gray"], read["confidence"]) == ([40, *[200] * 14], 200)
    assert read["classes"] == [2, 1, 1, *[2] * 12]
    assert [each["name"] for each in read["seen"]] == ["hair", "skin"]


@pytest.mark.parametrize(
    ("joined_ratio", "triangles"),
    [(0.11, 2), (0.09, 0), (None, 2)],  # the depths differ by a tenth; None: as the first release stored a cloud in mm
)
def test_the_surface_goes_on_over_steps_as_large_as_the_cloud_says(page, joined_ratio, triangles):
    depth = np.array([[500, 550], [500, 550]], np.float32)
    plane = np.full((2, 2), 200, np.uint8)
    camera = Intrinsics.from_focal((2, 2), 900)
    data = bytes_from_cloud(
        PointCloud(depth, camera, "mm", plane, np.dstack([plane] * 3), plane, plane // 100, joined_ratio or 1)
    )
    if joined_ratio is None:
        data = data.replace(b'"joined_ratio"', b'"unknown_fact"')
    assert triangle_count(page, data) == triangles


def test_a_hostile_title_stays_text(page, tmp_path):
    title = '</title><script>window.hacked = 1</script><img src=x onerror="window.hacked = 1">{color}'
    path = tmp_path / "view.html"
    path.write_text(view_html(dome(9, 12), title=title, color="photo"), "utf-8")
    page.goto(path.as_uri())
    page.wait_for_selector(READY, timeout=READY_MS)
    assert page.title() == title
    assert page.locator("h1").inner_text() == title
    assert page.evaluate("window.hacked") is None


def test_the_file_is_a_fifth_of_what_plotly_writes():
    html = view_html(dome(), title="", color="photo")
    assert len(html) < 1_000_000
    assert "https://" not in re.sub(r"[\w+/=]{1000,}", "", html)


def test_the_linked_css_is_what_plotly_would_inject(page):
    assert TARGET.read_text("utf-8") == injected_css(page), "run python -m tests.shared.viewer.plotly_css"
