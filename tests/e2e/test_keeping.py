"""One's own photos: several at once, the gallery, downloads, sharing, keeping longer, deleting."""

import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.conftest import PORTRAIT
from tests.support.following import follow, send
from tests.support.page_actions import JOB_MS, choose_photo, generate_depth, generate_model, see_model

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


@contextmanager
def nobody_works(stack, name: str) -> Iterator[None]:
    """A worker and its children stand still as long as the block runs."""
    os.killpg(stack.processes[name].pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.killpg(stack.processes[name].pid, signal.SIGCONT)


def test_who_waits_is_told_the_place_in_the_queue_and_the_seconds_left(mine, stack, portrait):
    with httpx.Client(base_url=stack.url, timeout=60) as client:
        follow(client, send(client, portrait, steps="depth"))  # from now on it is known how long one takes
        with nobody_works(stack, "depth0"):
            for _ in range(3):
                send(client, portrait, steps="depth")
            choose_photo(mine, PORTRAIT)
            mine.get_by_role("button", name="Generate Depth Map").click()
            expect(mine.locator("#stage")).to_have_text("Depth map: waiting: 1 before this one")  # users take turns
            left = mine.locator("#left")
            expect(left).to_contain_text(re.compile(r"about (a second|\d+ s) left"))
            before = left.text_content()
            expect(left).not_to_have_text(before)  # it counts down
            expect(mine.locator("#gallery-list b")).to_have_text(re.compile(r"2nd in line · \d+ s"))
    expect(mine.locator("#depth-image")).to_be_visible(timeout=JOB_MS)
    expect(mine.locator("#status")).to_be_hidden()


def test_the_gallery_goes_on_by_itself_after_the_network_was_away(mine):
    mine.locator("#photo-input").set_input_files([PORTRAIT, HEADS / "h0.jpg"])
    tiles = mine.locator(TILES)
    expect(tiles).to_have_count(2, timeout=JOB_MS)
    expect(mine.locator("#sending")).to_be_hidden()
    with mine.expect_event("requestfailed", timeout=JOB_MS):  # a question of the gallery is lost
        mine.context.set_offline(True)
    mine.context.set_offline(False)
    for number in range(2):
        expect(tiles.nth(number).locator("b")).to_be_empty(timeout=JOB_MS)


def test_of_several_files_those_that_are_no_photos_are_named(mine, tmp_path):
    text, apple = tmp_path / "text.jpg", tmp_path / "apple.jpg"
    text.write_text("I am a text file.")
    apple.write_bytes(b"\0\0\0\x24ftypheic\0\0\0\0")
    mine.locator("#photo-input").set_input_files([PORTRAIT, text, apple])
    expect(mine.locator("#error-title")).to_have_text("2 of 3 photos were not sent")
    expect(mine.locator("#error-detail")).to_contain_text("text.jpg: The file is no JPEG or PNG")
    expect(mine.locator("#error-detail")).to_contain_text("apple.jpg: Save or export it as JPEG")
    expect(mine.locator(TILES)).to_have_count(1)


def test_a_failed_photo_can_be_tried_again_and_deleted(mine, tmp_path):
    path = tmp_path / "sky.png"
    Image.fromarray(np.full((200, 300, 3), (90, 120, 200), np.uint8)).save(path)
    choose_photo(mine, path)
    mine.get_by_role("button", name="Generate Depth Map").click()
    expect(mine.locator("#error-detail")).to_contain_text("face", timeout=JOB_MS)
    expect(mine.locator("#error")).to_be_focused()
    expect(mine.locator(TILES).locator("b")).to_have_text("Failed")
    with mine.expect_response(re.compile("/retry$")):
        mine.get_by_role("button", name="Try again").click()
    expect(mine.locator("#error-detail")).to_contain_text("face", timeout=JOB_MS)
    mine.once("dialog", lambda dialog: dialog.accept())
    mine.get_by_role("button", name="Delete", exact=True).click()
    expect(mine.locator("#intro")).to_be_visible()
    expect(mine.locator("#gallery")).to_be_hidden()


def test_a_job_that_was_deleted_elsewhere_leaves_its_photo_to_begin_again(mine, stack):
    choose_photo(mine, PORTRAIT)
    generate_depth(mine)
    assert mine.request.delete(f"{stack.url}{job_of(mine)['links']['self']}").ok
    mine.get_by_role("button", name="Generate 3D Model").click()
    expect(mine.locator("#error-title")).to_contain_text("not here")
    expect(mine.locator("#gallery")).to_be_hidden()
    expect(mine.get_by_role("button", name="Generate Depth Map")).to_be_enabled()
    generate_depth(mine)


def test_back_and_forward_go_between_the_beginning_the_photo_and_the_job(mine):
    choose_photo(mine, PORTRAIT)
    expect(mine.locator("#photo-image")).to_be_visible()
    mine.go_back()
    expect(mine.locator("#intro")).to_be_visible()
    mine.go_forward()
    expect(mine.locator("#photo-image")).to_be_visible()
    generate_depth(mine)
    mine.go_back()
    expect(mine.locator("#depth-image")).to_be_hidden()
    expect(mine.get_by_role("button", name="Generate Depth Map")).to_be_enabled()
    mine.go_forward()
    expect(mine.locator("#depth-image")).to_be_visible()


def test_the_keyboard_goes_on_where_the_work_does(mine):
    choose_photo(mine, PORTRAIT)
    expect(mine.locator("#generate-depth")).to_be_focused()
    mine.keyboard.press("Enter")
    expect(mine.locator("#cancel")).to_be_focused()
    expect(mine.locator("#generate-model")).to_be_focused(timeout=JOB_MS)
    mine.keyboard.press("Enter")
    expect(mine.locator("#viewer")).to_be_focused(timeout=JOB_MS)


def test_settings_that_were_not_sent_yet_survive_a_reload(mine):
    choose_photo(mine, PORTRAIT)
    generate_depth(mine)
    depth_again = mine.locator("#generate-depth")
    expect(depth_again).to_be_disabled()  # it would come out the same
    budget = mine.get_by_label("Number of points")
    budget.fill("20000")
    mine.reload()
    expect(mine.locator("#depth-image")).to_be_visible(timeout=JOB_MS)
    expect(budget).to_have_value("20000")
    mine.get_by_label("Between the pupils").fill("60")
    expect(depth_again).to_be_enabled()


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
    expect(friend.locator("#keep")).to_contain_text(
        re.compile(r"Someone shared this face with you\. It is gone in \d+ h")
    )
    expect(friend.get_by_role("link", name="Make your own")).to_be_visible()
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
    expect(finished.locator("#expires")).to_have_text(re.compile(r"Deleted in (24 h 0|23 h 59) min, \w+"))
    before = job_of(finished)["expires_at"]
    with finished.expect_response(re.compile("/extend$")) as answer:
        finished.get_by_role("button", name="Keep longer").click()
    expect(finished.locator("#expires")).to_have_text(re.compile(r"Kept until \w+"))
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
