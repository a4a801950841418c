"""The processes of Relief and how each is started."""

from __future__ import annotations

import secrets
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import TracebackType

import httpx

from shared.running import ADDRESS_FILE
from stack.leftovers import DataLock
from stack.processes import Command, Supervised, check_free, free_port, wait_until
from stack.valkey import start_valkey

PROJECT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Plan:
    """What to start: data folder, numbers of processes, port (0: any free one), and variables of their environment."""

    data: Path
    depth_workers: int = 1
    model_workers: int = 1
    web_processes: int = 1
    port: int = 0
    settings: dict[str, str] = field(default_factory=dict)


class Stack:
    """All processes of Relief, which run while a `with` block does."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.processes: dict[str, Supervised] = {}
        self._lock: DataLock | None = None
        self._ports = [plan.port or free_port(), *(free_port() for _ in range(plan.web_processes - 1))]
        self.redis_url = ""

    @property
    def url(self) -> str:
        """URL of the first web process."""
        return self.urls[0]

    @property
    def urls(self) -> list[str]:
        """URL of each web process."""
        return [f"http://127.0.0.1:{port}" for port in self._ports]

    def __enter__(self) -> Stack:
        self.plan.data.mkdir(mode=0o700, parents=True, exist_ok=True)  # photos are nobody else's on this machine
        self._lock = DataLock(self.plan.data)  # ends what a killed stack left, which may be at our ports
        try:
            for port in self._ports:
                check_free(port)
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop all processes at once, then Valkey."""
        server = self.processes.pop("valkey", None)
        with ThreadPoolExecutor() as pool:
            list(pool.map(Supervised.stop, self.processes.values()))
        self.processes.clear()
        if server:
            (self.plan.data / ADDRESS_FILE).unlink(missing_ok=True)
            server.stop()
        if self._lock:
            self._lock.close()

    @property
    def _kept_open(self) -> tuple[int, ...]:
        return (self._lock.fileno(),) if self._lock else ()

    def _start(self) -> None:
        self.processes["valkey"], self.redis_url = start_valkey(self.plan.data / "valkey", self._kept_open)
        _write_own(self.plan.data / ADDRESS_FILE, self.redis_url)
        environment = {
            "REDIS_URL": self.redis_url,
            "RELIEF_DATA": str(self.plan.data),
            **self.plan.settings,
        }
        secret = {"RELIEF_SECRET": _secret(self.plan.data / "secret")}  # workers, which read photos, need none
        for number, port in enumerate(self._ports):
            self._run(f"web{number}", _web(port), {**secret, **environment})
        for queues, count in (("depth", self.plan.depth_workers), ("model,head,export", self.plan.model_workers)):
            for number in range(count):
                name = f"{queues.partition(',')[0]}{number}"
                self._run(name, _celery(queues, name), environment)
        for url in self.urls:
            wait_until(f"Relief at {url}", partial(is_ready, url))

    def _run(self, name: str, argv: list[str], environment: dict[str, str]) -> None:
        log_file = self.plan.data / "logs" / f"{name}.log"
        self.processes[name] = Supervised(
            Command(name, argv, {**environment, "PYTHONPATH": str(PROJECT)}, log_file, self._kept_open)
        )


def is_ready(url: str) -> bool:
    """True where the web process answers and each stage has a worker."""
    try:
        return httpx.get(f"{url}/readyz", timeout=5).is_success
    except httpx.HTTPError:
        return False  # not up yet


def _web(port: int) -> list[str]:
    return [sys.executable, "-m", "web", "--port", str(port)]


def _celery(queues: str, name: str) -> list[str]:
    options = ["-Q", queues, "-n", f"{name}@%h", "-l", "INFO"]
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    command = [sys.executable, "-m", "celery", "--quiet", "-A", "worker.app", "worker", *options, *quiet]
    return ["nice", "-n", "10", *command]  # the web process answers first on a machine that they share


def _secret(path: Path) -> str:
    """The secret that signs cookies; made at the first start and kept in the data folder."""
    if not path.exists():
        _write_own(path, secrets.token_hex(32))
    return path.read_text()


def _write_own(path: Path, text: str) -> None:
    """Write a file that nobody else on this machine may read, at once or not at all."""
    temporary = path.with_suffix(".part")
    temporary.touch(mode=0o600)
    temporary.write_text(text)
    temporary.replace(path)
