"""Photos for the tests: well made ones, and such as only an attacker makes."""

import io
import struct
import zlib

from PIL import Image

RED, GREEN, BLUE, GRAY = (200, 30, 30), (30, 200, 30), (30, 30, 200), (120, 120, 120)
PNG_START = b"\x89PNG\r\n\x1a\n"


def two_halves(width: int = 120, height: int = 80) -> Image.Image:
    """Red on the left, green on the right."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(GREEN, (width // 2, 0, width, height))
    return image


def four_corners(width: int = 120, height: int = 80) -> Image.Image:
    """Red and green above, blue and gray below."""
    image = two_halves(width, height)
    image.paste(BLUE, (0, height // 2, width // 2, height))
    image.paste(GRAY, (width // 2, height // 2, width, height))
    return image


def encoded(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    output = io.BytesIO()
    image.save(output, kind, **options)
    return output.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk of a PNG file."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(size_wh: tuple[int, int], rows: bytes, *, depth: int = 8, colour: int = 2, interlaced: bool = False) -> bytes:
    """A PNG file of filtered rows."""
    header = struct.pack(">IIBBBBB", *size_wh, depth, colour, 0, 0, interlaced)
    return PNG_START + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def with_chunks(photo: bytes, chunks: bytes) -> bytes:
    """Chunks behind a PNG file's header."""
    return photo[:33] + chunks + photo[33:]


def with_exif(photo: bytes, tiff: bytes) -> bytes:
    """EXIF in a JPEG or PNG file, byte by byte as given."""
    if photo.startswith(PNG_START):
        return with_chunks(photo, chunk(b"eXIf", tiff))
    return photo[:2] + b"\xff\xe1" + struct.pack(">H", len(tiff) + 8) + b"Exif\0\0" + tiff + photo[2:]


def with_scans(photo: bytes, more: int) -> bytes:
    """A progressive JPEG whose last scan is repeated."""
    end, last = photo.rindex(b"\xff\xd9"), photo.rindex(b"\xff\xda")
    return photo[:end] + photo[last:end] * more + photo[end:]


Entry = tuple[int, int, bytes]  # tag, TIFF type, value


def short(value: int) -> bytes:
    return struct.pack("<H", value)


def fraction(above: int, below: int) -> bytes:
    return struct.pack("<II", above, below)


def double(value: float) -> bytes:
    return struct.pack("<d", value)


def tiff(photo: list[Entry], lens: list[Entry] | None = None) -> bytes:
    """EXIF, little-endian: a directory of the photo's tags, and one of the lens's that it points to."""
    start = 8 + len(_directory([*photo, (0x8769, 4, b"1234")], 8))
    pointer = (0x8769, 4, struct.pack("<I", start))
    header = b"II*\0" + struct.pack("<I", 8)
    return header + _directory([*photo, pointer], 8) + _directory(lens or [], start)


def _directory(entries: list[Entry], start: int) -> bytes:
    head, values = short(len(entries)), b""
    values_start = start + 2 + 12 * len(entries) + 4
    for tag, kind, value in entries:
        place = value.ljust(4, b"\0")
        if len(value) > 4:
            place = struct.pack("<I", values_start + len(values))
            values += value
        head += struct.pack("<HHI", tag, kind, len(value) if kind == 2 else 1) + place
    return head + bytes(4) + values
