"""How a photo comes to the page: from the camera, by pasting and dropping, several at once, and what its file says."""

import re

import pytest
from playwright.sync_api import expect

from tests.conftest import PORTRAIT
from tests.support.page_actions import HEADS, JOB_MS, TILES, choose_photo, generate_depth, until

AS_MADE = HEADS.parent / "photos_as_made"


def test_the_camera_takes_a_photo(opened):
    opened.get_by_role("button", name="Use the camera").click()
    expect(opened.locator("#camera")).to_be_visible()
    video = opened.locator("#camera-video")
    until(opened, lambda: video.evaluate("video => video.videoWidth") > 0)  # no eval: the page's policy forbids it
    opened.get_by_role("button", name="Take the picture").click()
    expect(opened.locator("#photo-image")).to_be_visible()
    assert opened.locator("#photo-image").evaluate("(image) => image.decode().then(() => image.naturalWidth)") >= 320
    assert opened.locator("#camera-video").evaluate("(video) => video.srcObject.active") is False


def test_pasting_and_dropping_bring_a_photo(opened):
    for kind, field in (("paste", "clipboardData"), ("drop", "dataTransfer")):
        opened.evaluate(
            """async ([kind, field]) => {
              const canvas = new OffscreenCanvas(80, 60);
              canvas.getContext("2d");
              const file = new File([await canvas.convertToBlob()], "a.png", { type: "image/png" });
              const transfer = new DataTransfer();
              transfer.items.add(file);
              const bubbles = { bubbles: true, cancelable: true };
              const event = kind === "paste" ? new ClipboardEvent(kind, { ...bubbles, [field]: transfer })
                                             : new DragEvent(kind, { ...bubbles, [field]: transfer });
              document.body.dispatchEvent(event);
            }""",
            [kind, field],
        )
        expect(opened.locator("#photo-image")).to_be_visible()
        expect(opened.locator("#generate-depth")).to_be_enabled()
        opened.reload()
        expect(opened.locator("#intro")).to_be_visible()


def test_of_several_files_those_that_are_no_photos_are_named(visitor, tmp_path):
    text, apple = tmp_path / "text.jpg", tmp_path / "apple.jpg"
    text.write_text("I am a text file.")
    apple.write_bytes(b"\0\0\0\x24ftypheic\0\0\0\0")
    visitor.locator("#photo-input").set_input_files([PORTRAIT, text, apple])
    expect(visitor.locator("#error-title")).to_have_text("2 of 3 photos were not sent")
    expect(visitor.locator("#error-detail")).to_contain_text("text.jpg: The file is no JPEG or PNG")
    expect(visitor.locator("#error-detail")).to_contain_text("apple.jpg: Save or export it as JPEG")
    expect(visitor.locator(TILES)).to_have_count(1)


@pytest.mark.parametrize(
    ("start", "title"),
    [
        (b"", "The file is empty"),
        (b"I am a text file.", "This is not a photo"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "This is a WebP picture"),
        (b"\0\0\0\x1cftypavif\0\0\0\0", "This is an AVIF picture"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0", "This is a video"),
        (b"%PDF-1.7", "This is a PDF document"),
    ],
)
def test_a_file_that_is_no_jpeg_or_png_is_told_what_it_is(opened, tmp_path, start, title):
    wrong = tmp_path / "photo.jpg"
    wrong.write_bytes(start)
    opened.locator("#photo-input").set_input_files(wrong)
    expect(opened.locator("#error-title")).to_have_text(title)
    expect(opened.locator("#error-detail")).to_contain_text("JPEG")
    expect(opened.locator("#intro")).to_be_visible()


def test_the_same_photo_chosen_twice_is_named_and_kept(visitor, tmp_path):
    copy = tmp_path / "copy.png"
    copy.write_bytes(PORTRAIT.read_bytes())
    visitor.locator("#photo-input").set_input_files([PORTRAIT, copy])
    expect(visitor.locator("#error-title")).to_have_text("The same photo twice")
    expect(visitor.locator("#error-detail")).to_contain_text("copy.png")
    expect(visitor.locator(TILES)).to_have_count(2)


def test_what_a_photo_lacks_and_why_its_lens_is_not_believed_stand_in_the_report(visitor, tmp_path):
    whole = (AS_MADE / "exif_26_crop_px.jpg").read_bytes()
    (tmp_path / "me.jpg").write_bytes(whole[: int(0.93 * len(whole))])
    choose_photo(visitor, tmp_path / "me.jpg")
    generate_depth(visitor)
    report = visitor.locator("#report")
    expect(report).to_contain_text(re.compile(r"Photo\s*Damaged\s*The photo's file is damaged"), timeout=JOB_MS)
    expect(report).to_contain_text(re.compile(r"Distance\s*\d+ cm\s*The lens in the photo's metadata is not believ"))
