"""What is stored of what a client sent: made anew from its pixels and numbers, so that nothing else of it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared.jobs.record import DisparityInfo, PhotoInfo
from shared.maps.disparity_files import bytes_from_disparity, read_disparity
from shared.photo.decode import jpeg_from_pixels, read_photo
from shared.results import DISPARITY, PHOTO

DISPARITY_MP = 16  # of a disparity map, which takes up to 4 bytes a pixel on storage; no network gives as many


@dataclass(frozen=True)
class Upload:
    """The files to be stored, by name, and what is known of them."""

    files: Mapping[str, bytes | bytearray]
    photo: PhotoInfo
    disparity: DisparityInfo | None


def read_upload(photo: bytes, disparity: bytes | None, limit_mp: float) -> Upload:
    """Decode a photo and its disparity map, if one came with it, and encode them anew.

    Raises:
        PhotoError, DisparityError: one cannot be used.
    """
    decoded = read_photo(photo, limit_mp=limit_mp)
    height, width = decoded.pixels.shape[:2]
    jpeg = jpeg_from_pixels(decoded.pixels)
    info = PhotoInfo(width=width, height=height, bytes=len(jpeg), **decoded.known())
    if disparity is None:
        return Upload({PHOTO: jpeg}, info, None)
    numbers = read_disparity(disparity, (width, height), limit_mp=DISPARITY_MP)
    file, (width, height) = bytes_from_disparity(numbers), numbers.size_wh
    return Upload({PHOTO: jpeg, DISPARITY: file}, info, DisparityInfo(width=width, height=height, bytes=len(file)))
