"""How the dome in view.html looks: colours, light, what is pointed at, a picture of it."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from shared.cloud.classes import PointClass
from tests.shared.viewer.looking import bright, changed, closed
from tests.shared.viewer.opened import choose, dome, opened, picture, settle
from tests.support.page_actions import middle


def test_the_dome_stands_in_the_middle_in_gray(view):
    seen = picture(view)
    bright = seen.max(axis=-1) > 60
    assert 0.1 < bright.mean() < 0.8
    rows, columns = np.nonzero(bright)
    assert abs(rows.mean() / seen.shape[0] - 0.5) < 0.1
    assert abs(columns.mean() / seen.shape[1] - 0.5) < 0.1
    assert (np.ptp(seen[bright].astype(int), axis=-1) < 8).mean() > 0.99
    assert int(view.locator("#viewer").get_attribute("data-points")) == dome().count


def test_photo_colour_is_the_photos(view):
    choose(view, "color", "photo")
    seen = picture(view)
    bright = seen.max(axis=-1) > 60
    assert np.allclose(np.median(seen[bright], axis=0), [220, 0, 0], atol=6)


def test_what_is_doubted_is_darker_in_the_colour_confidence(page, tmp_path):
    cloud = dome()
    right = np.arange(120) >= 60
    sure = replace(cloud, gray=cloud.gray * 0 + 255, confidence=np.where(right, 255, 0) * np.ones((90, 1), np.uint8))
    opened(page, tmp_path, sure)
    choose(page, "color", "confidence")
    seen = picture(page)[..., 0]
    middle = seen.shape[1] // 2
    assert np.median(seen[seen.shape[0] // 2, middle + 10 : middle + 60]) == pytest.approx(255, abs=3)
    assert np.median(seen[seen.shape[0] // 2, middle - 60 : middle - 10]) == pytest.approx(56, abs=3)


def test_the_surface_is_shaded_and_its_light_moves(view):
    points = picture(view)
    choose(view, "mode", "surface")
    lit_left = picture(view)
    assert changed(points, lit_left) > 0.05
    view.locator('[data-option="light"]').evaluate(
        "(input) => { input.value = 70; input.dispatchEvent(new Event('input')) }"
    )
    settle(view)
    assert changed(lit_left, picture(view)) > 0.05


def test_hover_shows_a_point_in_mm(view):
    x, y = middle(view, ".rv-stage")
    for shift in (0, 3):
        view.mouse.move(x + shift, y)
        view.wait_for_timeout(300)
    label = view.locator(".hovertext").first
    expect(label).to_be_attached()
    text = label.evaluate("(node) => node.textContent")
    z = float(re.search(r"z ([\d.]+) mm", text).group(1))
    assert re.search(r"x .*[\d.]+ mm", text)
    assert 549 <= z <= 601


def test_snapshot_is_a_png_of_what_is_seen(view):
    with view.expect_download() as waiting:
        view.get_by_role("button", name="Save a picture").click()
    seen = np.asarray(Image.open(waiting.value.path()).convert("RGB"))
    assert (seen.max(axis=-1) > 60).mean() > 0.1


def test_a_face_before_a_far_wall_of_no_known_class_stays_in_the_middle(page, tmp_path):
    cloud = dome()
    depth = np.where(np.isnan(cloud.depth), 6000, cloud.depth).astype(np.float32)
    classes = np.full_like(cloud.classes, PointClass.OTHER)
    wall = replace(cloud, depth=depth, classes=classes, unit="relative", joined_ratio=0.02)
    opened(page, tmp_path, wall, color="photo", fragment="0,0,8,0,0,0")
    settle(page)
    assert closed(bright(page)) > 0.95
