"""Files that were right and are wrong now: seeded changes of bytes, of parts, and of what stands in headers."""

from collections.abc import Iterator, Sequence

import numpy as np

from tests.support.pictures import PNG_START, chunk

EXTREMES = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
HEADER_BYTES = (250, 700)  # in the metadata, in all headers


def mutated(files: Sequence[bytes], count: int, seed: int) -> Iterator[bytes]:
    """So many files, each one of the given ones with one to four changes; PNG checksums are right again."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        data = files[rng.integers(len(files))]
        for _ in range(rng.integers(1, 5)):
            data = CHANGES[rng.integers(len(CHANGES))](data, files, rng)
        yield mended(data) if rng.random() < 0.9 else data


def mended(photo: bytes) -> bytes:
    """A PNG file with the right checksums, so that what was changed is read."""
    if not photo.startswith(PNG_START):
        return photo
    whole, place = photo[:8], 8
    while place + 12 <= len(photo):
        end = place + 8 + int.from_bytes(photo[place : place + 4])
        whole += chunk(photo[place + 4 : place + 8], photo[place + 8 : end])
        place = end + 4
    return whole


def _place(data: bytes, rng: np.random.Generator) -> int:
    last = rng.choice([*HEADER_BYTES, len(data)])
    return int(rng.integers(min(2, len(data)), max(3, min(last, len(data)))))


def _byte(data: bytes, _: Sequence[bytes], rng: np.random.Generator) -> bytes:
    place = _place(data, rng)
    return data[:place] + bytes([rng.integers(256)]) + data[place + 1 :]


def _number(data: bytes, _: Sequence[bytes], rng: np.random.Generator) -> bytes:
    """One, two or four bytes become a number at a limit, in either byte order."""
    size, place = int(rng.choice([1, 2, 4])), _place(data, rng)
    value = int(rng.choice(EXTREMES)) & (256**size - 1)
    return data[:place] + value.to_bytes(size, "big" if rng.random() < 0.5 else "little") + data[place + size :]


def _removed(data: bytes, _: Sequence[bytes], rng: np.random.Generator) -> bytes:
    place = _place(data, rng)
    return data[:place] + data[place + int(rng.integers(1, 40)) :]


def _repeated(data: bytes, _: Sequence[bytes], rng: np.random.Generator) -> bytes:
    place, length = _place(data, rng), int(rng.integers(1, 60))
    return data[:place] + data[place : place + length] * int(rng.integers(2, 6)) + data[place + length :]


def _spliced(data: bytes, files: Sequence[bytes], rng: np.random.Generator) -> bytes:
    """The beginning of this one and the end of another."""
    other = files[rng.integers(len(files))]
    return data[: _place(data, rng)] + other[_place(other, rng) :]


def _cut(data: bytes, _: Sequence[bytes], rng: np.random.Generator) -> bytes:
    return data[: int(rng.integers(8, max(9, len(data))))] if rng.random() < 0.3 else data


CHANGES = (_byte, _byte, _number, _number, _removed, _repeated, _spliced, _cut)
