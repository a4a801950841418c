"""Keeps the claims that a worker process holds alive."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable

from redis.exceptions import RedisError

from shared.jobs.claims import Claim, Claims, log_as

log = logging.getLogger(__name__)

RENEWALS_PER_LEASE = 4


class Leases:
    """Renews leases from a thread, for as long as the block runs.

    A claim that is lost is renewed no more; its run finds out when it writes. Past the stage's hard limit Redis
    refuses to renew, so that a hung run is taken over.
    """

    def __init__(self, claims: Claims, lease_s: float) -> None:
        self._claims, self._lease_s = claims, lease_s
        self._held: dict[str, Claim] = {}  # by job id
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._renew_until_stopped, name="leases", daemon=True)

    def __enter__(self) -> Leases:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()

    def keep(self, claims: Iterable[Claim]) -> None:
        """Renew these from now on."""
        with self._lock:
            self._held.update({claim.job.id: claim for claim in claims})

    def let_go(self, claim: Claim) -> None:
        """Renew this one no more: its run has ended."""
        with self._lock:
            self._held.pop(claim.job.id, None)

    def _renew_until_stopped(self) -> None:
        while not self._stopped.wait(self._lease_s / RENEWALS_PER_LEASE):
            with self._lock:
                claims = list(self._held.values())
            for claim in claims:
                with log_as(claim):
                    if not self._renewed(claim):
                        self.let_go(claim)

    def _renewed(self, claim: Claim) -> bool:
        try:
            held = self._claims.renew(claim, self._lease_s)
        except RedisError as error:
            log.warning("lease not renewed, trying again: %s", error)
            return True
        if not held:
            log.info("no longer ours")
        return held
