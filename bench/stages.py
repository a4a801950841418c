"""How long does a job take, stage by stage, and how many bytes does its view have?"""

from __future__ import annotations

import io
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import plotly.graph_objects as go
from PIL import Image

from shared.cloud.format import cloud_from_bytes
from shared.cloud.pointcloud import PointCloud
from stack.demo import PORTRAIT
from stack.local import Plan, Stack

SIDES_PX = (512, 1024, 3000)
RUNS = 3
WARM_UP = 1
NO_LIMITS = {"RELIEF_RATE": "1000000/minute"}


def main() -> None:
    """Print both tables."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Stack(Plan(Path(folder), settings=NO_LIMITS)) as stack,
        httpx.Client(base_url=stack.url, timeout=120) as client,
    ):
        _stages(client)
        _bytes(client)


def _stages(client: httpx.Client) -> None:
    """Median seconds per stage, one job at a time, sizes interleaved."""
    photos = {side: portrait_of(side) for side in SIDES_PX}
    jobs: dict[int, list[dict[str, Any]]] = {side: [] for side in SIDES_PX}
    for run in range(WARM_UP + RUNS):
        for side, photo in photos.items():
            job = _job(client, photo)
            if run >= WARM_UP:
                jobs[side].append(job)
    print(f"## Seconds per stage\n\nModel `{jobs[SIDES_PX[0]][0]['model']}`, median of {RUNS} jobs, sizes in turn.\n")
    print("| photo | depth | model | head | export | upload to result |\n|---|---|---|---|---|---|")
    for side, done in jobs.items():
        stages = [statistics.median(job["timings"][f"{stage}_s"] for job in done) for stage in done[0]["steps"]]
        whole = statistics.median(job["wall_s"] for job in done)
        print(f"| {side} x {side} | {' | '.join(f'{seconds:.2f}' for seconds in stages)} | {whole:.2f} |")
    print()


def _bytes(client: httpx.Client) -> None:
    """The same points as we send them, and as Plotly would."""
    job = _job(client, portrait_of(SIDES_PX[1]))
    wire = _wire_bytes(client, job, "cloud.rlf")
    cloud = cloud_from_bytes(_result(client, job, "cloud.rlf"))
    view = len(_result(client, job, "view.html"))
    html = len(_plotly_html(cloud))
    print(f"## Bytes of {cloud.count:,} points\n\n| what | bytes |\n|---|---|")
    print(f"| cloud on the wire, depth, gray, confidence and photo colour | {wire:,} |")
    print(f"| view.html, one file with everything | {view:,} |")
    print(f"| Plotly's `write_html` of the same points, gray only | {html:,} |\n")


def portrait_of(side_px: int) -> bytes:
    """The portrait as a square JPEG of that side."""
    output = io.BytesIO()
    Image.open(PORTRAIT).convert("RGB").resize((side_px, side_px), Image.Resampling.LANCZOS).save(output, "JPEG")
    return output.getvalue()


def _job(client: httpx.Client, photo: bytes) -> dict[str, Any]:
    """One job to its end; adds the seconds that its user waited."""
    began = time.monotonic()
    job = client.post("/api/v1/jobs", files={"photo": ("photo.jpg", photo)}).raise_for_status().json()
    while job["state"] in ("queued", "running"):
        time.sleep(0.02)
        job = client.get(job["links"]["self"]).raise_for_status().json()
    if job["state"] != "succeeded":
        raise RuntimeError(job["message"])
    return job | {"wall_s": time.monotonic() - began}


def _result(client: httpx.Client, job: dict[str, Any], name: str) -> bytes:
    return client.get(f"{job['links']['self']}/results/{name}").raise_for_status().content


def _wire_bytes(client: httpx.Client, job: dict[str, Any], name: str) -> int:
    with client.stream("GET", f"{job['links']['self']}/results/{name}") as response:
        return sum(len(chunk) for chunk in response.iter_raw())


def _plotly_html(cloud: PointCloud) -> str:
    x, y, z = cloud.points().T
    marker = {"size": 1, "color": cloud.gray[cloud.mask].astype(np.uint8), "colorscale": "gray"}
    return go.Figure(go.Scatter3d(x=x, y=y, z=z, mode="markers", marker=marker)).to_html(include_plotlyjs=True)
