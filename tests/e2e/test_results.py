"""A photo through web, queue and workers: real HTTP, real Valkey, real Celery processes."""

import io
import json

import cv2
import httpx
import numpy as np
import pytest
import trimesh
from PIL import Image

from shared.cloud.format import cloud_from_bytes
from tests.support.following import API, follow, result, send
from tests.support.glb import read_glb


@pytest.fixture(scope="module")
def finished(stack, portrait) -> tuple[httpx.Client, list[dict]]:
    with httpx.Client(base_url=stack.url, timeout=60) as client:
        yield client, follow(client, send(client, portrait))


def test_the_job_succeeds_and_says_how(finished):
    _, seen = finished
    job = seen[-1]
    assert (job["state"], job["stage"], job["progress"], job["model"]) == ("succeeded", "export", 1.0, "portrait")
    assert job["error"] is None
    assert job["timings"]["depth_s"] > 0 and job["timings"]["model_s"] > 0 and job["timings"]["head_s"] > 0
    assert job["created_at"] <= job["started_at"] <= job["finished_at"]


def test_progress_rises_and_names_its_stages(finished):
    _, seen = finished
    progress = [document["progress"] for document in seen]
    assert progress == sorted(progress)
    assert len(set(progress)) >= 3
    assert list(dict.fromkeys(document["stage"] for document in seen)) == ["depth", "model", "head", "export"]


def test_every_listed_result_is_there_and_has_the_size_it_says(finished):
    client, seen = finished
    names = {entry["name"] for entry in seen[-1]["results"]}
    assert names >= {
        "depth.npz",
        "depth.png",
        "depth16.png",
        "cloud.rlf",
        "cloud.ply",
        "turntable.jpg",
        "head_turntable.jpg",
        "preview.jpg",
        "view.html",
        "face.glb",
        "face.stl",
        "head.glb",
        "head.usdz",
        "head.obj.zip",
        "head.stl",
        "head.json",
        "head.rlh",
    }
    for entry in seen[-1]["results"]:
        with client.stream("GET", entry["url"]) as response:
            size = sum(len(chunk) for chunk in response.iter_raw())
        assert entry["bytes"] == size, entry


def test_the_depth_is_metric_and_the_face_is_nearer_than_the_shoulders(finished):
    client, seen = finished
    with np.load(io.BytesIO(result(client, seen[-1], "depth.npz"))) as file:
        depth, unit, mask = file["depth"], str(file["unit"]), file["mask"]
    assert unit == "mm"
    assert depth.shape == mask.shape == (512, 512)
    assert np.array_equal(np.isfinite(depth), mask)
    nose, background = depth[115, 222], mask[60, 60]
    assert 300 < nose < 3000
    assert not background
    cheek = np.nanmedian(depth[120:130, 195:200])
    assert 5 < cheek - nose < 60


def test_the_depth_images_are_lighter_where_nearer(finished):
    client, seen = finished
    with np.load(io.BytesIO(result(client, seen[-1], "depth.npz"))) as file:
        depth = file["depth"]
    for name, kind in (("depth.png", np.uint8), ("depth16.png", np.uint16)):
        image = cv2.imdecode(np.frombuffer(result(client, seen[-1], name), np.uint8), cv2.IMREAD_UNCHANGED)
        assert (image.shape, image.dtype) == (depth.shape, kind)
        here = np.isfinite(depth)
        assert np.corrcoef(image[here], -depth[here])[0, 1] > 0.9
        assert (image[~here] == 0).all()


def test_the_cloud_keeps_to_the_budget_and_looks_like_the_photo(finished, portrait):
    client, seen = finished
    cloud = cloud_from_bytes(result(client, seen[-1], "cloud.rlf"))
    assert 30_000 <= cloud.count <= 100_000  # she fills about 40,000 pixels
    assert cloud.unit == "mm"
    photo = Image.open(io.BytesIO(portrait)).convert("RGB").resize((cloud.camera.width, cloud.camera.height))
    difference = np.abs(cloud.rgb.astype(int) - np.asarray(photo, int))[cloud.mask]
    assert np.median(difference) < 12


def test_the_ply_has_the_points_of_the_cloud(finished):
    client, seen = finished
    ply = result(client, seen[-1], "cloud.ply")
    header = ply[: ply.index(b"end_header")].decode()
    cloud = cloud_from_bytes(result(client, seen[-1], "cloud.rlf"))
    assert header.startswith("ply\nformat binary_little_endian 1.0")
    assert f"element vertex {cloud.count}" in header
    assert "portrait" in header and "unit: mm" in header


def test_the_view_is_one_page_that_needs_nothing_else(finished):
    client, seen = finished
    view = result(client, seen[-1], "view.html").decode()
    assert view.lstrip().lower().startswith("<!doctype html")
    assert "src=" not in view.split("<script", 1)[0]


def test_the_whole_head_is_closed_all_around_and_stands_for_printing(finished):
    client, seen = finished
    solid = trimesh.load(io.BytesIO(result(client, seen[-1], "head.stl")), file_type="stl")
    assert solid.is_watertight and solid.body_count == 1
    assert 200 < solid.extents[2] < 700  # mm


def test_the_whole_head_s_glb_holds_the_expressions_and_the_face_where_the_photo_has_it(finished, tmp_path):
    client, seen = finished
    read = read_glb(result(client, seen[-1], "head.glb"), tmp_path)
    assert read.issues == []
    skin = read.meshes["skin"]
    assert len(skin.offsets) == 52
    jaw = np.linalg.norm(skin.offsets["jawOpen"], axis=1)
    assert 0.01 < jaw.max() < 0.06
    with np.load(io.BytesIO(result(client, seen[-1], "depth.npz"))) as file:
        nose_m = file["depth"][115, 222] / 1000
    assert skin.positions[:, 2].max() == pytest.approx(-nose_m, abs=0.02)


def test_the_report_says_the_measures_of_the_head_with_their_errors(finished):
    client, seen = finished
    head = seen[-1]["report"]["head"]
    assert head == json.loads(result(client, seen[-1], "report.json"))["head"]
    assert head["found"] is True
    assert "the back of the head" in head["unseen"]
    pupils = next(measure for measure in head["measures"] if measure["name"] == "pupils")
    assert 50 < pupils["length_mm"] < 75
    assert 0 < pupils["error_mm"] < 6
    figures = json.loads(result(client, seen[-1], "head.json"))
    assert {measure["name"] for measure in figures["measures"]} == {measure["name"] for measure in head["measures"]}


def test_a_job_may_leave_the_head_out(client, portrait):
    job = follow(client, send(client, portrait, steps="depth,model,export", point_budget="5000"))[-1]
    assert (job["state"], job["stage"]) == ("succeeded", "export")
    assert "head" not in job["report"]
    assert not [entry for entry in job["results"] if entry["name"].startswith("head.")]


def test_the_two_steps_are_two_and_a_second_model_does_not_run_the_network(client, portrait):
    depth_only = follow(client, send(client, portrait, steps="depth"))[-1]
    assert (depth_only["state"], depth_only["stage"], depth_only["progress"]) == ("succeeded", "depth", 1)
    assert "cloud.rlf" not in {entry["name"] for entry in depth_only["results"]}
    counts = []
    for budget in (30_000, 9_000):
        response = client.post(depth_only["links"]["model"], json={"point_budget": budget})
        assert response.status_code == 202
        job = follow(client, response.json())[-1]
        assert job["state"] == "succeeded"
        assert "face.glb" in {entry["name"] for entry in job["results"]}
        assert job["timings"]["depth_s"] == depth_only["timings"]["depth_s"]
        counts.append(cloud_from_bytes(result(client, job, "cloud.rlf")).count)
    assert 24_000 <= counts[0] <= 30_000
    assert 7_200 <= counts[1] <= 9_000


def test_a_photo_without_a_face_fails_with_words_a_person_understands(client):
    output = io.BytesIO()
    gradient = np.dstack([np.tile(np.linspace(40, 200, 300, dtype=np.uint8), (200, 1))] * 3)
    Image.fromarray(gradient).save(output, "PNG")
    job = follow(client, send(client, output.getvalue()))[-1]
    assert job["state"] == "failed"
    assert job["error"]["type"] == "no-face"
    assert "face" in job["error"]["detail"]
    assert [entry["name"] for entry in job["results"]] == []


def test_jobs_of_many_photos_at_once_all_end_with_their_own_photo(client, portrait):
    source = Image.open(io.BytesIO(portrait)).convert("RGB")
    sizes = [(360 + 8 * number, 400) for number in range(6)]
    jobs = []
    for size in sizes:
        output = io.BytesIO()
        source.resize(size).save(output, "PNG")
        jobs.append(send(client, output.getvalue(), point_budget="5000"))
    for size, job in zip(sizes, jobs, strict=True):
        done = follow(client, job)[-1]
        assert done["state"] == "succeeded", done
        with np.load(io.BytesIO(result(client, done, "depth.npz"))) as file:
            assert file["depth"].shape == size[::-1]


def test_a_canceled_job_ends_canceled_and_its_files_go(stack, client, portrait):
    job = send(client, portrait)
    answer = client.post(job["links"]["cancel"])
    assert answer.status_code in (200, 409)  # it may have been quicker
    if answer.status_code == 200:
        assert client.get(job["links"]["self"]).json()["state"] == "canceled"
        assert client.get(job["links"]["photo"]).status_code == 404


def test_the_report_is_json_that_anyone_can_read(finished):
    _, seen = finished
    report = seen[-1]["report"]
    assert report["model"] == "portrait"
    assert report["face_found"] is True
    assert json.loads(json.dumps(report, allow_nan=False)) == report


def test_the_report_is_a_result_that_says_how_it_was_made_and_what_is_metric(finished):
    client, seen = finished
    report = json.loads(result(client, seen[-1], "report.json"))
    assert (report["depth"]["face_found"], report["depth"]["camera"]) == (True, "assumed")
    assert report["cloud"]["points"] == seen[-1]["report"]["points"]
    assert report["settings"]["model"] == seen[-1]["settings"]["model"]
    assert report["lengths"] == seen[-1]["report"]["lengths"]
    assert "irises" in report["lengths"]["face"]


def test_the_models_and_workers_are_told(client):
    offered = client.get(f"{API}/models").json()
    assert offered["default"] == "portrait"
    assert {model["name"]: model["ready"] for model in offered["models"]}["portrait"] is True
    assert client.get("/readyz").json()["workers"] == {"depth": 1, "model": 1, "head": 1, "export": 1}
