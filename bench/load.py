"""How quick are the answers of the front while many people use it and the workers are busy?"""

from __future__ import annotations

import asyncio
import io
import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import httpx
from PIL import Image

from stack.demo import PORTRAIT
from stack.local import Plan, Stack

UPLOADS_PER_S = 50
UPLOADS_FOR_S = 6
POLLING_CLIENTS = 200
POLLING_FOR_S = 15
LISTENING_CLIENTS = 200
LISTENING_FOR_S = 10
ASK_EVERY_S = 0.05
CANCELED_PER_S = 20
SIDE_PX = 256
NO_LIMITS = {
    "RELIEF_RATE": "1000000/minute",
    "RELIEF_UPLOAD_RATE": "100000/minute",
    "RELIEF_OWNER_WAITING": "10000",
    "RELIEF_LISTENERS": "480",  # one address gets half of them
    "RELIEF_OWNER_LISTENERS": "240",
}


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder, Stack(Plan(Path(folder), settings=NO_LIMITS)) as stack:
        uploads, job_url, cookies = asyncio.run(_upload(stack.url))
        polls = asyncio.run(_poll(stack.url, job_url, cookies))
        events, answers = asyncio.run(_listen(stack.url))
    print("## Answers under load\n\nOne front process, the depth and model workers busy on the same two cores.\n")
    print("| request | load | answers | p50 ms | p99 ms |\n|---|---|---|---|---|")
    print(_row("POST /jobs", f"{UPLOADS_PER_S} a second for {UPLOADS_FOR_S} s", uploads))
    print(_row("GET /jobs/ID", f"{POLLING_CLIENTS} clients, once a second each", polls))
    listening = f"{LISTENING_CLIENTS} clients listen, each to its own job"
    print(_row("from a job's end to its event", listening, events))
    print(_row("GET /jobs/ID meanwhile", f"one more client, every {ASK_EVERY_S * 1000:.0f} ms", answers))
    print()


async def _upload(url: str) -> tuple[list[float], str, httpx.Cookies]:
    """Uploads at a steady rate, whatever the answers take; seconds of each, one job's URL, and its owner's cookies."""
    photo = small_photo()
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=url, timeout=60, limits=limits) as client:
        _, job_url = await _post(client, photo)  # from here on all are of the one user who has the cookie
        began = time.monotonic()
        tasks = []
        for number in range(UPLOADS_PER_S * UPLOADS_FOR_S):
            await asyncio.sleep(max(0.0, began + number / UPLOADS_PER_S - time.monotonic()))
            tasks.append(asyncio.create_task(_post(client, photo)))
        answers = await asyncio.gather(*tasks)
        return [seconds for seconds, _ in answers], job_url, client.cookies


async def _post(client: httpx.AsyncClient, photo: bytes) -> tuple[float, str]:
    began = time.monotonic()
    response = await client.post("/api/v1/jobs", files={"photo": ("p.jpg", photo)}, data={"steps": "depth"})
    if response.status_code != 202:
        raise RuntimeError(f"{response.status_code}: {response.text}")
    return time.monotonic() - began, response.headers["Location"]


async def _poll(url: str, job_url: str, cookies: httpx.Cookies) -> list[float]:
    """Each client asks once a second; seconds of each answer."""
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=url, timeout=60, limits=limits, cookies=cookies) as client:
        ends = time.monotonic() + POLLING_FOR_S
        pollers = [_poll_until(client, job_url, ends, number / POLLING_CLIENTS) for number in range(POLLING_CLIENTS)]
        return [seconds for answers in await asyncio.gather(*pollers) for seconds in answers]


async def _poll_until(
    client: httpx.AsyncClient, job_url: str, ends: float, delay_s: float, every_s: float = 1
) -> list[float]:
    await asyncio.sleep(delay_s)
    seconds = []
    while (began := time.monotonic()) < ends:
        (await client.get(job_url)).raise_for_status()
        seconds.append(time.monotonic() - began)
        await asyncio.sleep(max(0.0, every_s - seconds[-1]))
    return seconds


async def _listen(url: str) -> tuple[list[float], list[float]]:
    """Each client listens to a job of its own; seconds until it hears of the end, and of a poller's answers before.

    The jobs that the workers do not end in that time are canceled, one by one.
    """
    photo = small_photo()
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=url, timeout=60, limits=limits) as client:
        _, job_url = await _post(client, photo)  # all are of one user
        own_urls = [(await _post(client, photo))[1] for _ in range(LISTENING_CLIENTS)]
        listeners = [asyncio.create_task(_seconds_to_hear(client, own_url)) for own_url in own_urls]
        answers = await _poll_until(client, job_url, time.monotonic() + LISTENING_FOR_S, 0, ASK_EVERY_S)
        for own_url in own_urls:
            await client.post(f"{own_url}/cancel")
            await asyncio.sleep(1 / CANCELED_PER_S)
        return await asyncio.gather(*listeners), answers


async def _seconds_to_hear(client: httpx.AsyncClient, job_url: str) -> float:
    """From the end that the record names to the event that tells it; both by this machine's clock."""
    async with client.stream("GET", f"{job_url}/events") as response:
        response.raise_for_status()
        async for line in response.aiter_lines():
            now = time.time()
            if line.startswith("data: ") and (ended := json.loads(line.removeprefix("data: "))["finished_at"]):
                return now - datetime.fromisoformat(ended).timestamp()
    raise RuntimeError("the stream ended before the job")


def small_photo() -> bytes:
    """A portrait of 256 pixels, as JPEG."""
    output = io.BytesIO()
    Image.open(PORTRAIT).convert("RGB").resize((SIDE_PX, SIDE_PX)).save(output, "JPEG")
    return output.getvalue()


def _row(request: str, load: str, seconds: Sequence[float]) -> str:
    p50, p99 = (statistics.quantiles(seconds, n=100)[index] * 1000 for index in (49, 98))
    return f"| {request} | {load} | {len(seconds)} | {p50:.1f} | {p99:.1f} |"
