"""The whole head in the view: seen from all around, moved by expressions, with and without its hair."""

from __future__ import annotations

import base64
import gzip

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from shared.cloud.format import bytes_from_cloud
from shared.head.format import bytes_from_head
from shared.viewer import view_bytes, view_html, view_parts
from tests.shared.viewer.opened import choose, dome, opened, picture, settle
from tests.support.heads import HAIR, SKIN, some_head

HEAD_DRAWN = """() => document.querySelector(".rv-graph")._fullLayout.scene._scene.glplot.objects
  .filter((object) => object.triangleCount).length >= """
PLACES = """(part) => {
  const scene = document.querySelector(".rv-graph")._fullLayout.scene._scene;
  const { positions } = scene.traces[`head-${part}`].mesh;
  return positions.map((place) => place.map((value, axis) => value / scene.dataScale[axis]));
}"""
SLIDE = "(input, value) => { input.value = value; input.dispatchEvent(new Event('input')) }"
FRONT, BEHIND = "0,0,1,0,0,0", "180,0,1,0,0,0"


def show_head(page: Page, parts: int = 2) -> None:
    choose(page, "mode", "head")
    page.wait_for_function(HEAD_DRAWN + str(parts))
    settle(page)


def slide(page: Page, name: str, value: float) -> None:
    page.get_by_label(name).evaluate(SLIDE, value)
    settle(page)


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()
    settle(page)


def places(page: Page, part: str = "skin") -> np.ndarray:
    """(N, 3) where the vertices that the scene shows are: x right, y down, z forward."""
    return np.array(page.evaluate(PLACES, part)) * [1, -1, -1]


def share_of(page: Page, colour: tuple[int, int, int]) -> float:
    """Share of the picture that has this colour, in whatever light."""
    seen = picture(page).astype(float)
    shade = seen / colour
    return float(((seen.max(axis=-1) > 25) & (np.ptp(shade, axis=-1) < 0.12 * shade.max(axis=-1))).mean())


@pytest.fixture
def head(page: Page, tmp_path) -> Page:
    """A dome with a head behind it, in the colours of the photo, seen from the front as a head."""
    opened(page, tmp_path, dome(), color="photo", fragment=FRONT, head=some_head())
    page.add_style_tag(content=".rv-hint, .rv-icons, h1 { visibility: hidden }")
    show_head(page)
    return page


def seen_from(page: Page, fragment: str) -> None:
    page.evaluate("(fragment) => history.replaceState(null, '', `#${fragment}`)", fragment)
    page.reload()
    page.wait_for_selector("#viewer[data-ready]")
    page.add_style_tag(content=".rv-hint, .rv-icons, h1 { visibility: hidden }")
    show_head(page)


def test_without_a_head_none_is_offered(page, tmp_path):
    opened(page, tmp_path, dome())
    expect(page.get_by_text("Surface")).to_be_visible()
    expect(page.get_by_text("Head", exact=True)).to_be_hidden()
    expect(page.locator(".rv-head")).to_be_hidden()


def test_the_points_are_shown_first_and_the_head_when_it_is_chosen(page, tmp_path):
    opened(page, tmp_path, dome(), color="photo", fragment=FRONT, head=some_head())
    expect(page.locator("[value=points]")).to_be_checked()
    expect(page.locator(".rv-head")).to_be_hidden()
    assert share_of(page, SKIN) < 0.01
    show_head(page)
    expect(page.locator(".rv-head")).to_be_visible()
    assert share_of(page, SKIN) > 0.05


def test_it_has_a_face_in_front_and_hair_behind(head):
    face, hair = share_of(head, SKIN), share_of(head, HAIR)
    assert face > 2 * hair
    seen_from(head, BEHIND)
    assert share_of(head, HAIR) > 4 * share_of(head, SKIN)
    assert 0.5 < share_of(head, HAIR) / (face + hair) < 1.5


def test_without_its_hair_the_skin_below_is_whole(head):
    seen_from(head, BEHIND)
    assert share_of(head, SKIN) < 0.02
    press(head, "Hair")
    assert share_of(head, HAIR) < 0.01
    skin = picture(head).max(axis=-1) > 40
    inside = np.maximum.accumulate(skin, axis=1) & np.maximum.accumulate(skin[:, ::-1], axis=1)[:, ::-1]
    assert skin.sum() > 0.99 * inside.sum() > 0, "no holes"
    press(head, "Hair")
    assert share_of(head, HAIR) > 0.05


@pytest.mark.parametrize(
    ("slider", "expressions"),
    [
        ("Blink", ["eyeBlinkLeft", "eyeBlinkRight"]),
        ("Smile", ["mouthSmileLeft", "mouthSmileRight"]),
        ("Jaw", ["jawOpen"]),
    ],
)
def test_a_slider_moves_what_its_word_says_and_nothing_else(head, slider, expressions):
    press(head, "Neutral")
    before = places(head)
    front = picture(head)
    slide(head, slider, 1)
    moved = np.linalg.norm(places(head) - before, axis=1) > 0.5
    skin = some_head().parts[0]
    expected = np.concatenate([skin.vertices[skin.morphs[name].indices] for name in expressions])
    assert moved.sum() > 10
    gaps = np.linalg.norm(before[moved][:, None] - expected, axis=2).min(axis=1)
    assert gaps.max() < 0.05
    assert (np.abs(front.astype(int) - picture(head)).max(axis=-1) > 6).sum() > 50, "it is seen"


def test_it_begins_as_in_the_photo_and_goes_back_to_that(head):
    photo = places(head)
    expect(head.get_by_label("Smile")).to_have_js_property("valueAsNumber", 0.45)
    press(head, "Neutral")
    assert np.abs(places(head) - photo).max() > 1
    expect(head.get_by_label("Smile")).to_have_js_property("valueAsNumber", 0)
    press(head, "As in the photo")
    np.testing.assert_allclose(places(head), photo, atol=1e-3)


def test_the_loop_moves_the_face_and_ends_by_itself_where_it_began(head):
    play = head.get_by_role("button", name="Play")
    before = places(head)
    play.click()
    expect(play).to_have_attribute("aria-pressed", "true")
    head.wait_for_function("() => document.querySelector('[data-expression=jaw]').valueAsNumber > 0.5")
    assert np.abs(places(head) - before).max() > 5
    expect(play).to_have_attribute("aria-pressed", "false", timeout=15_000)
    settle(head)
    np.testing.assert_allclose(places(head), before, atol=1e-3)


def test_a_turntable_turns_until_it_is_touched(head):
    front = picture(head)
    turn = head.get_by_role("button", name="Turntable")
    turn.click()
    head.wait_for_timeout(1500)
    expect(turn).to_have_attribute("aria-pressed", "true")
    head.locator(".rv-stage").click()
    expect(turn).to_have_attribute("aria-pressed", "false")
    settle(head)
    turned = head.evaluate("location.hash")
    assert not turned.startswith("#0,")
    assert (np.abs(front.astype(int) - picture(head)).max(axis=-1) > 24).mean() > 0.01
    head.wait_for_timeout(500)
    assert head.evaluate("location.hash") == turned


def test_nothing_turns_by_itself_for_who_wants_no_motion(page, tmp_path):
    page.emulate_media(reduced_motion="reduce")
    opened(page, tmp_path, dome(), head=some_head())
    show_head(page)
    expect(page.get_by_role("button", name="Hair")).to_be_visible()
    expect(page.get_by_role("button", name="Turntable")).to_be_hidden()


def test_the_camera_stays_from_points_to_head_and_back(page, tmp_path):
    opened(page, tmp_path, dome(), color="photo", fragment="15,5,1.3,0.1,0,0", head=some_head())
    page.wait_for_selector("#viewer[data-ready]")
    show_head(page)
    page.locator(".rv-stage").focus()
    page.keyboard.press("ArrowRight")
    settle(page)
    turned = page.evaluate("location.hash")
    assert turned == "#9,5,1.3,0.1,0,0"
    choose(page, "mode", "points")
    show_head(page)
    assert page.evaluate("location.hash") == turned


def test_the_head_stands_where_the_points_are(page, tmp_path):
    """The dome is the front of a ball of 120 mm; an egg of that size covers it from the front, at any zoom."""
    opened(page, tmp_path, dome(), color="photo", fragment="0,0,2,0,0,0", head=some_head())
    page.add_style_tag(content=".rv-hint, .rv-icons, h1 { visibility: hidden }")
    settle(page)
    eyes = """() => { const { scene } = document.querySelector(".rv-graph")._fullLayout;
      const { eye } = scene.camera, { range } = scene.zaxis, { z } = scene.aspectratio;
      return (range[0] + range[1]) / 2 + eye.z * (range[1] - range[0]) / z; }"""
    before = page.evaluate(eyes)
    show_head(page)
    assert page.evaluate(eyes) == pytest.approx(before, abs=1)  # mm along the axis of the photo's camera


def test_colours_that_a_head_has_not_are_not_offered_for_it(head):
    expect(head.get_by_text("Confidence")).to_be_hidden()
    choose(head, "color", "grayscale")
    seen = picture(head)
    assert (np.ptp(seen[seen.max(axis=-1) > 60].astype(int), axis=-1) < 8).mean() > 0.99


def test_the_size_of_the_page_is_known_before_it_is_made():
    parts = [bytes_from_cloud(dome()), bytes_from_head(some_head())]
    sizes = [len(gzip.compress(part, 6, mtime=0)) for part in parts]
    html = view_html(dome(), title="Relief", color="photo", head=parts[1], size_from="irises")
    assert len(html.encode()) == view_bytes(*sizes, color="photo", size_from="irises")
    assert len(view_html(dome(), title="Relief", color="photo").encode()) == view_bytes(sizes[0], color="photo")


@pytest.mark.parametrize("with_head", [True, False])
def test_the_page_in_parts_is_the_page(with_head):
    cloud, head = bytes_from_cloud(dome()), bytes_from_head(some_head()) if with_head else None
    packed = [base64.b64encode(gzip.compress(part, 6, mtime=0)) if part else None for part in (cloud, head)]
    parts = view_parts(*packed, color="photo", size_from="irises")
    whole = view_html(dome(), title="Relief", color="photo", head=head, size_from="irises")
    assert b"".join(parts) == whole.encode()
