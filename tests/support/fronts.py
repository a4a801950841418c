"""A front process of its own, as `make run` and the image start it."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx
from waitress import wasyncore

from shared.settings import Settings
from shared.storage.base import Storage
from stack.local import PROJECT
from stack.processes import Command, Supervised, free_port, wait_until
from tests.conftest import SECRET
from web.app import create_app
from web.intake.decoding import Decoding
from web.server.server import Server, create_server
from web.services import KEY

DECODING = Decoding()  # of all servers of these tests: each would start a process of its own


def answers(url: str) -> bool:
    """True where a front is up."""
    try:
        return httpx.get(f"{url}/healthz").is_success
    except httpx.TransportError:
        return False  # not up yet


@contextmanager
def running_front(settings: Settings, **more: str) -> Iterator[tuple[Supervised, str]]:
    """A front with these settings of the environment, started again when it dies, and its URL."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {
        "REDIS_URL": settings.redis_url,
        "RELIEF_DATA": str(settings.data),
        "RELIEF_SECRET": SECRET,
        "PYTHONPATH": str(PROJECT),
        **more,
    }
    argv = [sys.executable, "-m", "web", "--port", str(port)]
    process = Supervised(Command("front", argv, environment, settings.data / "front.log"))
    try:
        wait_until("the front", lambda: answers(url))
        yield process, url
    finally:
        process.stop()


@contextmanager
def served(application: Callable[..., Any], settings: Settings) -> Iterator[Server]:
    """Relief's server with this application, in a thread."""
    server = create_server(application, settings, "127.0.0.1", 0)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield server
    finally:
        with suppress(OSError):  # the loop may close its trigger before it is pulled
            server.trigger.pull_trigger(lambda: _close_all(server))
        thread.join()
        server.task_dispatcher.shutdown()


def _close_all(server: Server) -> None:
    """Close all that is open, with the files that were being sent; the loop ends then."""
    for channel in list(server.active_channels.values()):
        channel.handle_close()
    wasyncore.close_all(server._map)


@contextmanager
def serving(settings: Settings, storage: Storage | None = None) -> Iterator[str]:
    """The URL of a server that runs as long as the block."""
    app = create_app(settings)
    own = app.extensions[KEY].decoding
    if storage:
        app.extensions[KEY].storage = storage
    app.extensions[KEY].decoding = DECODING
    try:
        with served(app, settings) as server:
            try:
                yield f"http://127.0.0.1:{server.effective_port}"
            finally:
                app.extensions[KEY].changes.end()
    finally:
        app.extensions[KEY].decoding = own
        app.extensions[KEY].close()


@contextmanager
def client_of(settings: Settings) -> Iterator[httpx.Client]:
    """One visitor of a server of these settings."""
    with serving(settings) as url, httpx.Client(base_url=url, timeout=20) as client:
        yield client
