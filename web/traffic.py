"""What this web process answers, for Prometheus: how often, how quickly, and why it refuses.

The figures are of this process alone, unlike those of the queue, and begin anew with it.
"""

from __future__ import annotations

import time

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics

from shared import __version__

SECONDS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)  # documents take milliseconds, uploads of photos up to seconds
OURS = ("internal", "storage", "unavailable", "busy")  # counted from 0, so that a first one is seen as an increase
disable_created_metrics()  # a time beside each counter, which nobody reads
REFUSED = Counter(
    "relief_http_refused", "Requests refused before the application had them, by status.", ["status"], registry=None
)


class Traffic:
    """Counts the requests of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._answers = Counter(
            "relief_http_requests", "Answers, by route and class of status.", ["route", "status"], registry=None
        )
        self._seconds = Histogram(
            "relief_http_request_seconds",
            "From a request's turn to the beginning of its answer; long-polls and event streams wait meanwhile.",
            ["route"],
            buckets=SECONDS,
            registry=None,
        )
        self._problems = Counter("relief_http_problems", "Refusals, by type of problem.", ["reason"], registry=None)
        for reason in OURS:
            self._problems.labels(reason)
        built = Gauge("relief_build_info", "Always 1; the version is that of this process.", ["version"], registry=None)
        built.labels(__version__).set(1)
        for each in (self._answers, self._seconds, self._problems, REFUSED, built, ProcessCollector(registry=None)):
            self.registry.register(each)

    def answered(self, route: str, status: int, seconds: float) -> None:
        """Count an answer."""
        self._answers.labels(route, f"{status // 100}xx").inc()
        self._seconds.labels(route).observe(seconds)

    def refused(self, reason: str) -> None:
        """Count a problem document."""
        self._problems.labels(reason).inc()


def register(app: Flask, traffic: Traffic) -> None:
    """Count every request; register this before all other handlers, so that it sees their answers."""

    @app.before_request
    def begin() -> None:
        g.began_s = time.monotonic()

    @app.after_request
    def count(response: Response) -> Response:
        traffic.answered(request.endpoint or "none", response.status_code, time.monotonic() - g.began_s)
        return response
