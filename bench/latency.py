"""How long does a visitor of an idle machine wait: for an answer, a first picture, the depth map, the points?"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from bench.stages import NO_LIMITS, WARM_UP, portrait_of
from stack.local import Plan, Stack

SIDES_PX = (512, 1024, 3000)
RUNS = 5
PAUSE_S = 0.5  # so that the workers are idle
MOMENTS = ("answered", "taken", "first picture", "depth map", "points")
SHOWN_BY = {"first picture": "rough.rlf", "depth map": "depth.png", "points": "cloud.rlf"}


def main() -> None:
    """Print the table."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Stack(Plan(Path(folder), settings=NO_LIMITS)) as stack,
        httpx.Client(base_url=stack.url, timeout=120) as client,
    ):
        print(
            f"## From upload to 3D\n\nSeconds since the photo was sent, until the file was fetched; median of {RUNS}.\n"
        )
        print(f"| photo | {' | '.join(MOMENTS)} |\n|{'---|' * (1 + len(MOMENTS))}")
        for side in SIDES_PX:
            seen = [_moments(client, portrait_of(side)) for _ in range(WARM_UP + RUNS)][WARM_UP:]
            medians = [statistics.median(each[moment] for each in seen) for moment in MOMENTS]
            print(f"| {side} x {side} | {' | '.join(f'{seconds:.2f}' for seconds in medians)} |")
        print()


def _moments(client: httpx.Client, data: bytes) -> dict[str, float]:
    """When one job came how far, in seconds since it was sent; it ends with its points."""
    time.sleep(PAUSE_S)
    began = time.monotonic()
    files, steps = {"photo": ("photo.jpg", data)}, {"steps": "depth,model"}
    job = client.post("/api/v1/jobs", files=files, data=steps).raise_for_status().json()
    moments = {"answered": time.monotonic() - began}
    for document in _documents(client, job):
        if document["state"] != "queued":
            moments.setdefault("taken", time.monotonic() - began)
        urls = {file["name"]: file["url"] for file in document["results"]}
        for moment, name in SHOWN_BY.items():
            if moment not in moments and name in urls:
                client.get(urls[name]).raise_for_status()
                moments[moment] = time.monotonic() - began
    return moments


def _documents(client: httpx.Client, job: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The job as it is told at each change."""
    with client.stream("GET", job["links"]["events"]) as response:
        for line in response.iter_lines():
            if line.startswith('data: {"id"'):
                yield json.loads(line.removeprefix("data: "))
