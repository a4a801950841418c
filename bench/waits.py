"""What is a user told of the wait, and what comes true, with 1, 8 and 26 photos at once; and a stranger meanwhile?"""

from __future__ import annotations

import io
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

from stack.demo import PORTRAIT
from stack.local import Plan, Stack

AT_ONCE = (1, 8, 26)
STRANGER_AFTER_S = 5.0  # after the last of the 26 photos was sent
SIDE_PX = 512
LOOK_EVERY_S = 0.25
MOMENTS = {"at sending": 0.0, "at a quarter": 0.25, "half": 0.5, "three quarters": 0.75}
AT_LEAST_S = 1.0  # of what is left; of less, a quotient says little


@dataclass
class Followed:
    """A job: when it was sent, had its points, and ended; and what it said at which time, all by this clock."""

    sent_s: float
    said: list[tuple[float, float | None]] = field(default_factory=list)
    points_s: float = 0.0
    ended_s: float = 0.0

    def ratio(self, part: float) -> float | None:
        """Said / true when this part of the wait was over; None where nothing was said, or little is left."""
        at_s = self.sent_s + part * (self.ended_s - self.sent_s)
        asked_s, said = min(self.said, key=lambda one: abs(one[0] - at_s))
        left_s = self.ended_s - asked_s
        return said / left_s if said is not None and left_s >= AT_LEAST_S else None

    @property
    def later_by_s(self) -> float:
        """The most by which the end was put off from one answer to the next."""
        due = [asked_s + said for asked_s, said in self.said if said is not None]
        return max((after - before for before, after in pairwise(due)), default=0.0)


def main() -> None:
    """Print the tables."""
    rows, waits = [], []
    with tempfile.TemporaryDirectory() as folder, Stack(Plan(Path(folder))) as stack:
        for photos, name in ((1, "1, the first ever"), *((number, str(number)) for number in AT_ONCE)):
            with httpx.Client(base_url=stack.url, timeout=60) as user:
                jobs = follow(user, [_send(user) for _ in range(photos)])
            rows.append(_said_row(name, jobs))
            waits.append(_wait_row(name, jobs))
        jobs = _stranger(stack.url)
        rows.append(_said_row("1, a stranger's, behind 26", jobs))
        waits.append(_wait_row("1, a stranger's, behind 26", jobs))
    print(f"## Waits, said and true\n\nPhotos of {SIDE_PX} pixels, all stages, one worker of each kind.\n")
    moments = " | ".join(MOMENTS)
    print(f"Said / true, median and worst.\n\n| photos at once | {moments} | put off by at most, s |")
    print("|---|---|---|---|---|---|", *rows, sep="\n")
    print("\n| photos at once | first, half have points, s | first, half, all are whole, s |\n|---|---|---|")
    print(*waits, "", sep="\n")


def _stranger(url: str) -> list[Followed]:
    with httpx.Client(base_url=url, timeout=60) as user, httpx.Client(base_url=url, timeout=60) as stranger:
        theirs = [_send(user)["id"] for _ in range(AT_ONCE[-1])]
        time.sleep(STRANGER_AFTER_S)
        jobs = follow(stranger, [_send(stranger)])
        for job_id in theirs:
            user.delete(f"/api/v1/jobs/{job_id}")
        return jobs


def follow(user: httpx.Client, sent: Sequence[dict[str, Any]]) -> list[Followed]:
    """Ask for one's jobs until all have ended."""
    jobs = {job["id"]: Followed(job["asked_s"], [(job["asked_s"], job["expected_seconds"])]) for job in sent}
    while not all(job.ended_s for job in jobs.values()):
        time.sleep(LOOK_EVERY_S)
        documents, now_s = user.get("/api/v1/jobs?limit=100").raise_for_status().json()["jobs"], time.monotonic()
        for document in documents:
            job = jobs[document["id"]]
            if document["timings"]["model_s"] is not None:
                job.points_s = job.points_s or now_s
            if document["state"] not in ("queued", "running"):
                job.ended_s = job.ended_s or now_s
            else:
                job.said.append((now_s, document["expected_seconds"]))
    return list(jobs.values())


def _send(user: httpx.Client) -> dict[str, Any]:
    output = io.BytesIO()
    Image.open(PORTRAIT).convert("RGB").resize((SIDE_PX, SIDE_PX)).save(output, "JPEG")
    job = user.post("/api/v1/jobs", files={"photo": ("p.jpg", output.getvalue())}).raise_for_status().json()
    return {**job, "asked_s": time.monotonic()}


def _said_row(name: str, jobs: Sequence[Followed]) -> str:
    cells = [_ratios([ratio for job in jobs if (ratio := job.ratio(part)) is not None]) for part in MOMENTS.values()]
    return f"| {name} | {' | '.join(cells)} | {max(job.later_by_s for job in jobs):.1f} |"


def _ratios(ratios: Sequence[float]) -> str:
    """Median, and the one that is farthest from 1."""
    if not ratios:
        return "nothing said"
    return f"{statistics.median(ratios):.2f}, {max(ratios, key=lambda ratio: max(ratio, 1 / max(ratio, 0.01))):.2f}"


def _wait_row(name: str, jobs: Sequence[Followed]) -> str:
    began_s = min(job.sent_s for job in jobs)
    points, ends = ([getattr(job, what) - began_s for job in jobs] for what in ("points_s", "ended_s"))
    half_points, half_ends = statistics.median(points), statistics.median(ends)
    return f"| {name} | {min(points):.1f}, {half_points:.1f} | {min(ends):.1f}, {half_ends:.1f}, {max(ends):.1f} |"
