"""No job is taken whose results the storage may not hold."""

from __future__ import annotations

import logging

from shared.errors import BusyError
from shared.jobs.record import Stage
from web.services import Services

log = logging.getLogger(__name__)

JOB_BYTES = 20_000_000  # photo and results; measured: 11 to 19 MB for 0.3 to 49 megapixels


def check_space(doors: Services) -> None:
    """Refuse a new job where those that wait will need the space that is left.

    Raises:
        BusyError: less would be free, once they are done, than is to be kept free.
    """
    waiting = sum(pace.waiting for pace in doors.store.paces(list(Stage)))
    left_gb = (doors.storage.free_bytes() - (waiting + 1) * JOB_BYTES) / 1e9
    if left_gb < doors.settings.free_gb:
        log.error("no new job is taken: %.1f GB would be left, %g are kept free", left_gb, doors.settings.free_gb)
        raise BusyError("our storage has no room for another photo just now; try again later")
