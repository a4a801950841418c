"""Room for a job's files: what may be taken of the storage, by everyone, by an owner, and by a client group."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from shared.errors import BusyError, LimitError
from shared.jobs.space import Usage
from shared.settings import LimitSettings
from web.services import services

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Room:
    """Space on storage that is reserved for a job while its files are written."""

    job_id: str
    owner: str
    group: str
    results_bytes: int

    def need(self, sent_bytes: int) -> None:
        """Reserve what was sent and the results to come, in place of what was reserved before.

        Raises:
            BusyError, LimitError: there is no room, or the owner, or their address, takes as much as they may.
        """
        needed = sent_bytes + self.results_bytes
        usage = services().space.reserve(self.job_id, self.owner, self.group, needed)
        # Asked after reserving: a file that is written meanwhile counts twice, never not at all.
        check_room(usage, needed, services().storage.free_bytes())


@contextmanager
def room_for(job_id: str, owner: str, group: str, results_bytes: int) -> Iterator[Room]:
    """Reserve room for a job's results, and for what else the block needs, until its record counts them.

    Raises:
        BusyError, LimitError: there is none.
    """
    room = Room(job_id, owner, group, results_bytes)
    try:
        room.need(0)
        yield room
    finally:
        services().space.release(job_id)


def left_bytes(free_bytes: float, counted_bytes: float, settings: LimitSettings) -> float:
    """What is left of the storage: of its own space, and of what all jobs together may take.

    Args:
        free_bytes: what would be free, once all that wait are done.
        counted_bytes: what jobs take, with what is to come of them.
    """
    quota_gb = settings.storage_gb
    return free_bytes if quota_gb is None else min(free_bytes, quota_gb * 1e9 - counted_bytes)


def check_room(usage: Usage, needed_bytes: int, free_bytes: float) -> None:
    """Refuse a job that needs so many bytes, which the usage counts already, where there is no room for it.

    Raises:
        BusyError: less would be free, once all that wait are done, than is to be kept free.
        LimitError: the owner would take more than they may, or the address, which has some already, more than it leaves
            free (where its share is a half): half of all where it is alone, and less where others have some.
    """
    settings = services().settings
    left_gb = left_bytes(free_bytes - usage.reserved - usage.coming, usage.all, settings) / 1e9
    if left_gb < settings.free_gb:
        log.error("no new job is taken: %.1f GB would be left, %g are kept free", left_gb, settings.free_gb)
        raise BusyError("our storage has no room for another photo just now; try again later")
    if usage.owner > settings.owner_gb * 1e9:
        raise LimitError(
            f"your photos and results would take {usage.owner / 1e9:.3g} of the {settings.owner_gb:g} GB that you may "
            "have; delete some, or wait until they expire"
        )
    share, group_gb = settings.address_share, usage.group / 1e9
    if usage.group > needed_bytes and group_gb * (1 - share) > (left_gb - settings.free_gb) * share:
        raise LimitError(
            "the jobs that came from your address take as much of our storage as they may just now; delete some, or "
            "wait until they expire"
        )
