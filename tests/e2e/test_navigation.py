"""Back, forward and reload: what the page's link and the browser's history bring back."""

import re

from playwright.sync_api import expect

from tests.conftest import PORTRAIT
from tests.support.page_actions import CANVAS, JOB_MS, choose_photo, generate_depth, middle


def test_back_and_forward_go_between_the_beginning_the_photo_and_the_job(visitor):
    choose_photo(visitor, PORTRAIT)
    expect(visitor.locator("#photo-image")).to_be_visible()
    visitor.go_back()
    expect(visitor.locator("#intro")).to_be_visible()
    visitor.go_forward()
    expect(visitor.locator("#photo-image")).to_be_visible()
    generate_depth(visitor)
    visitor.go_back()
    expect(visitor.locator("#depth-image")).to_be_hidden()
    expect(visitor.get_by_role("button", name="Generate Depth Map")).to_be_enabled()
    visitor.go_forward()
    expect(visitor.locator("#depth-image")).to_be_visible()


def test_settings_that_were_not_sent_yet_survive_a_reload(visitor):
    choose_photo(visitor, PORTRAIT)
    generate_depth(visitor)
    depth_again = visitor.locator("#generate-depth")
    expect(depth_again).to_be_disabled()  # it would come out the same
    budget = visitor.get_by_label("Number of points")
    budget.fill("20000")
    visitor.reload()
    expect(visitor.locator("#depth-image")).to_be_visible(timeout=JOB_MS)
    expect(budget).to_have_value("20000")
    visitor.get_by_label("Between the pupils").fill("60")
    expect(depth_again).to_be_enabled()


def test_camera_and_appearance_stay_through_a_reload(opened_face):
    x, y = middle(opened_face, CANVAS)
    opened_face.mouse.move(x, y)
    opened_face.mouse.down()
    opened_face.mouse.move(x + 80, y, steps=3)
    opened_face.mouse.up()
    opened_face.wait_for_url(re.compile("view=-52"))
    opened_face.get_by_text("Surface").click()
    light = opened_face.get_by_label("Light")
    light.fill("60")
    opened_face.wait_for_url(re.compile("look=surface,grayscale,[0-9.]+,60"))
    url = opened_face.url
    opened_face.reload()
    expect(opened_face.locator("#viewer[data-ready]")).to_be_visible(timeout=JOB_MS)
    assert opened_face.url == url
    expect(opened_face.get_by_label("Surface")).to_be_checked()
    expect(light).to_have_value("60")
