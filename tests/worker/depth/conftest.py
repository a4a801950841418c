"""A real file server, which can be told to misbehave; a Python without torch; networks from seeded checkpoints."""

import dataclasses
import http.server
import sys
import threading
from dataclasses import dataclass, field

import pytest

from tests.support.seeding import write_checkpoint
from worker.depth import registry
from worker.depth.weights import Weights, WeightsFile


@dataclass
class FileServer:
    """Serves `files` by path. `cut`: bytes to send before it drops the line; `ranges`: whether it knows Range.

    redirects: where else a path is. claimed_bytes: a false Content-Length; None: none at all; 0: the true one.
    """

    url: str = ""
    files: dict = field(default_factory=dict)
    cut: int | None = None
    ranges: bool = True
    redirects: dict = field(default_factory=dict)
    claimed_bytes: int | None = 0
    asked: list = field(default_factory=list)

    def answer(self, handler):
        self.asked.append((handler.path, handler.headers.get("Range")))
        if target := self.redirects.get(handler.path):
            handler.send_response(302)
            handler.send_header("Location", target)
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return
        content = self.files.get(handler.path)
        if content is None:
            handler.send_error(404)
            return
        start = self._start(handler.headers.get("Range"))
        if start >= len(content) and start:
            handler.send_response(416)
            handler.send_header("Content-Range", f"bytes */{len(content)}")
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return
        handler.send_response(206 if start else 200)
        if self.claimed_bytes is not None:
            handler.send_header("Content-Length", str(self.claimed_bytes or len(content) - start))
        if start:
            handler.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        handler.end_headers()
        handler.wfile.write(content[start:][: self.cut])
        handler.close_connection = True

    def _start(self, header):
        return int(header.removeprefix("bytes=").rstrip("-")) if header and self.ranges else 0


@pytest.fixture
def without_torch(monkeypatch):
    """Makes this process one in which torch is not installed, from when it is called to the end of the test."""

    def go_without():
        for name in ("torch", "torchvision", "timm", "onnx", "onnxscript"):
            monkeypatch.setitem(sys.modules, name, None)

    return go_without


@pytest.fixture
def server():
    state = FileServer()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            state.answer(self)

        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        state.url = f"http://127.0.0.1:{running.server_port}"
        thread = threading.Thread(target=running.serve_forever, args=(0.02,))
        thread.start()
        yield state
        running.shutdown()
        thread.join()


@pytest.fixture
def seeded_model(tmp_path, monkeypatch):
    """Makes a model's estimator from its seeded checkpoint; only the pinned hash is set aside."""

    def load(name, backend="torch"):
        file = WeightsFile(f"{name}.pt")
        write_checkpoint(name, tmp_path / file.name)
        monkeypatch.setitem(registry.ROWS, name, dataclasses.replace(registry.row(name), weights=Weights((file,), ())))
        return registry.load(name, tmp_path, backend)

    return load
