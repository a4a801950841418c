"""What a request tells the server that it runs in."""

from __future__ import annotations

from flask import request

WAITS = "relief.waits"  # in the WSGI environment, where the server counts the threads that work


def only_waits() -> None:
    """From here on this request waits for something to happen: its thread is not one of those that work any more."""
    request.environ.get(WAITS, lambda: None)()
