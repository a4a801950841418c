"""The application behind a real HTTP server, on a real Valkey and real storage, without workers."""

import dataclasses
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from werkzeug.serving import make_server

from shared.settings import Settings
from shared.storage import Storage
from shared.store import JobStore
from web import create_app
from web.decoding import Decoding
from web.services import KEY


@contextmanager
def serving(settings: Settings, decoding: Decoding | None = None) -> Iterator[str]:
    """The URL of a server that runs as long as the block."""
    app = create_app(settings)
    if decoding:
        app.extensions[KEY] = dataclasses.replace(app.extensions[KEY], decoding=decoding)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        app.extensions[KEY].changes.close()
        server.shutdown()
        thread.join()
        server.server_close()
        app.extensions[KEY].store.redis.close()


@contextmanager
def client_of(settings: Settings, decoding: Decoding | None = None) -> Iterator[httpx.Client]:
    """One visitor of a server of these settings."""
    with serving(settings, decoding) as url, httpx.Client(base_url=url, timeout=20) as client:
        yield client


@pytest.fixture
def url(store: JobStore, settings: Settings) -> Iterator[str]:
    with serving(settings) as url:
        yield url


@pytest.fixture
def client(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, timeout=20) as client:
        yield client


@pytest.fixture
def stranger(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, timeout=20) as client:
        yield client


@pytest.fixture
def storage(settings: Settings) -> Storage:
    return Storage(settings.data)
