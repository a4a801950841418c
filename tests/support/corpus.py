"""Small files of every kind that is read, from which fuzzing starts."""

import io

import numpy as np
from PIL import Image, ImageCms

from shared.cloud.camera import Intrinsics, unproject
from tests.support import hostile
from tests.support.arrays import npz
from tests.support.pictures import chunk, encoded, four_corners, fraction, png, short, tiff, with_chunks, with_exif

BT2020 = (31270, 32900, 70800, 29200, 17000, 79700, 13100, 4600)  # of white, red, green and blue, in 1/100,000

EXIF = tiff(
    [(0x010F, 2, b"Canon\0"), (0x0112, 3, short(6))],
    [(0x920A, 5, fraction(50, 1)), (0xA20E, 5, fraction(1000, 1)), (0xA210, 3, short(2)), (0xA405, 3, short(50))],
)
DEPTH_M = 0.5 + np.add.outer(np.arange(30) / 50, np.arange(40) / 100).astype(np.float32)
POINTS = unproject(DEPTH_M, Intrinsics.from_focal((40, 30), 50.0))  # (30, 40, 3) float32


def photos() -> list[bytes]:
    """JPEG and PNG of every mode, with EXIF and a profile; and what once broke a decoder, where it is small."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = four_corners(80, 66)
    jpegs = [encoded(image.convert(mode), "JPEG", icc_profile=profile) for mode in ("RGB", "L", "CMYK")]
    jpegs += [encoded(image, "JPEG", progressive=True), encoded(image, "MPO", save_all=True, append_images=[image])]
    modes = ("RGB", "RGBA", "P", "1", "L", "LA", "I;16")
    pngs = [encoded(image.convert(mode), icc_profile=profile) for mode in modes]
    pngs += [encoded(image.convert("P"), transparency=3), *_said(image)]
    broken = [hostile.short_iccp(), hostile.mpo_bomb(30), hostile.exif_bomb(), *hostile.broken_profiles()]
    return [with_exif(photo, EXIF) for photo in (*jpegs, *pngs)] + broken


def _said(image: Image.Image) -> list[bytes]:
    """PNG files of 8 and 16 bits whose chunks say something of colours and transparency."""
    high = np.asarray(image.convert("RGBA")).astype(">u2") * 257
    rows = {2: high[..., :3], 4: high[..., 2:], 6: high, 0: high[..., :1]}
    deep = [
        png(image.size, b"".join(b"\0" + row.tobytes() for row in samples), depth=16, colour=colour)
        for colour, samples in rows.items()
    ]
    linear = chunk(b"gAMA", (100_000).to_bytes(4)) + chunk(b"cHRM", np.array(BT2020, ">u4").tobytes())
    said = [chunk(b"cICP", bytes([9, transfer, 0, 1])) for transfer in (16, 18, 13)]
    said += [linear, linear + chunk(b"tRNS", high[0, 0, :3].tobytes())]
    return [with_chunks(photo, chunks) for photo, chunks in zip([*deep, encoded(image)], said, strict=True)]


def disparities() -> list[bytes]:
    """Disparity maps of 40 x 30 numbers, in every format."""
    ramp = np.add.outer(np.arange(30), np.arange(40) // 2)
    files = [encoded(Image.fromarray(ramp.astype(kind))) for kind in (np.uint8, np.uint16)]
    for save in (np.save, np.savez, np.savez_compressed):
        for kind in (np.float32, np.int16, bool):
            output = io.BytesIO()
            save(output, ramp.astype(kind))
            files.append(output.getvalue())
    return files


def point_maps() -> list[bytes]:
    """Point maps of 40 x 30 points, with all that may come with them, and with depth alone."""
    lens = np.array([[50 / 40, 0, 0.5], [0, 50 / 30, 0.5], [0, 0, 1]], np.float32)
    normals = np.broadcast_to(np.float32([0, 0.6, -0.8]), (30, 40, 3))
    whole = npz(points=POINTS, mask=DEPTH_M > 0.6, normal=normals)
    files = [whole, npz(depth=DEPTH_M, intrinsics=lens), npz(depth=np.int16(DEPTH_M * 1000))]
    return [*files, npz(points=np.asfortranarray(POINTS.astype(np.float16)))]
