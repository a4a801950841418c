"""What a person does on the page, step by step: depth map, 3D model, waiting, errors."""

import re
from io import BytesIO

import httpx
import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect

from tests.conftest import PORTRAIT
from tests.support.following import follow, send
from tests.support.page_actions import (
    CANVAS,
    JOB_MS,
    choose_photo,
    differs,
    generate_depth,
    generate_model,
    middle,
    paused,
    photo_without_a_face,
    picture,
    see_model,
    start_depth,
    still_picture,
    until,
)

ABOUT = r"(a second|\d+ s|a minute|\d+ min)"


def is_orange(page: Page) -> bool:
    """True where some of the 3D view is neither gray nor black."""
    shown = np.asarray(Image.open(BytesIO(page.locator(CANVAS).screenshot())).convert("RGB"), int)
    return bool((np.ptp(shown, axis=-1) > 40).mean() > 0.02)


def test_a_person_gets_a_depth_map_and_a_3d_face_in_two_steps(opened):
    choose_photo(opened, PORTRAIT)
    expect(opened.locator("#photo-image")).to_be_visible()
    expect(opened.get_by_role("button", name="Generate 3D Model")).to_be_disabled()

    generate_depth(opened)
    depth = picture(opened, "#depth-image")
    assert depth.std() > 30 and depth.max() > 240
    assert "job=" in opened.url

    expect(opened.locator("#report")).to_contain_text("Found")
    expect(opened.locator("#report")).not_to_contain_text("Points")

    generate_model(opened)
    expect(opened.locator("#report")).to_contain_text(re.compile(r"Points\s*[\d,]+"))
    expect(opened.locator("#report")).to_contain_text("irises")
    front = still_picture(opened, CANVAS)
    assert (front > 60).mean() > 0.05

    x, y = middle(opened, CANVAS)
    opened.mouse.move(x, y)
    opened.mouse.down()
    opened.mouse.move(x + 60, y, steps=4)
    opened.mouse.move(x + 120, y, steps=4)
    opened.mouse.up()
    until(opened, lambda: differs(opened, CANVAS, front))

    opened.reload()
    expect(opened.locator("#depth-image")).to_be_visible(timeout=JOB_MS)
    expect(opened.locator("#viewer")).to_be_visible(timeout=JOB_MS)


def test_one_press_makes_first_the_depth_map_and_then_the_3d_face(visitor):
    requests = []
    visitor.on("request", lambda request: request.method == "POST" and requests.append(request.url))
    choose_photo(visitor, PORTRAIT)
    one, *steps = (visitor.locator(f"#generate-{what}") for what in ("all", "depth", "model"))
    expect(one).to_have_class(re.compile("primary"))
    one.click()
    expect(visitor.locator("#depth-image")).to_be_visible(timeout=JOB_MS)
    expect(one).to_be_hidden()
    see_model(visitor)
    expect(visitor.get_by_role("link", name=re.compile("3D model, STL"))).to_be_visible(timeout=JOB_MS)
    assert len(requests) == 1
    expect(steps[0]).to_be_visible()
    expect(steps[1]).to_be_enabled()


def test_a_second_model_with_other_settings_reuses_the_depth(opened):
    choose_photo(opened, PORTRAIT)
    generate_depth(opened)
    generate_model(opened)
    requests = []
    opened.on("request", lambda request: request.method == "POST" and requests.append(request.url))
    opened.locator("#settings [name=color]").select_option("photo")
    opened.get_by_role("button", name="Generate 3D Model").click()
    expect(opened.locator("#model-meta")).to_have_text(re.compile("points"), timeout=JOB_MS)
    until(opened, lambda: is_orange(opened))  # her suit
    assert len(requests) == 1 and requests[0].endswith("/model")


def test_a_reload_during_a_job_finds_it_again(opened):
    choose_photo(opened, PORTRAIT)
    opened.get_by_role("button", name="Generate Depth Map").click()
    opened.wait_for_url(re.compile("job="))
    opened.reload()
    expect(opened.locator("#depth-image")).to_be_visible(timeout=JOB_MS)


def test_a_text_file_named_jpg_is_refused_in_words(opened, tmp_path):
    fake = tmp_path / "face.jpg"
    fake.write_text("I am a text file.")
    choose_photo(opened, fake)
    generate = opened.get_by_role("button", name="Generate Depth Map")
    if generate.is_visible() and generate.is_enabled():
        generate.click()
    expect(opened.locator("#error")).to_be_visible(timeout=JOB_MS)
    expect(opened.locator("#error-detail")).to_contain_text(re.compile("JPEG or PNG"))


def test_a_photo_without_a_face_is_explained(opened, tmp_path):
    choose_photo(opened, photo_without_a_face(tmp_path))
    opened.get_by_role("button", name="Generate Depth Map").click()
    expect(opened.locator("#error-detail")).to_contain_text("face", timeout=JOB_MS)


def test_a_lost_connection_is_shown_and_the_job_goes_on(opened):
    start_depth(opened)
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
    start_depth(opened)
    opened.get_by_role("button", name="Cancel").click()
    expect(opened.locator("#generate-depth")).to_be_enabled()
    expect(opened.locator("#photo-image")).to_be_visible()
    expect(opened.locator("#error")).to_be_hidden()
    assert "job=" not in opened.url


def test_a_guess_of_seconds_is_told_no_finer_than_it_is(opened):
    words = opened.evaluate("import('/static/dom.js').then(({ leftText }) => [-9, 0.4, 7.4, 23, 61, 99].map(leftText))")
    assert words == [
        "longer than expected",
        "about a second left",
        "about 7 s left",
        "about 25 s left",
        "about a minute left",
        "about 2 min left",
    ]


def test_the_distance_says_which_lens_it_is_by_and_why_another_is_not_believed(opened):
    reports = [
        ({"camera": "network"}, "by the lens that the network sees"),
        (
            {"camera": "network", "camera_note": "EXIF is not believed."},
            "by the lens that the network sees. EXIF is not believed.",
        ),
        ({"camera": "assumed", "camera_note": "Nothing is believed."}, "Nothing is believed."),
        ({"camera": "assumed"}, "guessed: the lens is unknown"),
    ]
    for report, words in reports:
        shown = opened.evaluate(
            """async (report) => {
                (await import("/static/report.js")).showReport(report);
                return document.querySelector("#report-list dd").textContent;
            }""",
            {"distance_mm": 612, **report},
        )
        assert shown == f"61 cm{words}"


def test_who_waits_sees_the_position_in_the_queue_and_the_seconds_left(visitor, stack, portrait):
    with httpx.Client(base_url=stack.url, timeout=60) as client:
        follow(client, send(client, portrait, steps="depth"))  # from now on it is known how long one takes
        with paused(stack, "depth0"):
            for _ in range(3):
                send(client, portrait, steps="depth")
            choose_photo(visitor, PORTRAIT)
            visitor.get_by_role("button", name="Generate Depth Map").click()
            expect(visitor.locator("#stage")).to_have_text("Depth map: waiting: 1 before this one")  # users take turns
            expect(visitor.locator("#percent")).to_be_empty()
            expect(visitor).to_have_title("Waiting · Relief")
            left = visitor.locator("#left")
            expect(left).to_contain_text(re.compile(rf"about {ABOUT} left"))
            before = left.text_content()
            expect(left).not_to_have_text(before, timeout=JOB_MS)  # it counts down
            expect(visitor.locator("#gallery-list b")).to_have_text(re.compile(rf"2nd in line · {ABOUT}"))
    expect(visitor.locator("#depth-image")).to_be_visible(timeout=JOB_MS)
    expect(visitor.locator("#status")).to_be_hidden()
