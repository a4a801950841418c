"""What a hostile server can make the client write, ask and print."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from web.client.__main__ import main

NAMES = (".bashrc", "../up.txt", "..", "", "/etc/x", "package.json", "depth.png\n", "a\\b", "depth.png")
JOB_ID = "j" * 16


class Server(ThreadingHTTPServer):
    """Answers every path as told, and keeps what was asked."""

    answers: dict[str, tuple[int, bytes]]
    asked: list[str]


@pytest.fixture
def hostile(monkeypatch) -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            server.asked.append(self.path)
            status, body = server.answers.get(self.path, (200, b"bytes"))
            self.send_response(status)
            self.send_header("Content-Type", "application/problem+json" if status >= 400 else "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    with Server(("127.0.0.1", 0), Handler) as server:
        server.answers, server.asked = {}, []
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        monkeypatch.setenv("RELIEF_URL", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("RELIEF_KEY", "a-key")
        yield server
        server.shutdown()
        thread.join()


def gives(server: Server, results: dict[str, str]) -> None:
    job = {"id": JOB_ID, "message": "Ready.", "results": [{"name": name, "url": url} for name, url in results.items()]}
    server.answers[f"/api/v1/jobs/{JOB_ID}"] = (200, json.dumps(job).encode())


def test_a_server_does_not_choose_the_names_of_files(hostile, tmp_path):
    gives(hostile, {name: f"/files/{number}" for number, name in enumerate(NAMES)})
    out = tmp_path / "deep" / "out"
    assert main(["download", JOB_ID, "--out", str(out)]) == 0
    written = [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()]
    assert written == ["deep/out/depth.png"]


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/x", "//127.0.0.1:1/x", "/\\127.0.0.1:1/x", "file:///etc/passwd", "x"]
)
def test_a_server_does_not_send_the_client_elsewhere(hostile, tmp_path, capsys, url):
    gives(hostile, {"depth.png": url})
    hostile.answers["/api/v1/jobs?limit=100"] = (200, json.dumps({"jobs": [], "next": url}).encode())
    assert main(["download", JOB_ID, "--out", str(tmp_path / "out")]) == 1
    assert main(["list"]) == 1
    assert capsys.readouterr().err.count("which is not its own") == 2


def test_what_a_server_says_moves_no_cursor(hostile, capsys):
    escape = "\x1b]0;owned\x07\x1b[2J\r\x9b\u202e"
    hostile.answers[f"/api/v1/jobs/{JOB_ID}"] = (404, json.dumps({"detail": f"No {escape}"}).encode())
    job = {"id": escape, "created_at": escape, "state": escape, "message": f"Ready {escape}"}
    hostile.answers["/api/v1/jobs?limit=100"] = (200, json.dumps({"jobs": [job], "next": None}).encode())
    assert main(["status", JOB_ID]) == 1
    assert main(["list"]) == 0
    shown = capsys.readouterr()
    assert "No " in shown.err and "Ready " in shown.out
    assert all(letter.isprintable() or letter == "\n" for letter in shown.err + shown.out)
