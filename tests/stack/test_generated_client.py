"""A client that a generator made of the API's description runs a whole job."""

import importlib
import io
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import httpx
import numpy as np
import pytest
import trimesh
from PIL import Image

WAIT_S = 20


@pytest.fixture(scope="module")
def generated(stack, tmp_path_factory) -> ModuleType:
    """The client, of /openapi.json, by openapi-python-client."""
    folder = tmp_path_factory.mktemp("generated")
    (folder / "openapi.json").write_bytes(httpx.get(f"{stack.url}/openapi.json").content)
    (folder / "config.yml").write_text("post_hooks: []\n")  # no formatting
    command = [str(Path(sys.executable).parent / "openapi-python-client"), "generate", "--path", "openapi.json"]
    options = ["--config", "config.yml", "--meta", "none", "--output-path", "generated_client"]
    done = subprocess.run([*command, *options], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "omitted" not in done.stdout and "not be generated" not in done.stdout, done.stdout
    sys.path.insert(0, str(folder))
    try:
        yield importlib.import_module("generated_client")
    finally:
        sys.path.remove(str(folder))


def part_of(client: ModuleType, name: str) -> ModuleType:
    return importlib.import_module(f"{client.__name__}.{name}")


def test_a_generated_client_sends_a_photo_waits_and_downloads_every_result(generated, stack, portrait):
    models, types = part_of(generated, "models"), part_of(generated, "types")
    create, show = (part_of(generated, f"api.jobs.{name}") for name in ("post_jobs_create", "get_jobs_show"))
    form = models.PostJobsCreateFilesJobSettingsForm(
        photo=types.File(io.BytesIO(portrait), "me.png", "image/png"),
        color=models.PostJobsCreateFilesJobSettingsFormColour.PHOTO,
        point_budget=20_000,
    )
    with generated.Client(stack.url, timeout=WAIT_S + 10, raise_on_unexpected_status=True) as client:
        job = create.sync(client=client, body=form)
        assert (job.settings.model.color, job.settings.model.point_budget) == ("photo", 20_000)
        while job.state not in ("succeeded", "failed"):
            job = show.sync(job.id, client=client, wait=WAIT_S)
        assert job.state == "succeeded", job.error
        files = downloaded(generated, client, job)
    check_contents(files)


def downloaded(generated: ModuleType, client, job) -> dict[str, bytes]:
    """Every result, as the client gives it."""
    download = part_of(generated, "api.results.get_results_download")
    names = part_of(generated, "models").GetResultsDownloadName
    files = {}
    for result in job.results:
        answer = download.sync_detailed(job.id, names(result.name), client=client)
        files[result.name] = answer.parsed.payload.read()
        assert answer.headers["content-type"] == result.media_type
        assert len(files[result.name]) == result.bytes_ or result.hidden  # hidden ones are sent compressed
    assert set(files) <= {name.value for name in names}
    part = download.sync_detailed(job.id, names("all.zip"), client=client, range_="bytes=-4")
    assert (part.status_code, part.parsed.payload.read()) == (206, files["all.zip"][-4:])
    refused = download.sync(job.id, names("disparity.npz") if "disparity.npz" in list(names) else "none", client=client)
    assert (refused.status, refused.title) == (404, "Not found")
    return files


def check_contents(files: dict[str, bytes]) -> None:
    """Each is what its name says."""
    for name in ("depth.png", "depth16.png", "normals.png"):
        assert Image.open(io.BytesIO(files[name])).format == "PNG"
    assert trimesh.load(io.BytesIO(files["head.glb"]), file_type="glb").geometry
    assert json.loads(files["report.json"])["model"] and json.loads(files["head.json"])["measures"]
    assert files["view.html"].startswith(b"<!doctype html>")
    with np.load(io.BytesIO(files["depth.npz"])) as values:
        assert values["depth"].ndim == 2
