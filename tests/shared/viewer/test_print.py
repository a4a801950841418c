"""Printing the 3D view: WebGL is blank on paper, so a picture takes its place."""

from playwright.sync_api import expect

from tests.shared.viewer.opened import dome, opened


def test_view_html_prints_a_picture_of_what_is_seen(page, tmp_path):
    opened(page, tmp_path, dome())
    assert b"/Subtype /Image" in page.pdf()
    expect(page.locator(".rv-printed")).to_have_count(0)
    expect(page.locator(".rv-stage")).to_be_visible()
