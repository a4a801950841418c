"""A worker process, simulated."""

from __future__ import annotations

from bench.scale.clock import Servers
from bench.scale.plant import Kind
from bench.scale.turns import Photo


class Worker:
    """A worker process."""

    def __init__(self, kind: Kind, gpu: Servers) -> None:
        self.kind, self.gpu = kind, gpu
        self.served = list(kind.value)  # that whose message was taken last comes last
        self.alive, self.leaving = True, False
        self.held: set[Photo] = set()
        self.ahead: list[Photo] = []  # claimed for the next batch
        self.ahead_s = 0.0  # when that claim is complete
        self.photo_s: float | None = None
        self.until_s = self.stored_s = 0.0

    def learn(self, photo_s: float) -> None:
        """Remember seconds a photo, as worker/stages/pace.py does."""
        self.photo_s = photo_s if self.photo_s is None else (self.photo_s + photo_s) / 2
