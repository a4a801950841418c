"""What an honest visitor waits while others attack the front: `python -m bench.hostile [ATTACK...]`.

Each attack runs against a front of its own, by one attacker and by four, each from an IP address of this machine. The
workers are away: they would only take the cores. `tests/support/hostile.py` makes the files.
"""

from __future__ import annotations

import asyncio
import itertools
import multiprocessing
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from bench.attacks import API, ATTACKS, GIVEN_UP_S, Attacker, Target
from bench.load import small_photo
from shared.settings import Settings
from stack.local import Plan, Stack
from stack.valkey import start_valkey
from tests.support.fronts import running_front

ATTACK_S = 15
BEGIN_S = 5  # what attackers get before the honest visitor comes
ATTACKERS = (1, 4)
Waits = dict[str, list[float]]


def _attack(name: str, target: Target, address: str) -> None:
    asyncio.run(ATTACKS[name](Attacker(target, address)))


@contextmanager
def attacked(name: str, target: Target, attackers: int) -> Iterator[None]:
    """So many attackers are at work while the block runs, each in a process of its own."""
    context = multiprocessing.get_context("fork")
    processes = [
        context.Process(target=_attack, args=(name, target, f"127.0.0.{2 + number}"), daemon=True)
        for number in range(attackers)
    ]
    for process in processes:
        process.start()
    try:
        time.sleep(BEGIN_S)
        yield
    finally:
        for process in processes:
            process.kill()
            process.join()


async def honest(url: str) -> Waits:
    """Seconds that an honest visitor waits for a list of jobs, and to have a photo taken; a refusal is asked again."""
    until, photo = time.monotonic() + ATTACK_S, small_photo()
    async with httpx.AsyncClient(base_url=url, timeout=GIVEN_UP_S) as client:

        async def post() -> httpx.Response:
            return await client.post(API, files={"photo": ("p.jpg", photo)}, data={"steps": "depth"})

        await _until_taken(lambda: client.get("/"))
        waits = await asyncio.gather(_waits(lambda: client.get(API), until, 0.1), _waits(post, until, 0.3))
    return dict(zip(("status", "upload"), waits, strict=True))


async def _waits(ask: Callable[[], Awaitable[httpx.Response]], until: float, pause_s: float) -> list[float]:
    waits = [await _until_taken(ask)]
    while time.monotonic() < until:
        await asyncio.sleep(pause_s)
        waits.append(await _until_taken(ask))
    return waits


async def _until_taken(ask: Callable[[], Awaitable[httpx.Response]]) -> float:
    began = time.monotonic()
    while time.monotonic() < began + GIVEN_UP_S:
        with suppress(httpx.HTTPError):
            if (await ask()).is_success:
                break
        await asyncio.sleep(0.1)
    return time.monotonic() - began


def memory_mb(pid: int) -> list[float]:
    """The most memory that a process, and each that it started and that still runs, have had, in MB; itself first."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/status"):
        with suppress(OSError):
            status = dict(line.split(":", 1) for line in path.read_text().splitlines())
            if int(status["NSpgid"]) == pid and "VmHWM" in status:
                found[int(status["Pid"])] = int(status["VmHWM"].split()[0]) / 1024
    return [found.pop(pid), *found.values()]


def main(chosen: Sequence[str] = tuple(ATTACKS)) -> None:
    """Print the table."""
    print("## Hostile visitors\n")
    print("| attack | attackers | status p50 s | worst | upload p50 s | worst | front's memory MB | with children |")
    print("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        given, data = Path(folder, "given"), Path(folder, "data")
        token = _finished_job(given)
        for name, attackers in itertools.product(chosen, ATTACKERS):
            shutil.copytree(given, data)
            print(_row(name, attackers, *_measured(name, attackers, data, token)), flush=True)
            shutil.rmtree(data)


def _finished_job(data: Path) -> str:
    """The share token of a job that has all its results, in the data folder of a stack that has stopped again."""
    with Stack(Plan(data)) as stack, httpx.Client(base_url=stack.url, timeout=60) as client:
        job = client.post(API, files={"photo": ("p.jpg", small_photo())}).json()
        while client.get(f"{API}/{job['id']}?wait=30").json()["state"] not in ("succeeded", "failed"):
            pass
        return str(client.post(f"{API}/{job['id']}/share").json()["token"])


def _measured(name: str, attackers: int, data: Path, token: str) -> tuple[Waits, list[float]]:
    server, redis_url = start_valkey(data / "valkey")
    try:
        settings = Settings(redis_url=redis_url, data=data)
        with running_front(settings) as (front, url), attacked(name, Target(url, token), attackers):
            return asyncio.run(honest(url)), memory_mb(front.pid)
    finally:
        server.stop()


def _row(name: str, attackers: int, waits: Waits, memory: list[float]) -> str:
    seconds = [f"{value(waits[kind]):.2f}" for kind in waits for value in (statistics.median, max)]
    return f"| {name} | {attackers} | {' | '.join(seconds)} | {memory[0]:.0f} | {sum(memory):.0f} |"


if __name__ == "__main__":
    main(sys.argv[1:] or tuple(ATTACKS))
