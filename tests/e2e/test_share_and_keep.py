"""What can be done with a finished face: download, share, keep longer, delete."""

import re
from datetime import datetime, timedelta

from playwright.sync_api import expect

from tests.conftest import PORTRAIT
from tests.support.page_actions import JOB_MS, TILES, choose_photo, generate_depth, job_of, see_model


def test_each_download_has_the_size_that_it_says(face):
    job = job_of(face)
    for name, words in (
        ("cloud.ply", "Point cloud"),
        ("depth16.png", "16 bit"),
        ("face.glb", "3D model, GLB"),
        ("head.glb", "Whole head, GLB"),
    ):
        [size] = [file["bytes"] for file in job["results"] if file["name"] == name]
        link = face.get_by_role("link", name=re.compile(words))
        expect(link).to_contain_text(f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{round(size / 1000)} kB")
        with face.expect_download() as started:
            link.click()
        assert started.value.suggested_filename == name
        assert started.value.path().stat().st_size == size


def test_the_downloads_are_the_results_for_people_in_the_order_of_the_api(face):
    names = [file["name"] for file in job_of(face)["results"] if not file["hidden"]]
    assert names[:2] == ["view.html", "cloud.ply"] and "cloud.rlf" not in names
    links = face.locator("#download-list a")
    assert links.evaluate_all("(links) => links.map((link) => link.download)") == names


def test_a_shared_link_shows_the_face_to_another_who_can_only_look(face, visit):
    face.get_by_role("button", name="Share", exact=True).click()
    link = face.get_by_label("Whoever has this link sees this face")
    expect(link).to_be_visible()
    expect(face.get_by_role("button", name="Share", exact=True)).to_be_hidden()
    url = link.input_value()
    assert job_of(face)["id"] not in url
    face.reload()
    expect(link).to_have_value(url, timeout=JOB_MS)

    friend = visit()
    friend.goto(url)
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

    face.get_by_role("button", name="Stop sharing").click()
    expect(face.get_by_role("button", name="Share", exact=True)).to_be_focused()
    friend.reload()
    expect(friend.locator("#error-title")).to_contain_text("not here")
    expect(friend.locator("#work")).to_be_hidden()


def test_the_time_that_is_left_is_the_servers_whatever_the_visitors_clock_says(visitor):
    choose_photo(visitor, PORTRAIT)
    generate_depth(visitor)
    for days in (-41, 41):
        visitor.clock.set_system_time(datetime.now() + timedelta(days=days))
        visitor.reload()
        expect(visitor.locator("#expires")).to_have_text(re.compile(r"Deleted in (24 h 0|23 h 5\d) min, \w+"))
        expect(visitor.locator(TILES)).to_contain_text(datetime.now().strftime("%a"))


def test_keeping_longer_begins_the_countdown_anew(face):
    expect(face.locator("#expires")).to_have_text(re.compile(r"Deleted in (24 h 0|23 h 59) min, \w+"))
    before = job_of(face)["expires_at"]
    with face.expect_response(re.compile("/extend$")) as answer:
        face.get_by_role("button", name="Keep longer").click()
    expect(face.locator("#expires")).to_have_text(re.compile(r"Kept until \w+"))
    assert answer.value.json()["expires_at"] > before


def test_a_deleted_photo_is_gone_from_page_gallery_and_link(face):
    url = face.url
    face.once("dialog", lambda dialog: dialog.dismiss())
    face.get_by_role("button", name="Delete", exact=True).click()
    assert job_of(face)["state"] == "succeeded"  # it was asked first
    face.once("dialog", lambda dialog: dialog.accept())
    face.get_by_role("button", name="Delete", exact=True).click()
    expect(face.locator("#intro")).to_be_visible()
    expect(face.locator("#gallery")).to_be_hidden()
    assert "job=" not in face.url
    face.goto(url)
    expect(face.locator("#error-title")).to_contain_text("not here")
