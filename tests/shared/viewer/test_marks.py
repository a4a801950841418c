"""Points marked in the view: their distance with its error, their angle, and the section between them."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from shared.head.accuracy import ACCURACY
from tests.shared.viewer.opened import READY, READY_MS, choose, dome, opened, picture, settle
from tests.support.heads import some_head
from tests.support.page_actions import middle

FRONT = "0,0,1,0,0,0"
LEFT, RIGHT, BELOW = (0.42, 0.45), (0.58, 0.45), (0.5, 0.6)  # fractions of the stage


def start(page: Page) -> None:
    page.get_by_role("button", name="Mark points").click()


def mark(page: Page, *places: tuple[float, float]) -> None:
    box = page.locator(".rv-stage").bounding_box()
    assert box
    for across, down in places:
        page.mouse.click(box["x"] + box["width"] * across, box["y"] + box["height"] * down)
        settle(page)


def marks(page: Page) -> np.ndarray:
    """(N, 3) the marked points that the link holds: x right, y down, z forward, mm."""
    _, *places = page.evaluate("location.hash").split("_")
    return np.array([[float(value) for value in place.split(",")] for place in places]).reshape(-1, 3) * [1, -1, -1]


def said(page: Page) -> dict[str, str]:
    """What the panel says, by label."""
    words = page.locator(".rv-marks :is(dt, dd)").all_inner_texts()
    return dict(zip(words[::2], words[1::2], strict=True))


def on_dome(places: np.ndarray) -> np.ndarray:
    """(N,) depth of the dome where these places are seen, mm."""
    u, v = places[:, 0] / places[:, 2] * 300 + 59.5, places[:, 1] / places[:, 2] * 300 + 44.5
    radius = np.hypot((u - 60) / 60, (v - 45) / 45)
    return 600 - 50 * np.sqrt(np.clip(1 - radius**2, 0, 1))


@pytest.fixture
def view(page: Page, tmp_path) -> Page:
    opened(page, tmp_path, dome(), fragment=FRONT, head=some_head(), size_from="irises")
    settle(page)
    return page


def test_two_clicks_give_a_distance_with_its_error(view):
    start(view)
    mark(view, LEFT, RIGHT)
    places = marks(view)
    np.testing.assert_allclose(places[:, 2], on_dome(places), atol=1.5)
    assert places[0, 0] < -10 < 10 < places[1, 0]
    length = np.linalg.norm(places[0] - places[1])
    error = np.hypot(ACCURACY["irises"].places_mm, ACCURACY["irises"].size * length)
    assert said(view)["A to B"] == f"{length:.1f} ± {error:.1f} mm"


def test_a_third_click_gives_an_angle_and_a_fourth_begins_anew(view):
    start(view)
    mark(view, LEFT, BELOW, RIGHT)
    a, b, c = marks(view)
    cosine = np.dot(a - b, c - b) / np.linalg.norm(a - b) / np.linalg.norm(c - b)
    angle = int(re.match(r"\d+", said(view)["Angle at B"])[0])
    assert angle == pytest.approx(np.degrees(np.arccos(cosine)), abs=0.6)
    assert "B to C" in said(view)
    mark(view, LEFT)
    assert len(marks(view)) == 1
    assert said(view) == {}


def test_the_section_follows_the_surface_between_the_first_two(view):
    start(view)
    mark(view, LEFT, RIGHT)
    start_, end = marks(view)
    line = start_ + np.linspace(0, 1, 400)[:, None] * (end - start_)
    surface = line * (on_dome(line) / line[:, 2])[:, None]
    along = np.linalg.norm(surface - surface[0], axis=1)
    heights = np.linalg.norm(np.cross(surface - start_, end - start_), axis=1) / np.linalg.norm(end - start_)
    lengths = sum(np.linalg.norm(b - a) for a, b in pairwise(surface))
    found = {label: float(value.split()[0]) for label, value in said(view).items()}
    assert along[-1] < lengths
    assert found["A to B over the surface"] == pytest.approx(lengths, abs=0.6)
    assert found["Height over the line A B"] == pytest.approx(heights.max(), abs=0.3)


def test_nothing_is_marked_beside_the_face_nor_by_a_drag(view):
    start(view)
    mark(view, (0.03, 0.5))
    assert len(marks(view)) == 0
    x, y = middle(view, ".rv-stage")
    view.mouse.move(x, y)
    view.mouse.down()
    for step in range(8):  # slowly: each step is short
        view.mouse.move(x + 2 * step, y)
    view.mouse.up()
    settle(view)
    assert len(marks(view)) == 0


def test_a_link_restores_the_marks(view):
    start(view)
    mark(view, LEFT, RIGHT)
    before, words = marks(view), said(view)
    view.reload()
    view.wait_for_selector(READY, timeout=READY_MS)
    assert said(view) == words
    np.testing.assert_array_equal(marks(view), before)
    start(view)  # ends it
    expect(view.locator(".rv-marks")).to_be_hidden()
    assert len(marks(view)) == 0


def test_marks_are_in_the_view_and_in_the_snapshot(view):
    start(view)
    plain = picture(view)
    mark(view, LEFT, RIGHT)
    view.mouse.move(5, 5)
    settle(view)
    drawn = np.abs(picture(view).astype(int) - plain).max(axis=-1) > 60
    with view.expect_download() as waiting:
        view.get_by_role("button", name="Save a picture").click()
    saved = np.asarray(Image.open(waiting.value.path()).convert("RGB"), int)
    rows, columns = np.nonzero(drawn[: drawn.shape[0] // 2])
    assert rows.size > 200 and np.ptp(columns) > 100
    shown = picture(view)[2 : 2 + saved.shape[0], 2 : 2 + saved.shape[1]]  # the graph stands 2 pixels within the stage
    assert np.median(np.abs(saved - shown)[drawn[2 : 2 + saved.shape[0], 2 : 2 + saved.shape[1]]]) < 40


def test_points_can_be_marked_with_the_keyboard_alone(view):
    start(view)
    view.locator(".rv-stage").focus()
    view.keyboard.press("Enter")
    for _ in range(3):
        view.keyboard.press("ArrowRight")
    settle(view)
    view.keyboard.press("Enter")
    assert len(marks(view)) == 2
    assert 0 < float(said(view)["A to B"].split()[0]) < 100
    view.keyboard.press("Backspace")
    assert len(marks(view)) == 1


def test_what_the_marks_say_can_be_copied_as_text(view):
    view.context.grant_permissions(["clipboard-read", "clipboard-write"])
    start(view)
    expect(view.get_by_role("button", name="Copy")).to_be_disabled()
    mark(view, LEFT, RIGHT)
    view.get_by_role("button", name="Copy").click()
    expect(view.get_by_role("button", name="Copied")).to_be_visible()
    text = view.evaluate("navigator.clipboard.readText()")
    assert f"A to B\t{said(view)['A to B']}" in text
    places = [line.split("\t") for line in text.splitlines() if line.startswith(("A\t", "B\t"))]
    np.testing.assert_allclose(np.array([place[1:] for place in places], float), marks(view), atol=0.06)
    _, section = text.split("height over it\n")
    profile = np.loadtxt(io.StringIO(section))
    assert profile[:, 1].max() == pytest.approx(float(said(view)["Height over the line A B"].split()[0]), abs=0.06)
    view.get_by_role("button", name="Clear").click()
    assert len(marks(view)) == 0


def test_relative_lengths_have_neither_unit_nor_error(page, tmp_path):
    opened(page, tmp_path, replace(dome(), unit="relative"), fragment=FRONT, size_from="irises")
    start(page)
    mark(page, LEFT, RIGHT)
    assert re.fullmatch(r"\d+\.\d{3}", said(page)["A to B"])


def test_a_head_is_marked_on_its_mesh_all_around(view):
    choose(view, "mode", "head")
    view.wait_for_function("() => document.querySelector('.rv-graph')._fullLayout.scene._scene.traces['head-skin']")
    settle(view)
    start(view)
    mark(view, (0.5, 0.5))
    [place] = marks(view)
    x, y, z = (place - [10, -20, 690]) / [75, 110, 95]
    assert np.hypot(np.hypot(x, y), z) == pytest.approx(1, abs=0.05)  # on the egg
    assert z < 0, "on its front"


def test_points_are_marks_and_nothing_here_is_called_a_measure(view):
    start(view)
    mark(view, LEFT, BELOW, RIGHT)
    labels = view.locator("[aria-label], [title]").evaluate_all("(all) => all.map((one) => one.ariaLabel + one.title)")
    assert not re.search("measur", " ".join([*labels, view.locator("body").inner_text()]), re.IGNORECASE)
    expect(view.get_by_role("group", name="Marks")).to_be_visible()
