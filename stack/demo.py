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

import httpx
from rich.console import Console

from shared.errors import ReliefError
from shared.results import CLOUD_PLY, DEPTH_IMAGE, HEAD_GLB, PHOTO, VIEW
from stack.local import PROJECT, Plan, Stack
from web.client.api import ENDED, Job, Relief
from web.client.connection import TIMEOUT
from web.client.retry import RetryPolicy
from web.client.submit import bars

PORTRAIT = PROJECT / "stack" / "portrait.png"  # Eileen Collins, NASA, public domain
RESULTS = (DEPTH_IMAGE, CLOUD_PLY, HEAD_GLB, VIEW)  # those that the photo gives
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


def _run(url: str, photo: Path, model: str, out: Path) -> Job:
    """Upload the photo, follow its job, fetch the results; a refusal is raised in the server's own words."""
    with httpx.Client(base_url=url, timeout=TIMEOUT) as http:
        relief = Relief(http, RetryPolicy(0))
        job = _follow(relief, relief.submit(photo, {"model": model, "color": "photo"})["id"])
        relief.download(job, out, _given(job))
        relief.fetch(job["links"]["photo"], out / PHOTO)
        (out / "job.json").write_text(json.dumps(job, indent=2))
    return job


def _given(job: Job) -> list[str]:
    """Those of RESULTS that the job has: not every photo gives a head."""
    return [name for name in RESULTS if name in {result["name"] for result in job["results"]}]


def _follow(relief: Relief, job_id: str) -> Job:
    """The job at its end, which a bar shows until then.

    Raises:
        DemoError: it did not succeed.
    """
    job: Job = {}
    with bars(Console()) as progress:
        bar = progress.add_task("queued", total=1)
        for job in relief.follow(job_id):
            words = job["state"] if job["state"] in ENDED else f"{job['stage']}: {job['state']}"
            progress.update(bar, completed=job["progress"], description=words)
    if job["state"] != "succeeded":
        raise DemoError(job["message"])
    return job


def _tell(job: Job, out: Path, started_s: float) -> None:
    timings = job["timings"]
    print(f"Depth model: {job['model']}")
    stages = ", ".join(f"{timings[f'{stage}_s']:.2f} {stage}" for stage in job["steps"])
    print(f"Seconds: {started_s:.2f} to start all, {stages}")
    for name in (PHOTO, *_given(job), "job.json"):
        print(f"  {out / name}  {(out / name).stat().st_size:,} bytes")


if __name__ == "__main__":
    sys.exit(main())
