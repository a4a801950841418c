"""The web front behind a real HTTP server."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from werkzeug.serving import make_server

from shared.jobs import JobStore
from shared.settings import Settings
from web import create_app


@contextmanager
def client_of(settings: Settings) -> Iterator[httpx.Client]:
    """The application behind a real HTTP server on a free port."""
    server = make_server("127.0.0.1", 0, create_app(settings), threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    with httpx.Client(base_url=f"http://127.0.0.1:{server.port}", timeout=20) as client:
        yield client
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def client(store: JobStore, settings: Settings) -> Iterator[httpx.Client]:
    with client_of(settings) as client:
        yield client
