"""A stack under load: seconds until the points of a photo are there, jobs a second, and what they cost."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx

from bench.compare import processes
from bench.compare.figures import Figures, table
from bench.compare.services import CLOUD, Services, client, job, portrait, running, send, wait_for_end
from bench.compare.trees import Tree

SIDES_PX = (512, 1024)
SINGLE_JOBS = 5
VISITORS = 5
JOBS_EACH = 8
STEPS = "depth,model"
QUEUE = ("depth", "model", "valkey")
STATUS_ANSWERS = 500
POLLING_CLIENTS = 200
POLLING_FOR_S = 10
ASK_EVERY_S = 0.01
SELDOM_S = 0.2  # so that asking costs nothing to speak of


def print_load(base: Tree, this: Tree, rounds: int) -> None:
    """Print the table."""
    pairs = [(_figures(base), _figures(this)) for _ in range(rounds)]
    print(f"### Stack, one worker of each kind\n\n{table(pairs, base.name)}\n", flush=True)


def _figures(tree: Tree) -> Figures:
    with running(tree) as services, client(services) as visitor:
        wait_for_end(visitor, send(visitor, portrait(SIDES_PX[0])))  # a first job loads what is loaded late
        figures: dict[str, float] = {}
        for side_px in SIDES_PX:
            figures |= _single_jobs(visitor, side_px)
        figures |= _status_answers(services, visitor)
        saturation = _saturation(services)
        figures |= saturation | _polling(services)
    return figures | _own_of_queue(tree, saturation)


def _single_jobs(visitor: httpx.Client, side_px: int) -> Figures:
    """Medians of the seconds from the upload to the first picture, and to the bytes of the points."""
    photo = portrait(side_px)
    seconds = [_seconds_of_one(visitor, photo) for _ in range(SINGLE_JOBS)]
    names = dict.fromkeys(name for one in seconds for name in one)
    return {f"{side_px} px: {name}": statistics.median(one[name] for one in seconds if name in one) for name in names}


def _seconds_of_one(visitor: httpx.Client, photo: bytes) -> Figures:
    began, seconds = time.monotonic(), {}
    url = send(visitor, photo)
    while "3D, s" not in seconds:
        document = job(visitor, url)
        if document.get("preview"):
            seconds.setdefault("first picture, s", time.monotonic() - began)
        if any(result["name"] == CLOUD for result in document["results"]):
            visitor.get(f"{url}/results/{CLOUD}").raise_for_status()
            seconds["3D, s"] = time.monotonic() - began
        time.sleep(ASK_EVERY_S)
    wait_for_end(visitor, url)
    return seconds


def _status_answers(services: Services, visitor: httpx.Client) -> Figures:
    url, front = send(visitor, portrait(SIDES_PX[0])), services.processes["web0"]
    wait_for_end(visitor, url)
    before_s = processes.cpu_s(front)
    for _ in range(STATUS_ANSWERS):
        job(visitor, url)
    return {"a status answer, ms of CPU": (processes.cpu_s(front) - before_s) / STATUS_ANSWERS * 1000}


def _saturation(services: Services) -> Figures:
    """Jobs a second from the first upload to the last end, and the CPU seconds of each process for a job."""
    jobs, before_s = VISITORS * JOBS_EACH, _cpu_s(services)
    began = time.monotonic()
    with ThreadPoolExecutor(VISITORS) as pool:
        list(pool.map(lambda _: _some_jobs(services, portrait(SIDES_PX[1])), range(VISITORS)))
    wall_s = time.monotonic() - began
    spent = {name: (cpu_s - before_s[name]) / jobs for name, cpu_s in _cpu_s(services).items()}
    own = {f"of a job, CPU s of {name.rstrip('0')}": cpu_s for name, cpu_s in spent.items()}
    return {"jobs a second": jobs / wall_s, "of a job, CPU s": sum(spent.values()), **own}


def _own_of_queue(tree: Tree, saturation: Figures) -> Figures:
    """The workers' and Redis's CPU seconds for a job that are no computing, decoding or encoding, and their share."""
    with running(tree, "remembered") as services, client(services) as visitor:
        wait_for_end(visitor, send(visitor, portrait(SIDES_PX[1]), STEPS))
        remembered = _saturation(services)
    own, whole = (sum(one[f"of a job, CPU s of {name}"] for name in QUEUE) for one in (remembered, saturation))
    return {"of a job, the queue's own CPU s": own, "of a job, the queue's own in %": own / whole * 100}


def _some_jobs(services: Services, photo: bytes) -> None:
    with client(services) as visitor:
        for url in [send(visitor, photo, STEPS) for _ in range(JOBS_EACH)]:
            wait_for_end(visitor, url, SELDOM_S)


def _cpu_s(services: Services) -> dict[str, float]:
    return {name: processes.cpu_s(pid) for name, pid in sorted(services.processes.items())}


def _polling(services: Services) -> Figures:
    """Many clients of one visitor ask for a job's state while its other jobs keep the workers busy."""
    photo = portrait(SIDES_PX[1])
    with client(services) as visitor:
        urls = [send(visitor, photo) for _ in range(VISITORS * JOBS_EACH)]
        seconds = asyncio.run(_poll(services.url, urls[-1], visitor.cookies))
    hundredths = statistics.quantiles(seconds, n=100)
    return {f"polling by {POLLING_CLIENTS}, p{part}, ms": hundredths[part - 1] * 1000 for part in (50, 99)}


async def _poll(url: str, job_url: str, cookies: httpx.Cookies) -> Sequence[float]:
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=url, timeout=60, limits=limits, cookies=cookies) as client:
        ends = time.monotonic() + POLLING_FOR_S
        clients = [_ask(client, job_url, number / POLLING_CLIENTS, ends) for number in range(POLLING_CLIENTS)]
        return [seconds for answers in await asyncio.gather(*clients) for seconds in answers]


async def _ask(client: httpx.AsyncClient, job_url: str, delay_s: float, ends: float) -> list[float]:
    """Once a second, from a moment of its own; seconds of each answer."""
    await asyncio.sleep(delay_s)
    seconds = []
    while (began := time.monotonic()) < ends:
        (await client.get(job_url)).raise_for_status()
        seconds.append(time.monotonic() - began)
        await asyncio.sleep(max(0.0, 1 - seconds[-1]))
    return seconds
