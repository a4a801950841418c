"""A disparity map of one's own through the real stack: it takes the place of a network, and goes with its job."""

import io
import re

import httpx
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.support.following import API, follow, result, send
from tests.support.page_actions import JOB_MS, generate_model
from tests.support.pictures import encoded


@pytest.fixture(scope="module")
def disparity(stack, portrait) -> np.ndarray:
    """(H, W) uint16: what a network that is right would say of the portrait, before a wall."""
    with httpx.Client(base_url=stack.url, timeout=60) as client:
        job = follow(client, send(client, portrait, steps="depth"))[-1]
        with np.load(io.BytesIO(result(client, job, "depth.npz"))) as file:
            depth_mm = file["depth"]
    nearness = 1 / np.where(np.isfinite(depth_mm), depth_mm, 3 * np.nanmax(depth_mm))
    return np.round(60_000 * nearness / nearness.max()).astype(np.uint16)


def files(portrait: bytes, disparity: np.ndarray) -> dict:
    return {"photo": ("me.png", portrait), "disparity": ("map.png", encoded(Image.fromarray(disparity)))}


def test_the_report_says_that_the_map_was_used_and_the_depth_map_is_the_map(client, stack, portrait, disparity):
    sent = client.post(f"{API}/jobs", files=files(portrait, disparity), data={"steps": "depth"})
    assert sent.status_code == 202, sent.text
    job = follow(client, sent.json())[-1]
    assert (job["state"], job["report"]["own_map"], job["report"]["anchored"]) == ("succeeded", True, True)
    assert job["report"]["metric"] and job["report"]["network"]["layout_share"] > 0
    assert {"depth.png", "depth16.png", "depth_metric.png"} <= {file["name"] for file in job["results"]}
    shown = np.asarray(Image.open(io.BytesIO(result(client, job, "depth.png"))), float)
    assert shown.shape == disparity.shape
    assert np.corrcoef(shown.ravel(), disparity.ravel())[0, 1] > 0.99
    again = follow(client, client.post(job["links"]["depth"], json={"steps": "depth"}).json())[-1]
    assert again["report"]["own_map"] and again["disparity"] == job["disparity"]

    folder = stack.plan.data / "jobs" / job["id"]
    assert (folder / "photo" / "disparity.npz").stat().st_size == job["disparity"]["bytes"]
    client.delete(job["links"]["self"])
    assert not folder.exists()


def test_the_page_shows_the_map_or_the_metric_depth_as_chosen(visitor, stack, portrait, disparity):
    sent = {
        name: {"name": file, "mimeType": "image/png", "buffer": data}
        for name, (file, data) in files(portrait, disparity).items()
    }
    job = visitor.request.post(f"{stack.url}{API}/jobs", multipart={**sent, "steps": "depth"}).json()
    visitor.goto(f"{stack.url}/#job={job['id']}")
    image = visitor.locator("#depth-image")
    expect(image).to_have_attribute("src", re.compile(r"/depth\.png"), timeout=JOB_MS)
    expect(visitor.locator("#report")).to_contain_text(re.compile(r"Own depth map\s*\d+ %\s*of the person"))
    metric = visitor.get_by_text("Metric", exact=True)
    metric.click()
    expect(image).to_have_attribute("src", re.compile(r"/depth_metric\.png"))
    generate_model(visitor)
    expect(image).to_have_attribute("src", re.compile(r"/depth_metric\.png"))
    expect(visitor.get_by_role("link", name="Depth map, metric")).to_be_visible(timeout=JOB_MS)
    visitor.get_by_text("Relative", exact=True).click()
    expect(image).to_have_attribute("src", re.compile(r"/depth\.png"))


def test_a_job_with_one_depth_map_has_no_switch(face):
    expect(face.locator("#depth-image")).to_be_visible()
    expect(face.locator("#depth-kind")).to_be_hidden()
