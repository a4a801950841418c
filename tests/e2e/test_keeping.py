"""One's own photos: several at once, the gallery, downloads, sharing, keeping longer, deleting."""

import re

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.conftest import PORTRAIT
from tests.e2e.acting import JOB_MS, choose_photo, generate_depth, generate_model, see_model
from tests.e2e.following import follow, send

HEADS = PORTRAIT.parent.parent / "tests" / "data" / "heads"
TILES = "#gallery-list li"


@pytest.fixture
def mine(visit, stack) -> Page:
    """The page as a new visitor sees it."""
    page = visit()
    page.goto(stack.url)
    expect(page.locator("#settings-groups fieldset").first).to_be_attached()
    return page


@pytest.fixture
def finished(mine) -> Page:
    """The page with a photo, its depth map and its 3D model, to its very end."""
    choose_photo(mine, PORTRAIT)
    generate_depth(mine)
    generate_model(mine)
    expect(mine.get_by_role("link", name=re.compile("GLB"))).to_be_visible(timeout=JOB_MS)
    return mine


def job_of(page: Page) -> dict:
    """What the API says of the job that the page shows."""
    job_id = re.search(r"job=([^&]+)", page.url)
    assert job_id
    answer = page.request.get(f"{page.url.partition('#')[0]}api/v1/jobs/{job_id[1]}")
    assert answer.ok
    return answer.json()


def test_several_photos_at_once_fill_a_gallery_that_survives_a_reload(mine):
    mine.locator("#photo-input").set_input_files([PORTRAIT, HEADS / "h0.jpg", HEADS / "h3.jpg"])
    tiles = mine.locator(TILES)
    expect(tiles).to_have_count(3, timeout=JOB_MS)
    expect(mine.locator("#sending")).to_be_hidden(timeout=JOB_MS)
    for number in range(3):
        expect(tiles.nth(number).locator("b")).to_be_empty(timeout=JOB_MS)
    mine.reload()
    expect(tiles).to_have_count(3)
    tiles.last.locator("a").click()
    see_model(mine)
    assert job_of(mine)["photo"]["width"] == 512
    mine.go_back()
    expect(mine.locator("#intro")).to_be_visible()
    expect(tiles).to_have_count(3)


def test_another_visitor_sees_none_of_it(mine, visit, stack):
    mine.locator("#photo-input").set_input_files([PORTRAIT, HEADS / "h0.jpg"])
    expect(mine.locator(TILES)).to_have_count(2, timeout=JOB_MS)
    mine.locator(TILES).first.locator("a").click()
    expect(mine.locator("#photo-image")).to_be_visible()
    stranger = visit()
    stranger.goto(mine.url)
    expect(stranger.locator("#error-title")).to_contain_text("not here")
    expect(stranger.locator("#gallery")).to_be_hidden()


def test_who_waits_is_told_the_place_in_the_queue_and_the_seconds_left(mine, stack, portrait):
    with httpx.Client(base_url=stack.url, timeout=60) as client:
        follow(client, send(client, portrait, steps="depth,model"))  # from now on it is known how long one takes
        photos = 10
        for _ in range(photos):
            send(client, portrait, steps="depth,model")
    choose_photo(mine, PORTRAIT)
    mine.get_by_role("button", name="Generate Depth Map").click()
    expect(mine.locator("#stage")).to_contain_text(re.compile(r"waiting: \d+ before this one|next in line"))
    left = mine.locator("#left")
    expect(left).to_contain_text(re.compile(r"about (a second|\d+ s|\d+ min) left"))
    before = left.text_content()
    expect(left).not_to_have_text(before, timeout=5000)  # it counts down
    expect(mine.locator("#depth-image")).to_be_visible(timeout=JOB_MS)
    expect(mine.locator("#status")).to_be_hidden()


def test_each_download_has_the_size_that_it_says(finished):
    job = job_of(finished)
    for name, words in (("cloud.ply", "Point cloud"), ("depth16.png", "16 bit"), ("face.glb", "GLB")):
        [size] = [file["bytes"] for file in job["results"] if file["name"] == name]
        link = finished.get_by_role("link", name=re.compile(words))
        expect(link).to_contain_text(f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{round(size / 1000)} kB")
        with finished.expect_download() as started:
            link.click()
        assert started.value.suggested_filename == name
        assert started.value.path().stat().st_size == size


def test_a_shared_link_shows_the_face_to_another_who_can_only_look(finished, visit):
    finished.get_by_role("button", name="Share", exact=True).click()
    link = finished.get_by_label("Whoever has this link sees this face")
    expect(link).to_be_visible()
    expect(finished.get_by_role("button", name="Share", exact=True)).to_be_hidden()
    address = link.input_value()
    assert job_of(finished)["id"] not in address
    finished.reload()
    expect(link).to_have_value(address, timeout=JOB_MS)

    friend = visit()
    friend.goto(address)
    see_model(friend)
    expect(friend.locator("#photo-image")).to_be_visible()
    expect(friend.locator("#depth-image")).to_be_visible()
    for name in ("Generate Depth Map", "Generate 3D Model", "Share", "Delete", "Keep longer"):
        expect(friend.get_by_role("button", name=name, exact=True)).to_be_hidden()
    expect(friend.locator("#settings")).to_be_hidden()
    expect(friend.get_by_role("link", name=re.compile("Point cloud"))).to_be_visible()

    finished.get_by_role("button", name="Stop sharing").click()
    expect(finished.get_by_role("button", name="Share", exact=True)).to_be_focused()
    friend.reload()
    expect(friend.locator("#error-title")).to_contain_text("not here")
    expect(friend.locator("#work")).to_be_hidden()


def test_keeping_longer_begins_the_countdown_anew(finished):
    expect(finished.locator("#expires")).to_have_text(re.compile(r"Deleted in (24 h 0|23 h 59) min"))
    before = job_of(finished)["expires_at"]
    with finished.expect_response(re.compile("/extend$")) as answer:
        finished.get_by_role("button", name="Keep longer").click()
    assert answer.value.json()["expires_at"] > before


def test_a_deleted_photo_is_gone_from_page_gallery_and_address(finished):
    address = finished.url
    finished.once("dialog", lambda dialog: dialog.dismiss())
    finished.get_by_role("button", name="Delete", exact=True).click()
    assert job_of(finished)["state"] == "succeeded"  # it was asked first
    finished.once("dialog", lambda dialog: dialog.accept())
    finished.get_by_role("button", name="Delete", exact=True).click()
    expect(finished.locator("#intro")).to_be_visible()
    expect(finished.locator("#gallery")).to_be_hidden()
    assert "job=" not in finished.url
    finished.goto(address)
    expect(finished.locator("#error-title")).to_contain_text("not here")
