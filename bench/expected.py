"""How true are the seconds that a job is expected to take, while a queue is before it?"""

from __future__ import annotations

import io
import statistics
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import httpx
from PIL import Image

from stack.demo import PORTRAIT
from stack.local import Plan, Stack

USERS = 3
PHOTOS_EACH = 8
SIDE_PX = 512
LOOK_EVERY_S = 0.5
AT_LEAST_S = 3.0  # of a job's last seconds, a share says little


def main() -> None:
    """Print the table."""
    with ExitStack() as held:
        folder = held.enter_context(tempfile.TemporaryDirectory())
        stack = held.enter_context(Stack(Plan(Path(folder))))
        users = [held.enter_context(httpx.Client(base_url=stack.url, timeout=60)) for _ in range(USERS)]
        _followed([(users[0], _send(users[0]))])  # the first run of each stage
        jobs = [(user, _send(user)) for _ in range(PHOTOS_EACH) for user in users]
        told = _followed(jobs)
    print(f"## Expected seconds\n\n{USERS} users send {PHOTOS_EACH} photos each at once; one worker of each kind.\n")
    print("| what the job says | times asked | said / true, median | off by more than a half |\n|---|---|---|---|")
    for state in ("queued", "running"):
        ratios = [said / true for at, said, true in told if at == state and true >= AT_LEAST_S]
        off = sum(not 0.5 <= ratio <= 1.5 for ratio in ratios) / len(ratios)
        print(f"| while it is {state} | {len(ratios)} | {statistics.median(ratios):.2f} | {100 * off:.0f}% |")
    print()


def _followed(jobs: list[tuple[httpx.Client, str]]) -> list[tuple[str, float, float]]:
    """Ask until all have ended; of each answer the state, the seconds that it expected, and those that it took."""
    told: dict[str, list[tuple[str, float, float]]] = {url: [] for _, url in jobs}
    rows = []
    while jobs:
        for user, url in list(jobs):
            job, now = user.get(url).raise_for_status().json(), time.monotonic()
            if job["state"] in ("queued", "running"):
                if job["expected_seconds"] is not None:
                    told[url].append((job["state"], job["expected_seconds"], now))
                continue
            rows += [(state, said, now - asked) for state, said, asked in told[url]]
            jobs.remove((user, url))
        time.sleep(LOOK_EVERY_S)
    return rows


def _send(user: httpx.Client) -> str:
    output = io.BytesIO()
    Image.open(PORTRAIT).convert("RGB").resize((SIDE_PX, SIDE_PX)).save(output, "JPEG")
    answer = user.post("/api/v1/jobs", files={"photo": ("p.jpg", output.getvalue())})
    return answer.raise_for_status().headers["Location"]
