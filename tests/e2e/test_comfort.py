"""What makes the page pleasant: linked pictures, a view that stays, camera, lost networks, screen readers."""

import re
from itertools import cycle

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.conftest import PORTRAIT
from tests.support.page_actions import CANVAS, JOB_MS, generate_model, middle, until

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def opened(page: Page, stack) -> Page:
    page.goto(stack.url)
    expect(page.locator("#settings-groups fieldset").first).to_be_attached()
    return page


@pytest.fixture
def finished(opened: Page) -> Page:
    """The page with a photo, its depth map and its 3D model."""
    start(opened)
    expect(opened.locator("#generate-model")).to_be_enabled(timeout=JOB_MS)
    generate_model(opened)
    return opened


def start(page: Page) -> None:
    page.locator("#photo-input").set_input_files(PORTRAIT)
    page.locator("#generate-depth").click()


def faults(page: Page) -> list[str]:
    """What axe finds serious or critical."""
    found = Axe().run(page).response["violations"]
    return [
        f"{fault['id']}: {node['target']}"
        for fault in found
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]


def test_a_point_under_the_pointer_is_marked_in_both_pictures(finished):
    x, y = middle(finished, CANVAS)
    marks = finished.locator(".mark:visible")
    shift = cycle((0, 4))  # what stands still tells nothing new

    def marked() -> bool:
        finished.mouse.move(x + next(shift), y)
        return marks.count() == 2

    until(finished, marked)
    places = marks.evaluate_all("(marks) => marks.map((mark) => [mark.style.left, mark.style.top])")
    assert places[0] == places[1]
    assert all(10 < float(value.rstrip("%")) < 90 for value in places[0])
    finished.mouse.move(2, 2)
    expect(marks).to_have_count(0)


def test_view_and_look_stay_through_a_reload(finished):
    x, y = middle(finished, CANVAS)
    finished.mouse.move(x, y)
    finished.mouse.down()
    finished.mouse.move(x + 80, y, steps=3)
    finished.mouse.up()
    finished.wait_for_url(re.compile("view=-52"))
    finished.get_by_text("Surface").click()
    light = finished.get_by_label("Light")
    light.fill("60")
    finished.wait_for_url(re.compile("look=surface,grayscale,[0-9.]+,60"))
    address = finished.url
    finished.reload()
    expect(finished.locator("#viewer[data-ready]")).to_be_visible(timeout=JOB_MS)
    assert finished.url == address
    expect(finished.get_by_label("Surface")).to_be_checked()
    expect(light).to_have_value("60")


def test_a_lost_network_is_borne_calmly(opened):
    start(opened)
    opened.wait_for_url(re.compile("job="))
    opened.context.set_offline(True)
    try:
        expect(opened.locator("#trouble")).to_contain_text("connection is lost")
    finally:
        opened.context.set_offline(False)
    expect(opened.locator("#depth-image")).to_be_visible(timeout=JOB_MS)
    expect(opened.locator("#trouble")).to_be_hidden()
    expect(opened.locator("#error")).to_be_hidden()


def test_a_cancel_leaves_the_photo_to_begin_again(opened):
    start(opened)
    opened.get_by_role("button", name="Cancel").click()
    expect(opened.locator("#generate-depth")).to_be_enabled()
    expect(opened.locator("#photo-image")).to_be_visible()
    expect(opened.locator("#error")).to_be_hidden()
    assert "job=" not in opened.url


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


def test_axe_finds_nothing_serious_in_any_state_or_size(finished, stack):
    assert faults(finished) == []
    finished.get_by_text("Surface").click()
    finished.set_viewport_size(PHONE)
    assert faults(finished) == []
    assert finished.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    finished.goto(stack.url)
    assert faults(finished) == []
    start(finished)
    expect(finished.locator("#status")).to_be_visible()
    assert faults(finished) == []
