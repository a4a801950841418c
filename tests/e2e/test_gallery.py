"""The gallery of one's own photos: several at once, nobody else's, failed and deleted ones."""

import re
from zipfile import ZipFile

from playwright.sync_api import expect

from tests.conftest import PORTRAIT
from tests.support.page_actions import (
    HEADS,
    JOB_MS,
    TILES,
    choose_photo,
    generate_depth,
    job_of,
    photo_without_a_face,
    see_model,
    until,
)

ALL = {"face.glb", "face.obj.zip", "face.stl", "head.glb", "head.obj.zip", "head.stl", "depth.png"}


def test_several_photos_at_once_fill_a_gallery_with_all_their_files_that_survives_a_reload(visitor):
    visitor.locator("#photo-input").set_input_files([PORTRAIT, HEADS / "h0.jpg", HEADS / "h3.jpg"])
    tiles = visitor.locator(TILES)
    expect(tiles).to_have_count(3, timeout=JOB_MS)
    expect(visitor.locator("#sending")).to_be_hidden(timeout=JOB_MS)
    for number in range(3):
        expect(tiles.nth(number).locator("b")).to_be_empty(timeout=3 * JOB_MS)  # each waits for the others
    found = []
    visitor.on("download", lambda download: found.append(set(ZipFile(download.path()).namelist())))
    visitor.get_by_role("button", name=re.compile("Download all 3, ")).click()
    until(visitor, lambda: len(found) == 3)
    assert all(names >= ALL for names in found)
    visitor.reload()
    expect(tiles).to_have_count(3)
    expect(tiles.last.get_by_role("button", name=re.compile("All files, "))).to_be_visible()
    tiles.last.locator("a").click()
    see_model(visitor)
    assert job_of(visitor)["photo"]["width"] == 512
    visitor.go_back()
    expect(visitor.locator("#intro")).to_be_visible()
    expect(tiles).to_have_count(3)


def test_another_visitor_sees_none_of_it(visitor, visit, stack):
    visitor.locator("#photo-input").set_input_files([PORTRAIT, HEADS / "h0.jpg"])
    expect(visitor.locator(TILES)).to_have_count(2, timeout=JOB_MS)
    visitor.locator(TILES).first.locator("a").click()
    expect(visitor.locator("#photo-image")).to_be_visible()
    stranger = visit()
    stranger.goto(visitor.url)
    expect(stranger.locator("#error-title")).to_contain_text("not here")
    expect(stranger.locator("#gallery")).to_be_hidden()


def test_the_gallery_goes_on_by_itself_after_a_lost_connection(visitor):
    visitor.locator("#photo-input").set_input_files([PORTRAIT, HEADS / "h0.jpg"])
    tiles = visitor.locator(TILES)
    expect(tiles).to_have_count(2, timeout=JOB_MS)
    expect(visitor.locator("#sending")).to_be_hidden()
    with visitor.expect_event("requestfailed", timeout=JOB_MS):  # a question of the gallery is lost
        visitor.context.set_offline(True)
    visitor.context.set_offline(False)
    for number in range(2):
        expect(tiles.nth(number).locator("b")).to_be_empty(timeout=3 * JOB_MS)  # each waits for the others


def test_a_failed_photo_can_be_tried_again_and_deleted(visitor, tmp_path):
    choose_photo(visitor, photo_without_a_face(tmp_path))
    visitor.get_by_role("button", name="Generate Depth Map").click()
    expect(visitor.locator("#error-detail")).to_contain_text("face", timeout=JOB_MS)
    expect(visitor.locator("#error")).to_be_focused()
    expect(visitor.locator(TILES).locator("b")).to_have_text("Failed")
    with visitor.expect_response(re.compile("/retry$")):
        visitor.get_by_role("button", name="Try again").click()
    expect(visitor.locator("#error-detail")).to_contain_text("face", timeout=JOB_MS)
    visitor.once("dialog", lambda dialog: dialog.accept())
    visitor.get_by_role("button", name="Delete", exact=True).click()
    expect(visitor.locator("#intro")).to_be_visible()
    expect(visitor.locator("#gallery")).to_be_hidden()


def test_a_job_that_was_deleted_elsewhere_leaves_its_photo_to_begin_again(visitor, stack):
    choose_photo(visitor, PORTRAIT)
    generate_depth(visitor)
    assert visitor.request.delete(f"{stack.url}{job_of(visitor)['links']['self']}").ok
    visitor.get_by_role("button", name="Generate 3D Model").click()
    expect(visitor.locator("#error-title")).to_contain_text("not here")
    expect(visitor.locator("#gallery")).to_be_hidden()
    expect(visitor.get_by_role("button", name="Generate Depth Map")).to_be_enabled()
    generate_depth(visitor)
