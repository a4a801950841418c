"""Entries of zip archives that unpack as ordinary files: their owner may write them, all may read them."""

from __future__ import annotations

import struct
from datetime import UTC, datetime
from zipfile import ZipInfo

UNIX = 3
REGULAR_FILE = 0o100644 << 16  # type and rights, in the upper half as Unix has them
TIME_ID, TIME_FORMAT, MODIFIED = 0x5455, "<HHBl", 1  # of the extra field that holds a time in UTC
TIME_BYTES = struct.calcsize(TIME_FORMAT)


def zip_entry(name: str, made: datetime) -> ZipInfo:
    """The entry of a file that was made then.

    A zip's own time has no zone, and steps of 2 s: it is UTC here, and Info-ZIP's extra field has the exact one.
    Source: APPNOTE.TXT 6.3.10, section 4.4; Info-ZIP, proginfo/extrafld.txt, "Extended Timestamp".
    """
    year, month, day, hour, minute, second, *_ = made.astimezone(UTC).timetuple()
    entry = ZipInfo(name, (year, month, day, hour, minute, second))
    entry.create_system, entry.external_attr = UNIX, REGULAR_FILE
    entry.extra = struct.pack(TIME_FORMAT, TIME_ID, TIME_BYTES - 4, MODIFIED, int(made.timestamp()))
    return entry
