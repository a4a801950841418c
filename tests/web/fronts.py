"""A front process of its own, as `make run` and the image start it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from shared.settings import Settings
from stack.local import PROJECT
from stack.processes import Command, Supervised, free_port, wait_until
from tests.conftest import SECRET


def answers(url: str) -> bool:
    """True where a front is up."""
    try:
        return httpx.get(f"{url}/healthz").is_success
    except httpx.TransportError:
        return False  # not up yet


@contextmanager
def running_front(settings: Settings, **more: str) -> Iterator[tuple[Supervised, str]]:
    """A front with these settings of the environment, started again when it dies, and its URL."""
    address = f"127.0.0.1:{free_port()}"
    environment = {
        "REDIS_URL": settings.redis_url,
        "RELIEF_DATA": str(settings.data),
        "RELIEF_SECRET": SECRET,
        "PYTHONPATH": str(PROJECT),
        **more,
    }
    argv = [sys.executable, "-m", "gunicorn", "-c", "python:web.gunicorn_conf", "--bind", address, "web.wsgi:app"]
    process = Supervised(Command("front", argv, environment, settings.data / "front.log"))
    try:
        wait_until("the front", lambda: answers(f"http://{address}"))
        yield process, f"http://{address}"
    finally:
        process.stop()
