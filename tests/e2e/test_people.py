"""Photos of several people: the faces are shown on the photo, and a click, a tap or a key chooses one."""

import re
from pathlib import Path

import httpx
import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.following import API, follow, send
from tests.support.page_actions import (
    JOB_MS,
    generate_depth,
    generate_model,
    job_of,
    open_page,
    paused,
    see_model,
    until,
    violations,
)

BOYS = Path(__file__).parents[1] / "data" / "photos" / "legion_boys.jpg"
WIDTHS = {"desktop": {"width": 1280, "height": 800}, "phone": {"width": 375, "height": 700, "has_touch": True}}


def with_faces(page: Page) -> Page:
    """The page with the photo of the boys and the depth map of the largest face."""
    page.locator("#photo-input").set_input_files(BOYS)
    generate_depth(page)
    expect(faces(page).first).to_be_enabled()
    return page


@pytest.fixture
def boys(visitor) -> Page:
    return with_faces(visitor)


def faces(page: Page) -> Locator:
    return page.get_by_role("group", name="Faces in the photo").get_by_role("button")


def chosen(page: Page) -> list[bool]:
    """Which of the faces on the photo are marked, from left to right."""
    return faces(page).evaluate_all("(all) => all.map((one) => one.ariaPressed === 'true')")


def reported(page: Page) -> list[bool]:
    """Which of the faces the report says was chosen, from left to right."""
    listed = sorted(job_of(page)["report"]["faces"], key=lambda face: face["box"])
    return [face["chosen"] for face in listed]


ON_PHOTO = """(all) => {
  const photo = document.getElementById("photo-image").getBoundingClientRect();
  const box = ({ x, y, width, height }) => [x - photo.x, y - photo.y, x - photo.x + width, y - photo.y + height];
  return [photo, ...all.map((one) => one.getBoundingClientRect())].map(box);
}"""


@pytest.mark.parametrize("size", WIDTHS)
def test_each_face_is_outlined_where_it_is_on_the_photo(visit, stack, size):
    page = with_faces(open_page(visit(**WIDTHS[size]), stack.url))
    (_, _, width, height), *drawn = faces(page).evaluate_all(ON_PHOTO)
    job = job_of(page)
    listed = sorted(face["box"] for face in job["report"]["faces"])
    scale = width / job["photo"]["width"]
    assert height / job["photo"]["height"] == pytest.approx(scale, rel=0.01)  # nothing is squeezed
    assert len(drawn) == len(listed) >= 2
    assert np.allclose(drawn, scale * np.array(listed), atol=1)
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTHS[size]["width"]
    assert violations(page) == []


def test_a_click_on_another_face_makes_its_depth_map_and_the_report_says_so(boys):
    before, url = chosen(boys), boys.url
    assert before == reported(boys) and before.count(True) == 1
    expect(boys.locator("#photo-meta")).to_have_text(f"{len(before)} faces: choose one")
    depth_map = boys.locator("#depth-image").get_attribute("src")
    other = before.index(False)
    faces(boys).nth(other).click()
    expect(faces(boys).nth(other)).to_have_attribute("aria-pressed", "true")  # while it is being made
    generated = boys.locator(f'#depth-image[src]:not([src="{depth_map}"])')
    expect(generated).to_be_visible(timeout=JOB_MS)
    expect(faces(boys).nth(other)).to_be_enabled()
    assert chosen(boys) == reported(boys) == [index == other for index in range(len(before))]
    assert boys.url.partition("&")[0] == url  # the same job
    expect(boys.locator("#generate-depth")).to_be_disabled()  # nothing else was chosen
    expect(boys.locator("#gallery-list li")).to_have_count(1)
    boys.reload()
    expect(faces(boys).nth(other)).to_have_attribute("aria-pressed", "true", timeout=JOB_MS)


def test_the_keyboard_chooses_a_face_and_its_3d_model_follows_where_there_was_one(boys):
    generate_model(boys)
    before = chosen(boys)
    other = before.index(False)
    expect(faces(boys).nth(other)).to_be_enabled(timeout=JOB_MS)  # meshes are written until then
    expect(faces(boys).nth(other)).to_have_accessible_name(f"Face {other + 1} of {len(before)}")
    cloud = cloud_url(boys)
    boys.get_by_role("link", name="Relief").focus()
    for _ in range(12):
        boys.keyboard.press("Tab")
        if faces(boys).nth(other).evaluate("(one) => one === document.activeElement"):
            break
    boys.keyboard.press("Enter")
    expect(boys.locator("#cancel")).to_be_focused()
    until(boys, lambda: job_of(boys)["state"] == "succeeded" and cloud_url(boys) != cloud, JOB_MS / 1000)
    see_model(boys)
    assert reported(boys)[other]
    expect(boys.locator("#report")).to_contain_text(re.compile(f"of {len(before)} in the photo"))


def cloud_url(page: Page) -> str:
    return next((file["url"] for file in job_of(page)["results"] if file["name"] == "cloud.rlf"), "")


def test_a_canceled_choice_leaves_the_face_that_was(boys, stack):
    before = chosen(boys)
    with paused(stack, "depth0"):
        faces(boys).nth(before.index(False)).click()
        boys.locator("#cancel").click()
    expect(faces(boys).first).to_be_enabled()
    assert chosen(boys) == reported(boys) == before
    expect(boys.locator("#depth-image")).to_be_visible()
    assert job_of(boys)["settings"]["depth"]["face"] is None


def test_another_setting_keeps_the_chosen_face(boys):
    other = chosen(boys).index(False)
    faces(boys).nth(other).click()
    expect(boys.locator("#generate-model")).to_be_enabled(timeout=JOB_MS)
    boys.locator("#settings [name=fov_x_deg]").fill("50")
    boys.get_by_role("button", name="Generate Depth Map").click()
    expect(boys.locator("#report")).to_contain_text("by the field of view given", timeout=JOB_MS)
    assert chosen(boys)[other] and reported(boys)[other]


def test_whoever_has_a_share_link_sees_no_choice(boys, visit):
    boys.get_by_role("button", name="Share", exact=True).click()
    friend = visit()
    friend.goto(boys.get_by_label("Whoever has this link sees this face").input_value())
    expect(friend.locator("#depth-image")).to_be_visible(timeout=JOB_MS)
    expect(faces(friend)).to_have_count(0)


def test_a_new_photo_with_a_chosen_face_is_of_that_person(client: httpx.Client):
    largest = follow(client, send(client, BOYS.read_bytes(), steps="depth"))[-1]["report"]["faces"]
    other = next(face["box"] for face in largest if not face["chosen"])
    point = f"{(other[0] + other[2]) / 2},{(other[1] + other[3]) / 2}"
    job = follow(client, send(client, BOYS.read_bytes(), steps="depth", face=point))[-1]
    [chosen] = [face["box"] for face in job["report"]["faces"] if face["chosen"]]
    assert np.allclose(chosen, other, atol=8)  # a chosen face is measured better
    beside = client.post(f"{API}/jobs", files={"photo": BOYS.read_bytes()}, data={"face": "1024,10"})
    assert beside.status_code == 422 and "1024 x 930" in beside.json()["detail"]
