"""What a file is that is no JPEG or PNG, by its first bytes, so that its sender knows what to do."""

from __future__ import annotations

import re

NO_PHOTO = "this is not a JPEG or PNG photo"
IPHONE = "an iPhone makes JPEG by Settings, Camera, Formats, Most Compatible"
FORMATS = (  # what phones and programs send too; the first that matches
    (rb"....ftyp(heic|heix|heim|heis|hevc|hevx|mif1|msf1)", f"HEIC ({IPHONE})"),
    (rb"....ftypavi[fs]", "AVIF"),
    (rb"....ftyp", "MP4 or QuickTime, a film"),
    (rb"RIFF....WEBP", "WebP"),
    (rb"GIF8", "GIF"),
    (rb"BM....\0\0\0\0", "BMP"),
    (rb"II[*+U]\0|MM\0[*+]", "TIFF, or a camera's raw"),
    (rb"\0\0\0\x0cJXL |\xff\x0a", "JPEG XL"),
    (rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51", "JPEG 2000"),
    (rb"8BPS", "Photoshop"),
    (rb"%PDF", "PDF"),
    (rb"\x1f\x8b", "gzip"),
    (rb"PK\x03\x04", "ZIP"),
    (rb"\s*<(\?xml|svg|!DOCTYPE|html)", "SVG, XML or HTML"),
)


def what_it_is(data: bytes) -> str:
    """That a file is no photo of ours, and of what format it is, where that is known."""
    found = next((name for start, name in FORMATS if re.match(start, data, re.DOTALL | re.IGNORECASE)), None)
    return f"{NO_PHOTO}, but a file of the format {found}" if found else NO_PHOTO
