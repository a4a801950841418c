"""The page in a real Chromium, before a front without workers."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from shared.jobs.record import Stage
from shared.jobs.workers import ModelInfo, Offer, Workers
from shared.settings import Settings
from tests.conftest import PORTRAIT
from tests.support.fronts import serving
from tests.support.requests import finish_stage
from worker.report import lengths_of

UPLOAD_MB = 30


@pytest.fixture
def opened(page: Page, store, settings: Settings) -> Page:
    """The page of a front that takes larger photos than usual."""
    with serving(settings.model_copy(update={"upload_mb": UPLOAD_MB})) as url:
        page.goto(url)
        expect(page.locator("#settings-groups fieldset").first).to_be_attached()
        yield page
        page.goto("about:blank")  # its requests end before the server does


def padded_photo(folder: Path, megabytes: int) -> Path:
    """A photo of so many MB: a decoder ignores what stands behind its end."""
    photo = PORTRAIT.read_bytes()
    path = folder / f"{megabytes}.png"
    path.write_bytes(photo + bytes(megabytes * 1_000_000 - len(photo)))
    return path


def test_the_page_takes_the_largest_upload_from_the_servers_settings(opened, tmp_path):
    expect(opened.locator("#intro")).to_contain_text("up to 30 MB")
    opened.locator("#photo-input").set_input_files(padded_photo(tmp_path, UPLOAD_MB + 1))
    expect(opened.locator("#error-detail")).to_contain_text("It has 31.0 MB; at most 30 MB are allowed.")
    opened.locator("#photo-input").set_input_files(padded_photo(tmp_path, UPLOAD_MB - 1))
    opened.get_by_role("button", name="Generate Depth Map").click()
    expect(opened.locator("#stage")).to_have_text("Depth map: next in line", timeout=20_000)
    expect(opened.locator("#error")).to_be_hidden()


def test_the_form_has_the_settings_in_the_order_and_words_of_the_options(opened):
    labels = opened.locator("#settings-groups label").all_inner_texts()
    assert labels == [
        *("Depth model", "Field of view", "Between the pupils", "Look at", "How much of the person"),
        *("Number of points", "Smoothing", "Colour", "Background"),
    ]
    assert opened.locator("#settings-groups legend").all_inner_texts() == ["Depth map", "3D model"]
    assert opened.get_by_label("Between the pupils").get_attribute("step") == "0.5"


def test_the_depth_models_that_are_ready_stand_with_unit_and_licence(page, url, store):
    models = (
        ModelInfo("moge_2_vits_normal", "MoGe-2 Small", "mm", "MIT", ready=True),
        ModelInfo("depth_anything_v2_vitl", "Depth Anything V2 Large", "relative", "CC-BY-NC-4.0", True, True),
        ModelInfo("moge_2_vitl", "MoGe-2 Large", "mm", "MIT", ready=False),
    )
    Workers(store.redis).offer(Offer(models, "moge_2_vits_normal"))
    page.goto(url)
    offered = page.get_by_label("Depth model").locator("option")
    expect(offered).to_have_text(
        ["Best that is ready", "MoGe-2 Small, mm", "Depth Anything V2 Large, relative, non-commercial"]
    )


def test_what_a_networks_normals_draw_stands_in_the_report(page, url, store, storage, portrait):
    job = page.request.post(f"{url}/api/v1/jobs?steps=depth", data=portrait, headers={"Content-Type": "image/png"})
    given = {"layout_share": 0.9, "correction_rms_mm": 12.3, "detail_weight": 0.0, "normals": {"face_share": 0.8}}
    finish_stage(store, storage, Stage.DEPTH, "depth.png", face_found=True, anchored=True, network=given)
    page.goto(f"{url}/#job={job.json()['id']}")
    words = r"Network\s*90 %\s*of the person's layout; its normals draw 80 % of the face's fine detail; moved by 12 mm"
    expect(page.locator("#report")).to_contain_text(re.compile(words))


def test_without_a_face_millimetres_are_said_to_be_the_networks_word(page, url, store, storage, portrait):
    job = page.request.post(f"{url}/api/v1/jobs?steps=depth", data=portrait, headers={"Content-Type": "image/png"})
    lengths = lengths_of({"face_found": False}, unit="mm", pupil_distance_mm=None)
    finish_stage(store, storage, Stage.DEPTH, "depth.png", face_found=False, unit="mm", lengths=lengths)
    page.goto(f"{url}/#job={job.json()['id']}")
    report = page.locator("#report")
    expect(report).to_contain_text(re.compile(r"Face\s*Not found"))
    expect(report).to_contain_text(re.compile(r"Size\s*In millimetres\s*metric by the network's word alone"))


def test_the_page_names_all_scripts_that_it_imports_and_loads_the_viewer_when_a_photo_is_chosen(opened):
    named = "[...document.querySelectorAll('link[rel=modulepreload]')].map(({ href }) => href)"
    loaded = "performance.getEntriesByType('resource').map(({ name }) => name).filter((name) => name.endsWith('.js'))"
    assert set(opened.evaluate(loaded)) == set(opened.evaluate(named))
    with opened.expect_request("**/viewer/viewer.js"), opened.expect_request("**/plotly-*.js"):
        opened.locator("#photo-input").set_input_files(PORTRAIT)
    expect(opened.get_by_role("button", name="Make it 3D")).to_be_enabled()
