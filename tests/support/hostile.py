"""Generators of files that cost a decoder far more than they weigh, or that once broke one.

Each gives a small file; `FILES` names all of them, for tests that hold for every one and for bench/hostile.py.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from functools import cache

import numpy as np
from PIL import Image, ImageCms

from tests.support.pictures import PNG_START, chunk, encoded, png, tiff, two_halves, with_chunks, with_exif, with_scans

MEGAPIXELS_49 = (7000, 7000)


def mpet(elements: int, points: int = 2) -> bytes:
    """A multiProcessElement of an ICC profile (ICC.1:2022, 10.16): so many elements that are all the same curves."""
    segment = struct.pack(">4sII", b"samf", 0, points) + struct.pack(">f", 0.5) * points
    formula = struct.pack(">4sIHH", b"parf", 0, 0, 0) + struct.pack(">4f", 1.0, 1.0, 0.0, 0.0)
    curve = struct.pack(">4sIHHff", b"curf", 0, 3, 0, 0.0, 1.0) + formula + segment + formula
    curves = struct.pack(">4sIHH", b"cvst", 0, 3, 3) + struct.pack(">II", 36, len(curve)) * 3 + curve
    table = 16 + 8 * elements
    return (
        struct.pack(">4sIHHI", b"mpet", 0, 3, 3, elements) + struct.pack(">II", table, len(curves)) * elements + curves
    )


def profile(tags: Mapping[bytes, bytes], *, space: bytes = b"RGB ", version: int = 0x04400000) -> bytes:
    """An ICC profile of a display with these tags."""
    offset, table, data = 128 + 4 + 12 * len(tags), b"", b""
    for name, content in tags.items():
        padded = content + bytes(-len(content) % 4)
        table += struct.pack(">4sII", name, offset + len(data), len(content))
        data += padded
    size = offset + len(data)
    head = struct.pack(">I4sI4s4s4s", size, b"\0" * 4, version, b"mntr", space, b"XYZ ")
    head = head.ljust(36, b"\0") + b"acsp"
    head = head.ljust(68, b"\0") + struct.pack(">iii", 0xF6D6, 0x10000, 0xD32D)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + data


def icc_bomb(elements: int = 10_000) -> bytes:
    """A JPEG whose colour profile is a program: 1,000 elements take lcms 15 s of CPU, 10,000 take 0.8 GB."""
    return encoded(two_halves(), "JPEG", icc_profile=profile({b"D2B0": mpet(elements)}))


@cache
def many_scans(scans: int = 100, size_wh: tuple[int, int] = MEGAPIXELS_49) -> bytes:
    """A progressive JPEG with so many scans, each of which goes over all pixels."""
    return with_scans(encoded(Image.new("L", size_wh, 120), "JPEG", progressive=True), scans - 10)


@cache
def white_png(size_wh: tuple[int, int] = MEGAPIXELS_49) -> bytes:
    """A white picture: a thousandth of its pixels' bytes."""
    image = Image.new("1", size_wh, 1)
    return encoded(image, compress_level=9)


@cache
def tiled_noise_png(size_wh: tuple[int, int] = MEGAPIXELS_49, tile_px: int = 16) -> bytes:
    """Noise that repeats: deflate packs it well, and JPEG cannot."""
    width, height = size_wh
    tile = np.random.default_rng(3).integers(0, 256, (tile_px, tile_px, 3), np.uint8)
    row_of_tiles = np.tile(tile, (1, -(-width // tile_px), 1))[:, :width]
    rows = b"".join(b"\0" + row.tobytes() for row in row_of_tiles)
    packer = zlib.compressobj(9)
    parts = [packer.compress(rows) for _ in range(height // tile_px)]
    parts += [packer.compress(rows[: height % tile_px * (1 + width * 3)]), packer.flush()]
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return PNG_START + chunk(b"IHDR", header) + chunk(b"IDAT", b"".join(parts)) + chunk(b"IEND", b"")


def short_iccp(behind_pixels: bool = True) -> bytes:
    """A PNG with an iCCP chunk that is too short, behind the pixels or before them."""
    photo = encoded(two_halves())
    short = chunk(b"iCCP", b"a\0")
    return photo[:-12] + short + photo[-12:] if behind_pixels else with_chunks(photo, short)


def text_bomb() -> bytes:
    """A PNG with many texts that each unpack to a megabyte."""
    return with_chunks(encoded(two_halves()), chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(1_000_000), 9)) * 2000)


def profile_bomb() -> bytes:
    """A PNG whose profile unpacks to 60 MB."""
    return with_chunks(encoded(two_halves()), chunk(b"iCCP", b"k\0\0" + zlib.compress(bytes(60_000_000), 9)))


def many_chunks(count: int = 100_000) -> bytes:
    """A PNG of many empty chunks of pixels."""
    photo = encoded(two_halves())
    return with_chunks(photo, chunk(b"IDAT", b"") * count)


def many_segments(count: int = 100_000) -> bytes:
    """A JPEG of many short segments of metadata."""
    photo = encoded(two_halves(), "JPEG")
    return photo[:2] + b"\xff\xe1\0\x09Exif\0\0a" * count + photo[2:]


def interlaced_png(size_wh: tuple[int, int] = MEGAPIXELS_49) -> bytes:
    """An interlaced picture of 16-bit RGBA, which decoders hold whole, whose rows end at once."""
    return png(size_wh, b"\0" * 1000, depth=16, colour=6, interlaced=True)


def exif_bomb() -> bytes:
    """A JPEG whose EXIF directories point at each other for ever."""
    return with_exif(encoded(two_halves(), "JPEG"), tiff([(0x8769, 4, struct.pack("<I", 8))] * 500))


def mpo_bomb(images: int = 3000) -> bytes:
    """A JPEG that says it is one of thousands in a multi-picture file."""
    entries = struct.pack("<IIIHH", 0x030000, 1, 0, 0, 0) * images
    index = struct.pack("<HHII", 0xB001, 4, 1, images) + struct.pack("<HHII", 0xB002, 7, len(entries), 50)
    body = b"MPF\0II*\0" + struct.pack("<IH", 8, 2) + index + struct.pack("<I", 0)
    photo = encoded(two_halves(), "JPEG")
    payload = (body + bytes(16) + entries)[:65_000]
    return photo[:2] + b"\xff\xe2" + struct.pack(">H", len(payload) + 2) + payload + photo[2:]


def huge_huffman(size_wh: tuple[int, int] = (65_000, 750)) -> bytes:
    """A JPEG header of many pixels with a scan that ends at once."""
    photo = bytearray(encoded(Image.new("L", (64, 64), 9), "JPEG"))
    frame = photo.index(b"\xff\xc0")
    photo[frame + 5 : frame + 9] = struct.pack(">HH", size_wh[1], size_wh[0])
    return bytes(photo)


def broken_profiles() -> list[bytes]:
    """JPEGs whose colour profiles are cut, too long, point outside, or describe themselves."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    curve = struct.pack(">4sII", b"curv", 0, 0xFFFFFFFF)
    far = struct.pack(">4sII", b"rTRC", 0xFFFFFF00, 0xFFFF)
    broken = [
        srgb[:140],
        srgb[:200] + b"\xff" * 300,
        profile(dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)),
        srgb[:132] + far + srgb[144:],
        profile({b"A2B0": b"mft2" + b"\xff" * 60}, version=0x02400000),
        profile({b"kTRC": curve}, space=b"GRAY"),
    ]
    return [encoded(two_halves(), "JPEG", icc_profile=each) for each in broken]


def npz_bomb() -> bytes:
    """A disparity map as .npz whose array unpacks to gigabytes."""
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (30000, 30000), }".ljust(117) + b"\n"
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("disparity.npy", "w") as file:
        file.write(b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header)
        for _ in range(200):
            file.write(bytes(1_000_000))
    return output.getvalue()


FILES: dict[str, Callable[[], bytes]] = {
    "icc_bomb": icc_bomb,
    "icc_bomb_small": lambda: icc_bomb(1000),
    "many_scans": many_scans,
    "white_png": white_png,
    "tiled_noise_png": tiled_noise_png,
    "short_iccp": short_iccp,
    "short_iccp_before": lambda: short_iccp(behind_pixels=False),
    "text_bomb": text_bomb,
    "profile_bomb": profile_bomb,
    "many_chunks": many_chunks,
    "many_segments": many_segments,
    "interlaced_png": interlaced_png,
    "exif_bomb": exif_bomb,
    "mpo_bomb": mpo_bomb,
    "huge_huffman": huge_huffman,
}
