"""When a request is sent again, because the server or the connection to it failed."""

from __future__ import annotations

import itertools
import logging
import random
import threading
import time
from collections.abc import Callable
from typing import TypeVar

import httpx

from shared.errors import ReliefError

log = logging.getLogger(__name__)

FAILED = (httpx.TimeoutException, httpx.NetworkError, httpx.RemoteProtocolError)
PAUSES_S = (0.5, 1.0, 2.0, 4.0)
LONGEST_PAUSE_S = 8.0
Answer = TypeVar("Answer")


class AwayError(ReliefError):
    """The server cannot do it just now; it may have said how many seconds to wait."""

    def __init__(self, words: str, retry_after_s: float = 0) -> None:
        super().__init__(words)
        self.retry_after_s = retry_after_s


class StoppedError(ReliefError):
    """The user interrupted the command."""


class RetryPolicy:
    """Sends requests again, with growing pauses, for a limited time; many threads may share it."""

    def __init__(self, longest_s: float) -> None:
        self._longest_s = longest_s
        self._stopped = threading.Event()

    def call(self, request: Callable[[], Answer]) -> Answer:
        """The answer to a request that may be sent more than once.

        Raises:
            AwayError, httpx.TransportError: the last failure, where failures came for the longest time allowed, or the
                server wants a longer pause than that.
            StoppedError: `stop` was called.
        """
        end = 0.0  # set by the first failure: a request alone may take long, as a long-poll does
        pauses_s = itertools.chain(PAUSES_S, itertools.repeat(LONGEST_PAUSE_S))
        while True:
            self.check()
            try:
                return request()
            except (AwayError, *FAILED) as error:
                wanted_s = error.retry_after_s if isinstance(error, AwayError) else 0.0
                first, end = not end, end or time.monotonic() + self._longest_s
                if time.monotonic() >= end or wanted_s > self._longest_s:
                    raise
                if first:
                    log.warning("%s; trying again for %.0f s", in_words(error), self._longest_s)
            self.pause(max(wanted_s, next(pauses_s) * random.uniform(0.5, 1)))  # many clients do not come back as one

    def pause(self, seconds: float) -> None:
        """Sleep.

        Raises:
            StoppedError: `stop` was called, before or meanwhile.
        """
        self._stopped.wait(seconds)
        self.check()

    def check(self) -> None:
        """Do nothing, unless the user interrupted the command.

        Raises:
            StoppedError: `stop` was called.
        """
        if self._stopped.is_set():
            raise StoppedError("stopped")

    def stop(self) -> None:
        """End what is under way in all threads at its next step."""
        self._stopped.set()


def in_words(error: Exception) -> str:
    """What to show of an error; some of httpx have no message."""
    return str(error) or type(error).__name__
