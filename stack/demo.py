"""`python -m stack.demo`: a photo through the whole system, over HTTP as any client would, into demo-out/."""

from __future__ import annotations

import argparse
import json
import logging
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from shared.errors import ReliefError
from stack.local import PROJECT, Plan, Stack

PORTRAIT = PROJECT / "stack" / "portrait.png"  # Eileen Collins, NASA, public domain
RESULTS = ("photo.jpg", "depth.png", "cloud.ply", "view.html")
POLL_S = 0.2
NETWORK = "midas_v21_small_256"
FETCH_TIMEOUT_S = 3


class DemoError(ReliefError):
    """The demo did not get its result."""


def main() -> int:
    """Run the demo; 0 where every file was written."""
    parser = argparse.ArgumentParser(prog="python -m stack.demo", description=__doc__)
    parser.add_argument("photo", type=Path, nargs="?", default=PORTRAIT)
    parser.add_argument("--model", default="auto")
    parser.add_argument("--out", type=Path, default=Path("demo-out"))
    chosen = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    if chosen.model == "auto":
        _try_network()
    began = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="relief-") as data, Stack(Plan(Path(data))) as stack:
            started_s = time.monotonic() - began
            job = _run(stack.url, chosen.photo, chosen.model, chosen.out)
    except (ReliefError, httpx.HTTPError, OSError) as error:
        print(f"The demo failed: {error}", file=sys.stderr)
        return 1
    _tell(job, chosen.out, started_s)
    return 0


def _try_network() -> None:
    """Get the small MiDaS network too where it can be reached; the demo goes on without it."""
    fetch = [sys.executable, "-m", "worker.depth.weights", "fetch", "--timeout", str(FETCH_TIMEOUT_S), NETWORK]
    if subprocess.run(fetch, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
        print(f"{NETWORK} cannot be reached from here; going on with the embedded model.")


def _run(url: str, photo: Path, model: str, out: Path) -> dict[str, Any]:
    """Upload the photo, follow its job, fetch the results."""
    with httpx.Client(base_url=url, timeout=60) as client:
        response = client.post(
            "/api/v1/jobs", files={"photo": (photo.name, photo.read_bytes())}, data={"model": model, "color": "photo"}
        )
        job = _follow(client, _checked(response).json())
        out.mkdir(parents=True, exist_ok=True)
        for name in RESULTS:
            (out / name).write_bytes(_checked(client.get(f"{job['links']['self']}/results/{name}")).content)
        (out / "job.json").write_text(json.dumps(job, indent=2))
    return job


def _follow(client: httpx.Client, job: dict[str, Any]) -> dict[str, Any]:
    """Poll the job to its end, showing a bar.

    Raises:
        DemoError: it did not succeed.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:3.0f} %"),
        TimeElapsedColumn(),
    )
    with Progress(*columns) as progress:
        bar = progress.add_task("queued", total=1)
        while job["state"] in ("queued", "running"):
            progress.update(bar, completed=job["progress"], description=f"{job['stage']}: {job['state']}")
            time.sleep(POLL_S)
            job = _checked(client.get(job["links"]["self"])).json()
        progress.update(bar, completed=job["progress"], description=job["state"])
    if job["state"] != "succeeded":
        raise DemoError(job["message"])
    return job


def _checked(response: httpx.Response) -> httpx.Response:
    """The response, or its problem's own words.

    Raises:
        DemoError: the server refused.
    """
    if response.is_error:
        kind = response.headers.get("content-type", "")
        raise DemoError(response.json()["detail"] if "json" in kind else f"the server answered {response.status_code}")
    return response


def _tell(job: dict[str, Any], out: Path, started_s: float) -> None:
    timings = job["timings"]
    print(f"Depth model: {job['model']}")
    stages = ", ".join(f"{timings[f'{stage}_s']:.2f} {stage}" for stage in job["steps"])
    print(f"Seconds: {started_s:.2f} to start all, {stages}")
    for name in (*RESULTS, "job.json"):
        print(f"  {out / name}  {(out / name).stat().st_size:,} bytes")


if __name__ == "__main__":
    sys.exit(main())
