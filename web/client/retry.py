"""Asking again while the server, or the way to it, fails."""

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

LOST = (httpx.TimeoutException, httpx.NetworkError, httpx.RemoteProtocolError)
PAUSES_S = (0.5, 1.0, 2.0, 4.0)
LONGEST_PAUSE_S = 8.0
Answer = TypeVar("Answer")


class AwayError(ReliefError):
    """The server cannot do it just now; it may have said after how many seconds it can."""

    def __init__(self, words: str, retry_after_s: float = 0) -> None:
        super().__init__(words)
        self.retry_after_s = retry_after_s


class StoppedError(ReliefError):
    """The user wants no more of it."""


class Patience:
    """How long to ask again where nothing but failures comes; many threads may share it."""

    def __init__(self, longest_s: float) -> None:
        self._longest_s = longest_s
        self._stopped = threading.Event()

    def ask(self, question: Callable[[], Answer]) -> Answer:
        """The answer, asked for as often as it takes; so the question must be one that may be asked twice.

        Raises:
            AwayError, httpx.TransportError: the last failure, once the patience is at its end, or where the server
                wants a longer one.
            StoppedError: `stop` was called.
        """
        end = 0.0
        pauses_s = itertools.chain(PAUSES_S, itertools.repeat(LONGEST_PAUSE_S))
        while True:
            self.check()
            try:
                return question()
            except (AwayError, *LOST) as error:
                wished_s = error.retry_after_s if isinstance(error, AwayError) else 0.0
                first, end = not end, end or time.monotonic() + self._longest_s
                if time.monotonic() >= end or wished_s > self._longest_s:
                    raise
                if first:
                    log.warning("%s; trying again for %.0f s", in_words(error), self._longest_s)
            self.pause(max(wished_s, next(pauses_s) * random.uniform(0.5, 1)))  # many clients do not come back as one

    def pause(self, seconds: float) -> None:
        """Sleep.

        Raises:
            StoppedError: `stop` was called, before or meanwhile.
        """
        self._stopped.wait(seconds)
        self.check()

    def check(self) -> None:
        """Go on.

        Raises:
            StoppedError: `stop` was called.
        """
        if self._stopped.is_set():
            raise StoppedError("stopped")

    def stop(self) -> None:
        """End what is under way at its next step."""
        self._stopped.set()


def in_words(error: Exception) -> str:
    """What to tell of an error; some of httpx have no words."""
    return str(error) or type(error).__name__
