"""The dome in view.html is turned, moved and brought nearer by mouse, fingers and keys."""

from __future__ import annotations

import numpy as np
from playwright.sync_api import Page

from tests.shared.viewer.looking import bright, changed, closed, drag, let_go, turn_until
from tests.shared.viewer.opened import READY, READY_MS, choose, dome, picture, settle
from tests.support.page_actions import middle

SCREEN = "({ width: innerWidth, height: innerHeight })"
# Each frame takes 90 ms more, and the fewest points of a frame are noted.
SLOW_DRAWING = """() => {
  const [object] = document.querySelector(".rv-graph")._fullLayout.scene._scene.glplot.objects;
  const perPoint = object.vertexCount / object.pointCount;
  const draw = object.draw;
  window.fewest = Infinity;
  object.draw = function (camera) {
    window.fewest = Math.min(window.fewest, object.vertexCount / perPoint);
    const end = performance.now() + 90;
    while (performance.now() < end);
    draw.call(object, camera);
  };
}"""


def top(page: Page) -> np.ndarray:
    """(H, W) bool, True on the dome's top, which stays within the window when it comes nearer."""
    return picture(page).max(axis=-1) > 190


def width(mask: np.ndarray) -> int:
    """Columns from the first True to the last."""
    return int(np.ptp(np.flatnonzero(mask.any(axis=0))))


def pinch(page: Page, from_px: int, to_px: int) -> None:
    """Two fingers on the stage, that far apart at first and at last."""
    x, y = middle(page, ".rv-stage")
    touch = page.context.new_cdp_session(page)
    for step in range(6):
        half = (from_px + (to_px - from_px) * step / 5) / 2
        fingers = [{"x": x - half, "y": y, "id": 1}, {"x": x + half, "y": y, "id": 2}]
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove" if step else "touchStart", "touchPoints": fingers})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    settle(page)


def drawn_points(page: Page) -> int:
    return page.evaluate(
        "() => { const [o] = document.querySelector('.rv-graph')._fullLayout.scene._scene.glplot.objects;"
        " return o.vertexCount / (o.fullVertexCount ?? o.vertexCount) * o.pointCount }"
    )


def test_a_drag_turns_it_and_reset_turns_it_back(view):
    front = picture(view)
    drag(view, 200)
    assert changed(front, picture(view)) > 0.05
    assert view.evaluate("location.hash") != ""
    view.get_by_role("button", name="Reset view").click()
    settle(view)
    assert changed(front, picture(view)) < 0.01


def test_keys_turn_it(view):
    front = picture(view)
    view.locator(".rv-stage").focus()
    for _ in range(4):
        view.keyboard.press("ArrowRight")
    settle(view)
    assert changed(front, picture(view)) > 0.03


def test_the_wheel_brings_it_nearer_and_its_points_still_touch(view):
    before = top(view)
    assert closed(bright(view)) > 0.95
    view.locator(".rv-stage").hover()
    view.mouse.wheel(0, -100)
    settle(view)
    assert 1.1 < width(top(view)) / width(before) < 1.25
    assert closed(bright(view)) > 0.95


def test_two_fingers_bring_it_nearer_and_its_points_still_touch(view):
    before = top(view)
    pinch(view, 100, 130)
    assert 1.2 < width(top(view)) / width(before) < 1.4
    assert closed(bright(view)) > 0.95


def test_a_double_click_comes_nearer_to_a_point(view):
    box = view.locator(".rv-stage").bounding_box()
    x, y = box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.5
    for shift in (3, 0):
        view.mouse.move(x + shift, y)
        view.wait_for_timeout(300)
    view.mouse.dblclick(x, y)
    settle(view)
    zoom, *target = map(float, view.evaluate("location.hash").split(",")[2:])
    assert zoom == 1.6
    assert 0.02 < target[0] < 0.3 and abs(target[1]) < 0.1


def test_full_screen_fills_the_screen_and_gives_it_back(view):
    size = view.locator(".rv-stage").bounding_box()
    view.get_by_role("button", name="Full screen").click()
    view.wait_for_function("document.fullscreenElement !== null")
    settle(view)
    assert view.locator("#viewer").bounding_box() == {"x": 0, "y": 0, **view.evaluate(SCREEN)}
    assert closed(bright(view)) > 0.95
    view.get_by_role("button", name="Full screen").click()
    view.wait_for_function("document.fullscreenElement === null")
    settle(view)
    assert view.locator(".rv-stage").bounding_box() == size


def test_fewer_points_are_drawn_while_it_turns_slowly_and_all_of_them_at_rest(view):
    everything = drawn_points(view)
    assert everything > dome().count  # more on its steep rim
    assert view.get_attribute("#viewer", "data-points") == str(dome().count)
    view.evaluate(SLOW_DRAWING)
    turn_until(view, f"window.fewest < {everything / 1.5}")
    let_go(view)
    assert drawn_points(view) == everything


def test_the_camera_stays_through_every_change(view):
    drag(view, -120)
    before = view.evaluate("location.hash")
    choose(view, "mode", "surface")
    choose(view, "color", "photo")
    choose(view, "color", "grayscale")
    choose(view, "mode", "points")
    assert view.evaluate("location.hash") == before
    camera = "Object.values(document.querySelector('.rv-graph')._fullLayout.scene.camera.eye)"
    eye = view.evaluate(camera)
    assert eye[0] < -0.4 or eye[0] > 0.4
    view.reload()
    view.wait_for_selector(READY, timeout=READY_MS)
    assert np.allclose(view.evaluate(camera), eye, atol=0.01)
