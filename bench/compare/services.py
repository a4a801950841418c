"""A tree's own local stack, and the jobs that are sent to it."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from PIL import Image

from bench.compare.trees import Driver, Tree
from stack.demo import PORTRAIT

JOBS = "/api/v1/jobs"
CLOUD = "cloud.rlf"
ASK_EVERY_S = 0.02
NO_LIMITS = {
    "RELIEF_RATE": "1000000/minute",
    "RELIEF_UPLOAD_RATE": "100000/minute",
    "RELIEF_OWNER_WAITING": "10000",
}


@dataclass(frozen=True)
class Services:
    """A stack that runs: its URL, and the process id of each of its processes by name."""

    url: str
    processes: dict[str, int]


@contextmanager
def running(tree: Tree, *apps: str) -> Iterator[Services]:
    """A tree's stack, one worker of each kind, as long as the block runs; `apps` may name another one for workers."""
    with Driver(tree, "services.py", json.dumps(NO_LIMITS), *apps) as driver:
        yield Services(**driver.answer())


def client(services: Services) -> httpx.Client:
    """A client with a cookie of its own."""
    return httpx.Client(base_url=services.url, timeout=120)


def portrait(side_px: int) -> bytes:
    """The portrait as a square JPEG."""
    output = io.BytesIO()
    image = Image.open(PORTRAIT).convert("RGB")
    image.resize((side_px, side_px), Image.Resampling.LANCZOS).save(output, "JPEG", quality=92)
    return output.getvalue()


def send(client: httpx.Client, photo: bytes, steps: str = "") -> str:
    """Upload a photo; the URL of its job. Without `steps` all are run."""
    options = {"steps": steps} if steps else {}
    while (answer := client.post(JOBS, files={"photo": ("p.jpg", photo)}, data=options)).status_code in (429, 503):
        time.sleep(ASK_EVERY_S)
    return str(answer.raise_for_status().headers["Location"])


def job(client: httpx.Client, url: str) -> dict[str, Any]:
    """A job as it is now.

    Raises:
        RuntimeError: it failed.
    """
    document: dict[str, Any] = client.get(url).raise_for_status().json()
    if document["state"] == "failed":
        raise RuntimeError(document["message"])
    return document


def ended(document: dict[str, Any]) -> bool:
    """True where nothing of a job is to come."""
    return document["state"] not in ("queued", "running")


def wait_for_end(client: httpx.Client, url: str, every_s: float = ASK_EVERY_S) -> None:
    """Wait until a job has ended."""
    while not ended(job(client, url)):
        time.sleep(every_s)
