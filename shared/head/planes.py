"""Integers as planes of bytes that gzip makes small: differences, and low and high bytes apart."""

from __future__ import annotations

import numpy as np

from shared.errors import HeadFormatError


def packed(values: np.ndarray) -> bytes:
    """Integers (rows, N) of one or two bytes, each as its difference to the one before it in its row.

    The differences are modulo 2^8 or 2^16; of two bytes, a row's low ones come before its high ones.
    """
    steps = np.diff(
        values.view(f"u{values.itemsize}"), axis=-1, prepend=values.dtype.type(0).view(f"u{values.itemsize}")
    )
    if values.itemsize == 1:
        return steps.tobytes()
    return np.stack([steps & 255, steps >> 8], 1).astype(np.uint8).tobytes()


class Planes:
    """Reads what `packed` wrote, from one end of some bytes to the other.

    Raises:
        HeadFormatError: in `values` and `end`, there are fewer or more bytes than are asked for.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def values(self, rows: int, count: int, dtype: type[np.generic]) -> np.ndarray:
        """(rows, count) integers of one or two bytes."""
        size = np.dtype(dtype).itemsize
        stop = self._at + rows * count * size
        if stop > len(self._data):
            raise HeadFormatError(f"the head's planes have {len(self._data)} bytes, {stop} or more expected")
        planes = np.frombuffer(self._data, np.uint8, rows * count * size, self._at).reshape(rows, size, count)
        self._at = stop
        steps = planes[:, 0] if size == 1 else planes[:, 0] | planes[:, 1].astype(np.uint16) << 8
        return np.cumsum(steps, axis=-1, dtype=steps.dtype).view(dtype)

    def end(self) -> None:
        """Nothing is left."""
        if self._at != len(self._data):
            raise HeadFormatError(f"the head's planes have {len(self._data)} bytes, {self._at} expected")
