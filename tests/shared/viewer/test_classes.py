"""The colour "classes" of the view: hair, skin and clothes told apart, with a legend."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Error, Page, expect

from shared.cloud.camera import Intrinsics
from shared.cloud.classes import COLOURS, PointClass
from shared.cloud.format import bytes_from_cloud
from shared.cloud.pointcloud import PointCloud
from tests.shared.viewer.opened import choose, dome, opened, picture, script, settle, triangle_count
from worker.geometry.surface.mesh import mesh_from_cloud

FIRST_RELEASE = Path(__file__).parents[2] / "data" / "cloud-0.1.0.rlf"
PARSED = """async ([script, data]) => {
  const { parseCloud } = await import(`data:text/javascript;base64,${script}`);
  return parseCloud(Uint8Array.from(atob(data), (c) => c.charCodeAt(0)).buffer).classes;
}"""


def hair_and_skin() -> PointCloud:
    """A dome whose left half is hair and whose right half is skin."""
    left = np.arange(120) < 60
    classes = np.where(left, PointClass.HAIR, PointClass.SKIN).astype(np.uint8) * np.ones((90, 1), np.uint8)
    return replace(dome(), classes=classes)


def sides(page: Page) -> list[np.ndarray]:
    """The median colour to the left and to the right of the picture's middle."""
    seen = picture(page)
    row, middle = seen[seen.shape[0] // 2], seen.shape[1] // 2
    return [np.median(part, axis=0) for part in (row[middle - 60 : middle - 20], row[middle + 20 : middle + 60])]


def test_each_class_has_its_colour_and_the_legend_names_those_that_are_seen(page, tmp_path):
    opened(page, tmp_path, hair_and_skin(), fragment="0,0,1,0,0,0")
    expect(page.locator(".rv-legend")).to_be_hidden()
    choose(page, "color", "classes")
    for seen, each in zip(sides(page), (PointClass.HAIR, PointClass.SKIN), strict=True):
        shade = seen / COLOURS[each]
        assert np.ptp(shade) < 0.05, "the hue is kept"
        assert 0.6 < shade.mean() <= 1
    expect(page.locator(".rv-legend li")).to_have_text(["hair", "skin"])
    swatch = "(row) => getComputedStyle(row, '::before').backgroundColor"
    assert page.locator(".rv-legend li").first.evaluate(swatch) == "rgb(86, 104, 168)"


def test_a_lit_surface_keeps_the_colours_apart(page, tmp_path):
    opened(page, tmp_path, hair_and_skin(), color="classes", fragment="0,0,1,0,0,0")
    choose(page, "mode", "surface")
    hair, skin = sides(page)
    assert hair[2] > hair[0] and skin[0] >= skin[2]  # blue, and warm
    assert skin.mean() > 1.5 * hair.mean()


def test_the_point_under_the_pointer_is_named(page, tmp_path):
    opened(page, tmp_path, hair_and_skin(), fragment="0,0,1,0,0,0")
    box = page.locator(".rv-stage").bounding_box()
    for side, word in ((0.42, "hair"), (0.58, "skin")):
        for shift in (0, 3):
            page.mouse.move(box["x"] + box["width"] * side + shift, box["y"] + box["height"] / 2)
            page.wait_for_timeout(300)
        expect(page.locator(".hovertext").first).to_contain_text(word)


@pytest.mark.parametrize("known", [PointClass.OTHER, PointClass.SKIN])
def test_where_all_points_are_of_one_class_the_colour_is_not_offered(page, tmp_path, known):
    cloud = dome()
    opened(page, tmp_path, replace(cloud, classes=np.full_like(cloud.classes, known)), color="classes")
    settle(page)
    expect(page.locator('[data-option="color"][value="classes"] + span')).to_be_hidden()
    expect(page.locator('[data-option="color"][value="grayscale"]')).to_be_checked()
    expect(page.locator(".rv-legend")).to_be_hidden()


def test_a_cloud_of_the_first_release_has_no_classes(page):
    assert page.evaluate(PARSED, [script("cloud.js"), base64.b64encode(FIRST_RELEASE.read_bytes()).decode()]) == []


def test_a_point_of_an_unknown_class_is_refused(page):
    data = bytearray(bytes_from_cloud(hair_and_skin()))
    data[-1] = 9
    with pytest.raises(Error, match="a point of class"):
        page.evaluate(PARSED, [script("cloud.js"), base64.b64encode(data).decode()])


@pytest.mark.parametrize(
    ("left", "count"), [(PointClass.BACKGROUND, 0), (PointClass.HAIR, 2)], ids=["background", "hair"]
)
def test_a_person_and_what_is_behind_are_two_surfaces_however_near(page, left, count):
    plane = np.full((2, 2), 200, np.uint8)
    classes = np.array([[left, PointClass.SKIN]] * 2, np.uint8)
    camera = Intrinsics.from_focal((2, 2), 900)
    depth = np.full((2, 2), 500, np.float32)
    cloud = PointCloud(depth, camera, "mm", plane, np.dstack([plane] * 3), plane, classes, joined_ratio=0.12)
    assert len(mesh_from_cloud(cloud).triangles) == count
    assert triangle_count(page, bytes_from_cloud(cloud)) == count
