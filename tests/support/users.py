"""Users who send photos one after another by Relief's own client, which sends again as the documents say."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx

from shared.results import CLOUD
from stack.processes import wait_until
from web.client.api import Job, Relief
from web.client.connection import TIMEOUT
from web.client.retry import RetryPolicy

PATIENCE_S = 60.0


class InTurns(httpx.BaseTransport):
    """Sends each request to the next of the fronts, as a balancer does that does not know which of them is up."""

    def __init__(self, fronts: Sequence[str]) -> None:
        self._fronts, self._turns, self._http = fronts, itertools.count(), httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        fronts = tuple(self._fronts)  # of this moment
        front = httpx.URL(fronts[next(self._turns) % len(fronts)])
        url = request.url.copy_with(host=front.host, port=front.port)
        return self._http.handle_request(
            httpx.Request(
                request.method, url, headers=request.headers, stream=request.stream, extensions=request.extensions
            )
        )

    def close(self) -> None:
        self._http.close()


class User(threading.Thread):
    """Sends a photo, follows its job to the end, fetches a result, and again until it is told to stop."""

    def __init__(self, fronts: Sequence[str], photo: Path, steps: str) -> None:
        super().__init__(daemon=True)
        self._fronts, self._photo, self._steps = fronts, photo, steps
        self._stopped = threading.Event()
        self.jobs: list[Job] = []  # as they ended
        self.error: Exception | None = None  # of a request that sending again did not help

    def run(self) -> None:
        with httpx.Client(base_url=self._fronts[0], transport=InTurns(self._fronts), timeout=TIMEOUT) as http:
            relief = Relief(http, RetryPolicy(PATIENCE_S))
            try:
                relief.visit()
                while not self._stopped.is_set():
                    self.jobs.append(self._once(relief))
            except Exception as error:
                self.error = error

    def _once(self, relief: Relief) -> Job:
        sent = relief.submit(self._photo, {"steps": self._steps})
        *_, ended = relief.follow(sent["id"])
        if ended["state"] == "succeeded":
            relief.download(ended, self._photo.parent / self.name, [CLOUD])
        return ended

    def end(self) -> None:
        """Let it end the job that is under way."""
        self._stopped.set()
        self.join()


@contextmanager
def at_work(fronts: Sequence[str], photo: Path, *steps: str) -> Iterator[list[User]]:
    """A user for each choice of steps, for the block; all that they sent has ended after it.

    Raises:
        Exception: a request failed that was sent again for PATIENCE_S.
    """
    working = [User(fronts, photo, chosen) for chosen in steps]
    with ExitStack() as ends:
        for user in working:
            user.start()
            ends.callback(user.end)
        yield working
    for user in working:
        if user.error:
            raise user.error


def each_has_done_one_more(users: list[User]) -> None:
    """Wait until another job of each user has ended."""
    before = [len(user.jobs) for user in users]
    wait_until(
        "jobs from here on",
        lambda: all(user.error or len(user.jobs) > done for user, done in zip(users, before, strict=True)),
    )
