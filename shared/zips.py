"""Entries of zip archives that unpack as ordinary files: their owner may write them, all may read them."""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping
from datetime import UTC, datetime
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

UNIX = 3
REGULAR_FILE = 0o100644 << 16  # type and rights, in the upper half as Unix has them
TIME_ID, TIME_FORMAT, MODIFIED = 0x5455, "<HHBl", 1  # of the extra field that holds a time in UTC
TIME_BYTES = struct.calcsize(TIME_FORMAT)
COMPRESSED = (".jpg", ".png")  # already
QUICK = 1  # level of compression: the default takes four times as long and gives a sixth less


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


def zipped(files: Mapping[str, bytes], made: datetime) -> bytes:
    """An archive of files by name, which were made then."""
    file = io.BytesIO()
    with ZipFile(file, "w") as archive:
        for name, data in files.items():
            how = ZIP_STORED if name.endswith(COMPRESSED) else ZIP_DEFLATED
            archive.writestr(zip_entry(name, made), data, how, QUICK)
    return file.getvalue()
