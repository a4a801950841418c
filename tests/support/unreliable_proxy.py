"""A proxy before Relief: a real HTTP server that forwards requests, and loses, cuts or refuses some of them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

import httpx

OURS = ("connection", "content-length", "date", "host", "server", "transfer-encoding")


@dataclass(frozen=True)
class Fault:
    """What happens to a request: its answer is lost, cut in the middle, or it is refused before Relief sees it."""

    kind: Literal["lost", "cut", "refused"]
    status: int = 503
    retry_after: str = ""


@dataclass
class UnreliableProxy:
    """Its URL, the requests seen, and what will happen to the next requests of a method and an end of a path."""

    url: str = ""
    seen: list[tuple[str, str, str, bytes]] = field(default_factory=list)  # method, path, Idempotency-Key, body
    faults: dict[tuple[str, str], list[Fault]] = field(default_factory=dict)

    def next_fault(self, method: str, path: str) -> Fault | None:
        for (faulty_method, end), faults in self.faults.items():
            if method == faulty_method and path.partition("?")[0].endswith(end) and faults:
                return faults.pop(0)
        return None


@contextmanager
def unreliable_proxy(upstream: str) -> Iterator[UnreliableProxy]:
    """A proxy before the server at this URL; it works until faults are set."""
    proxy = UnreliableProxy()

    class Handler(BaseHTTPRequestHandler):
        def forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            proxy.seen.append((self.command, self.path, self.headers.get("Idempotency-Key", ""), body))
            fault = proxy.next_fault(self.command, self.path)
            if fault and fault.kind == "refused":
                self.send_response(fault.status)
                if fault.retry_after:
                    self.send_header("Retry-After", fault.retry_after)
                self.end_headers()
                return
            headers = {name: value for name, value in self.headers.items() if name.lower() not in OURS}
            headers["Accept-Encoding"] = "identity"
            answer = httpx.request(self.command, upstream + self.path, headers=headers, content=body, timeout=40)
            if fault and fault.kind == "lost":
                return
            self.send_response(answer.status_code)
            for name, value in answer.headers.items():
                if name.lower() not in OURS:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content[: len(answer.content) // 2] if fault else answer.content)

        do_GET = do_POST = forward

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        proxy.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield proxy
        finally:
            server.shutdown()
            thread.join()
