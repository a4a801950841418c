"""What memory hostile photos take: the front after a thousand uploads, a depth worker with twenty large photos."""

from __future__ import annotations

import itertools
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from bench.attacks import API
from bench.hostile import memory_mb
from shared.settings import Settings
from stack.local import Plan, Stack
from stack.valkey import start_valkey
from tests.support import hostile
from tests.support.fronts import running_front

UPLOADS = 1000
AT_ONCE = 8
LARGE_PHOTOS = 20
SETTINGS = {"RELIEF_UPLOAD_RATE": "1000000/minute", "RELIEF_RATE": "1000000/minute"}
QUICK = [name for name in hostile.FILES if name not in ("icc_bomb", "many_scans")]  # each takes seconds


def main() -> None:
    """Print both figures."""
    print("## Memory under attack\n")
    with tempfile.TemporaryDirectory() as folder:
        answers, memory = _front(Path(folder))
        print(f"Front: {memory[0]:.0f} MB at most, its children {sum(memory[1:]):.0f} MB; answers: {answers}")
    with tempfile.TemporaryDirectory() as folder:
        seconds, memory = _depth_worker(Path(folder))
        print(f"Depth worker, {LARGE_PHOTOS} photos of 49 megapixels, {seconds:.0f} s: {max(memory):.0f} MB at most")


def _front(data: Path) -> tuple[dict[int, int], list[float]]:
    """How often each status was answered, and the memory of the front and of its children."""
    server, redis_url = start_valkey(data / "valkey")
    try:
        with running_front(Settings(redis_url=redis_url, data=data), **SETTINGS) as (front, url):
            files = [hostile.FILES[name]() for name in QUICK]
            with ThreadPoolExecutor(AT_ONCE) as pool, httpx.Client(base_url=url, timeout=120) as client:
                chosen = itertools.islice(itertools.cycle(files), UPLOADS)
                statuses = pool.map(lambda photo: client.post(API, files={"photo": ("p", photo)}).status_code, chosen)
                return dict(Counter(statuses)), memory_mb(front.pid)
    finally:
        server.stop()


def _depth_worker(data: Path) -> tuple[float, list[float]]:
    """Seconds until all photos have their depth or have failed, and the memory of the worker's processes."""
    photo = hostile.white_png()
    with Stack(Plan(data)) as stack, httpx.Client(base_url=stack.url, timeout=120) as client:
        began = time.monotonic()
        waiting = {_taken(client, photo) for _ in range(LARGE_PHOTOS)}
        while waiting:
            time.sleep(0.5)
            jobs = [client.get(f"{API}/{job_id}").json() for job_id in waiting]
            waiting = {job["id"] for job in jobs if job["state"] in ("queued", "running")}
        return time.monotonic() - began, memory_mb(stack.processes["depth0"].pid)


def _taken(client: httpx.Client, photo: bytes) -> str:
    while True:
        answer = client.post(API, files={"photo": ("p.png", photo)}, data={"steps": "depth"})
        if answer.status_code == 202:
            return str(answer.json()["id"])
        time.sleep(0.2)


if __name__ == "__main__":
    main()
