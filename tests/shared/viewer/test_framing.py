"""What fills the view, and what it turns round: the person, whatever lies behind."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from playwright.sync_api import Page

from shared.cloud.classes import COLOURS, PointClass
from shared.cloud.pointcloud import PointCloud
from tests.shared.viewer.opened import dome, opened, picture

FRONT = "0,0,1,0,0,0"


def before_a_wall(wall_mm: float, *, aside: int = 0) -> PointCloud:
    """The dome as skin, as many pixels to the right of the middle, before a wall three times as wide as it."""
    cloud = dome(60, 80)
    shape = 180, 240
    depth = np.full(shape, wall_mm, np.float32)
    classes = np.full(shape, PointClass.BACKGROUND, np.uint8)
    inside = np.s_[60:120, 80 + aside : 160 + aside]
    depth[inside] = np.where(cloud.mask, cloud.depth, wall_mm)
    classes[inside] = np.where(cloud.mask, PointClass.SKIN, PointClass.BACKGROUND)
    plane = np.full(shape, 200, np.uint8)
    camera = replace(cloud.camera, width=240, height=180, cx=119.5, cy=89.5)
    return PointCloud(depth, camera, "mm", plane, np.dstack([plane] * 3), plane, classes, joined_ratio=0.12)


def skin(page: Page) -> np.ndarray:
    """(H, W) bool, where the picture shows skin, in whatever light."""
    seen = picture(page).astype(float)
    shade = seen / COLOURS[PointClass.SKIN]
    return (seen.max(axis=-1) > 110) & (np.ptp(shade, axis=-1) < 0.06)


def place(mask: np.ndarray) -> tuple[float, float, float]:
    """The middle, across and down, and the height of a mask, as fractions of the picture."""
    height, width = mask.shape
    rows, columns = np.nonzero(mask)
    return columns.mean() / width, rows.mean() / height, np.ptp(rows) / height


def seen_from(page: Page, cloud: PointCloud, folder, fragment: str = FRONT) -> tuple[float, float, float]:
    opened(page, folder, cloud, color="classes", fragment=fragment)
    page.add_style_tag(content=".rv-hint, .rv-legend, h1 { visibility: hidden }")
    return place(skin(page))


def test_a_person_fills_the_view_before_a_far_wall_too(page, tmp_path):
    for wall_mm in (1500, 40_000):
        across, down, height = seen_from(page, before_a_wall(wall_mm), tmp_path)
        assert abs(across - 0.5) < 0.05
        assert abs(down - 0.5) < 0.05
        assert 0.6 < height < 0.95, f"before a wall at {wall_mm} mm"


def test_a_person_at_the_photo_s_side_stands_in_the_middle_and_stays_there_while_it_turns(page, tmp_path):
    cloud = before_a_wall(4000, aside=67)
    for yaw in (0, 30):
        across, down, _ = seen_from(page, cloud, tmp_path, f"{yaw},0,1,0,0,0")
        assert abs(across - 0.5) < 0.08
        assert abs(down - 0.5) < 0.08
