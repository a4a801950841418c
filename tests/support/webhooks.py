"""Jobs with webhooks, and receivers: one that answers as it should, and one that sends bytes as slowly as it likes."""

import contextlib
import socket
import socketserver
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from shared.jobs.claims import Finished
from shared.jobs.record import Stage
from shared.webhooks.queue import Delivery, Webhook
from tests.support.jobs import Store, claim, new_job

SECRET = "a secret of sixteen"
LINK = "https://relief.example/api/v1/jobs/1"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Receiver(ThreadingHTTPServer):
    """Keeps what it is sent, and answers with its status."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.status, self.received = 200, []  # (path, headers, body)
        self.url = f"http://127.0.0.1:{self.server_port}/hook?a=1"


class _Answer(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.received.append((self.path, dict(self.headers), body))
        self.send_response(self.server.status)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Dripper(socketserver.ThreadingTCPServer):
    """Sends anybody some bytes, and some more from time to time, until it is shut down or they are gone."""

    daemon_threads = True

    def __init__(self, first: bytes, then: bytes, every_s: float) -> None:
        super().__init__(("127.0.0.1", 0), _Drip)
        self.first, self.then, self.every_s = first, then, every_s
        self.over = threading.Event()
        self.lock, self.calls, self.open, self.most_open = threading.Lock(), 0, 0, 0
        self.netloc = f"127.0.0.1:{self.server_address[1]}"

    def shutdown(self):
        self.over.set()
        super().shutdown()


class _Drip(socketserver.BaseRequestHandler):
    def setup(self):
        with self.server.lock:
            self.server.calls += 1
            self.server.open += 1
            self.server.most_open = max(self.server.most_open, self.server.open)

    def handle(self):
        with contextlib.suppress(OSError):
            self.request.sendall(self.server.first)
            while not self.server.over.wait(self.server.every_s) and not self._left():
                self.request.sendall(self.server.then)

    def _left(self) -> bool:
        """True where the client has closed the connection."""
        try:
            return self.request.recv(65536, socket.MSG_DONTWAIT) == b""
        except BlockingIOError:
            return False

    def finish(self):
        with self.server.lock:
            self.server.open -= 1


@contextlib.contextmanager
def serving(server: socketserver.BaseServer) -> Iterator:
    with server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def drips(first: bytes, then: bytes, every_s: float = 0.1) -> contextlib.AbstractContextManager[Dripper]:
    return serving(Dripper(first, then, every_s))


def job_with_webhook(store: Store, url: str, events=("succeeded", "failed"), owner="ann", **more) -> str:
    """The id of a new job whose end the URL is to be told."""
    webhook = Webhook(url=url, link=LINK, secret=SECRET, events=events)
    return new_job(store, owner, steps=(Stage.DEPTH,), webhook=webhook, **more).id


def finish_job_with_webhook(store: Store, url: str, **more) -> str:
    """The id of a job that has succeeded, so that a delivery to the URL waits."""
    job_id = job_with_webhook(store, url, **more)
    finish_job(store)
    return job_id


@contextlib.contextmanager
def silent_hosts(count: int) -> Iterator[list[str]]:
    """URLs of hosts that take connections and never answer."""
    with contextlib.ExitStack() as listening:
        sockets = [listening.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        yield [f"http://127.0.0.1:{silent.getsockname()[1]}/" for silent in sockets]


def finish_job(store: Store) -> None:
    """The job that waits the longest succeeds."""
    store.claims.finish(claim(store)[0], Finished((), {}))


def keys_of_deliveries(store: Store) -> list[bytes]:
    """Every key in Redis that belongs to a delivery which waits or is in flight."""
    lasting = (b"relief:news-made", b"relief:news-silent")
    keys = [key for name in ("news*", "letters:*") for key in store.redis.keys(f"relief:{name}")]
    return [key for key in keys if not key.startswith(lasting)]


def in_flight_too_long(store: Store) -> None:
    """The time of the workers that hold deliveries runs out, as if they had died."""
    for flight in store.redis.zrange("relief:news-in-flight", 0, -1):
        store.redis.zadd("relief:news-in-flight", {flight: 1})


def due_now(store: Store) -> None:
    """The time until the next attempt of each host's deliveries is over."""
    for key in (*store.redis.keys("relief:news-hosts:*"), "relief:news-turns"):
        for member in store.redis.zrange(key, 0, -1):
            store.redis.zadd(key, {member: 0})


def delivery_to(url: str, secret: str = SECRET) -> Delivery:
    return Delivery(number="1", id="1f-1", url=url, secret=secret, body='{"state": "é"}', attempt=1)


def seconds_until(condition, limit_s: float = 30) -> float:
    """Seconds until it is true."""
    began = time.monotonic()
    while not condition() and time.monotonic() - began < limit_s:
        time.sleep(0.02)
    return time.monotonic() - began
