"""The page on paper: black on white, with a picture of the 3D view, and nothing to press."""

import io

import numpy as np
from PIL import Image
from playwright.sync_api import expect

IMAGE = b"/Subtype /Image"


def test_photo_depth_map_3d_view_and_report_are_printed_on_white(opened_face):
    view = opened_face.locator(".rv-printed")
    expect(view).to_have_count(0)
    opened_face.emulate_media(media="print")
    shown = np.asarray(Image.open(io.BytesIO(view.screenshot())).convert("L"), int)
    assert (shown > 250).mean() > 0.4, "its ground is white"
    assert (shown < 160).mean() > 0.05, "the face is on it"
    for one in ("#photo-image", "#depth-image", "#report-list"):
        expect(opened_face.locator(one)).to_be_visible()
    expect(opened_face.locator("button:visible, label.button:visible, input:visible")).to_have_count(0)
    assert opened_face.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    assert opened_face.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    opened_face.emulate_media(media="screen")
    expect(view).to_have_count(0)
    assert opened_face.pdf().count(IMAGE) >= 3
