"""Keeps the claims of a running stage alive."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from types import TracebackType

from redis.exceptions import RedisError

from shared.jobs import Claim, JobStore

log = logging.getLogger(__name__)

RENEWALS_PER_LEASE = 4


class Leases:
    """Renews the leases of claims from a thread, for as long as the block runs.

    A claim that is lost is renewed no more; its run finds out when it writes. Past the stage's hard limit the store
    refuses to renew, so that a hung run is taken over.
    """

    def __init__(self, store: JobStore, claims: Sequence[Claim], lease_s: float) -> None:
        self._store, self._lease_s = store, lease_s
        self._claims = list(claims)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._renew_until_stopped, name="leases", daemon=True)

    def __enter__(self) -> Leases:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._thread.join()

    def _renew_until_stopped(self) -> None:
        while not self._stopped.wait(self._lease_s / RENEWALS_PER_LEASE):
            self._claims = [claim for claim in self._claims if self._renewed(claim)]

    def _renewed(self, claim: Claim) -> bool:
        try:
            held = self._store.renew(claim, self._lease_s)
        except RedisError as error:
            log.warning("lease of job %s not renewed, trying again: %s", claim.job.id, error)
            return True
        if not held:
            log.info("job %s is no longer ours", claim.job.id)
        return held
