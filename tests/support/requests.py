"""What the tests of the API ask and expect, and how they stand in for the workers."""

import threading
from collections.abc import Callable, Iterator

import httpx

from shared.jobs.claims import Finished
from shared.jobs.record import Stage, StoredFile
from shared.settings import Settings
from shared.storage.base import Storage
from shared.storage.folder import CLOCK
from stack.processes import wait_until
from tests.support.jobs import Store

API = "/api/v1"


def upload(client: httpx.Client, data: bytes, name: str = "face.jpg", **fields: str) -> httpx.Response:
    return client.post(f"{API}/jobs", files={"photo": (name, data)}, data=fields)


def stored_files(settings: Settings) -> list[str]:
    return sorted(path.name for path in settings.data.rglob("*") if path.is_file() and path.name != CLOCK)


def assert_problem(response: httpx.Response, status: int, words: str) -> dict:
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == status
    assert words in body["detail"], body
    assert body["type"].startswith("/problems/")
    return body


def finish_stage(store: Store, storage: Storage, stage: Stage, *names: str, **report: object) -> None:
    """Do the work of the next job's stage, as a worker would, when there is one; each result is some bytes."""
    wait_until("a job that waits", lambda: store.waiting(stage) > 0)
    [claim] = store.claims.claim(stage, limit=1, lease_s=5, stage_limit_s=9)
    files = [
        StoredFile(
            name=name,
            folder=claim.folder,
            bytes=storage.write(claim.job.id, claim.folder, name, name.encode() * 50),
            stage=stage,
        )
        for name in names
    ]
    store.claims.finish(claim, Finished(files, report))


def later(seconds: float, act: Callable[[], object]) -> threading.Timer:
    """Do something in a thread so many seconds from now; join the timer."""
    timer = threading.Timer(seconds, act)
    timer.start()
    return timer


def events_of(response: httpx.Response) -> Iterator[dict[str, str]]:
    """The events of a stream, each as a dict of its fields; comments are left out."""
    event: dict[str, str] = {}
    for line in response.iter_lines():
        name, _, value = line.partition(": ")
        if name:
            event[name] = value
        elif event:
            yield event
            event = {}
