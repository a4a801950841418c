"""Attacks on a front that cost an attacker little, for bench/hostile.py; each goes on until its process is killed."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

import httpx

from bench.load import small_photo
from tests.support import hostile

API = "/api/v1/jobs"
GIVEN_UP_S = 60
FORMS = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class Target:
    """The front that is attacked, and what is open to all on it: a finished job, by its share token."""

    url: str
    token: str


@dataclass(frozen=True)
class Attacker:
    """Attacks from its IP address until it is stopped."""

    target: Target
    address: str

    def client(self) -> httpx.AsyncClient:
        """Requests from the attacker's address, as many at once as it likes."""
        transport = httpx.AsyncHTTPTransport(local_address=self.address, limits=httpx.Limits(max_connections=None))
        return httpx.AsyncClient(base_url=self.target.url, transport=transport, timeout=GIVEN_UP_S)

    async def connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection from the attacker's address, which receives little at once."""
        host, _, port = self.target.url.removeprefix("http://").partition(":")
        plain = socket.socket()
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        plain.setblocking(False)
        plain.bind((self.address, 0))
        await asyncio.get_running_loop().sock_connect(plain, (host, int(port)))
        return await asyncio.open_connection(sock=plain, limit=4096)


Attack = Callable[[Attacker], Awaitable[None]]


async def _at_once(count: int, once: Callable[[], Awaitable[object]]) -> None:
    """So many loops that do it again and again, whatever comes of it."""

    async def loop() -> None:
        while True:
            try:
                await once()
            except (OSError, httpx.HTTPError):
                await asyncio.sleep(0.05)

    await asyncio.gather(*(loop() for _ in range(count)))


def uploads(file: str, at_once: int) -> Attack:
    """Photos without a cookie, each from a new visitor."""

    async def attack(attacker: Attacker) -> None:
        photo = hostile.FILES[file]()
        async with attacker.client() as client:

            async def once() -> None:
                client.cookies.clear()
                await client.post(API, content=photo, headers={"Content-Type": "image/png"}, params={"steps": "depth"})

            await _at_once(at_once, once)

    return attack


def requests(method: str, name: str, at_once: int) -> Attack:
    """A file of the shared job."""

    async def attack(attacker: Attacker) -> None:
        async with attacker.client() as client:
            await _at_once(at_once, lambda: client.request(method, f"{API}/{attacker.target.token}/results/{name}"))

    return attack


async def forms(attacker: Attacker) -> None:
    """20 MB of fields that name nothing."""
    async with attacker.client() as client:
        await _at_once(3, lambda: client.post(API, content=b"a=1&" * 5_000_000, headers=FORMS))


async def small_chunks(attacker: Attacker) -> None:
    """A body in chunks of one byte."""

    async def once() -> None:
        _, writer = await attacker.connection()
        with suppress(OSError):
            writer.write(f"POST {API} HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
            for _ in range(400):
                writer.write(b"1\r\na\r\n" * 2_500)
                await writer.drain()
        writer.close()

    await _at_once(8, once)


async def slow_readers(attacker: Attacker) -> None:
    """300 that read an archive at 200 bytes a second."""

    async def once() -> None:
        reader, writer = await attacker.connection()
        path = f"{API}/{attacker.target.token}/results/all.zip"
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        while await reader.read(200):
            await asyncio.sleep(1)
        writer.close()

    await _at_once(300, once)


async def silent(attacker: Attacker) -> None:
    """1,500 connections on which nothing is said."""

    async def once() -> None:
        reader, writer = await attacker.connection()
        await reader.read(1)
        writer.close()

    await _at_once(1500, once)


async def never_closed(attacker: Attacker) -> None:
    """200 new connections a second, each with a request whose answer is not read."""
    held = []
    while True:
        with suppress(OSError):
            held.append(await attacker.connection())
            held[-1][1].write(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        await asyncio.sleep(1 / 200)


async def listeners(attacker: Attacker) -> None:
    """Two cookies that take 120 long-polls each."""
    for _ in range(2):
        client = attacker.client()
        job = await client.post(API, content=small_photo(), headers={"Content-Type": "image/jpeg"})
        job_url = job.headers.get("Location", API)
        asyncio.get_running_loop().create_task(
            _at_once(120, lambda client=client, url=job_url: client.get(url, params={"wait": 60}))
        )
    await asyncio.Event().wait()


ATTACKS: dict[str, Attack] = {
    "icc_bomb": uploads("icc_bomb_small", 4),
    "icc_bomb_large": uploads("icc_bomb", 2),
    "many_scans": uploads("many_scans", 8),
    "white_png": uploads("white_png", 64),
    "tiled_noise": uploads("tiled_noise_png", 10),
    "heads": requests("HEAD", "view.html", 240),
    "views": requests("GET", "view.html", 24),
    "thumbnails": requests("GET", "thumbnail.jpg", 60),
    "forms": forms,
    "small_chunks": small_chunks,
    "slow_readers": slow_readers,
    "silent": silent,
    "never_closed": never_closed,
    "listeners": listeners,
}
