"""Photos as phones and programs make them: small files from bug reports, and others of their kinds made here."""

import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shared.errors import PhotoError
from shared.photo.decode import read_photo
from tests.support.pictures import chunk, encoded, png, with_chunks

FILES = Path(__file__).parents[2] / "data" / "photos_as_made"
MEANS = {  # of the photo as it is stored; as a browser shows it
    "wide_rgba.png": (181, 150, 139),
    "wide_palette.png": (181, 150, 139),
    "gray_linear_la.png": (186, 186, 186),
    "gray16_linear.png": (186, 186, 186),
    "gray16_trns.png": (196, 196, 196),
    "gray4_trns.png": (201, 201, 201),
    "cicp_pq.png": (191, 137, 120),
    "no_eoi.jpg": (158, 142, 131),
}
SHADES = np.arange(1, 64 * 100 + 1).astype(">u2").reshape(64, 100)  # the darkest tenth of what 16 bits can tell apart


def noise(mode: str = "RGB", size_wh: tuple[int, int] = (160, 120)) -> Image.Image:
    pixels = np.random.default_rng(5).integers(0, 256, (size_wh[1], size_wh[0], 3), np.uint8)
    return Image.fromarray(pixels).resize(size_wh).convert(mode)


def png_of(samples: np.ndarray, colour: int, chunks: bytes = b"") -> bytes:
    """Samples (H, W, channels) of 8 or big-endian 16 bits."""
    height, width = samples.shape[:2]
    rows = b"".join(b"\0" + row.tobytes() for row in samples)
    return with_chunks(png((width, height), rows, depth=8 * samples.itemsize, colour=colour), chunks)


@pytest.mark.parametrize("name", MEANS)
def test_a_photo_of_a_bug_report_is_read_as_a_browser_shows_it(name):
    assert read_photo((FILES / name).read_bytes()).pixels.mean(axis=(0, 1)) == pytest.approx(MEANS[name], abs=1)


@pytest.mark.parametrize(("colour", "channels"), [(0, 1), (2, 3), (4, 2), (6, 4)], ids=["gray", "rgb", "la", "rgba"])
def test_16_bit_shadows_are_told_apart_where_a_curve_lifts_them(colour, channels):
    samples = np.repeat(SHADES[..., None], channels, axis=2)
    if channels in (2, 4):
        samples[..., -1] = 65_535
    pixels = read_photo(png_of(samples, colour, chunk(b"gAMA", (100_000).to_bytes(4)))).pixels
    assert len(np.unique(pixels)) > 85  # of 90 tones; 8 bits of light give 26
    light = np.array([1, 1000, 6000]) / 65_535
    shown = 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    assert pixels[[0, 9, 59], [0, 99, 99], 1] == pytest.approx(shown, abs=0.51)


@pytest.mark.parametrize("interlaced", [False, True])
def test_an_opaque_16_bit_photo_is_rounded_to_8_bits(interlaced):
    samples = np.random.default_rng(7).integers(0, 65_536, (66, 70, 3)).astype(">u2")
    if not interlaced:
        assert np.abs(read_photo(png_of(samples, 2)).pixels - samples / 257).max() < 0.56
        return
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    rows = b"".join(b"\0" + row.tobytes() for x, y, right, down in passes for row in samples[y::down, x::right])
    photo = png((70, 66), rows, depth=16, interlaced=True)
    assert np.abs(read_photo(photo).pixels - samples / 257).max() < 0.56


@pytest.mark.parametrize("bits", [1, 2, 4, 8, 16])
def test_a_key_hides_one_tone_of_gray_and_no_other(bits):
    top = 2**bits - 1
    tones = np.arange(64 * 64).reshape(64, 64) % (top + 1) if bits < 16 else 1233 + np.arange(64 * 64).reshape(64, 64)
    key = {1: 0, 2: 2, 4: 7, 8: 100, 16: 1234}[bits]
    as_bits = (tones[..., None] >> np.arange(bits)[::-1]) & 1
    rows = b"".join(b"\0" + np.packbits(row.ravel()).tobytes() for row in as_bits)
    photo = with_chunks(png((64, 64), rows, depth=bits, colour=0), chunk(b"tRNS", key.to_bytes(2)))
    pixels = read_photo(photo).pixels[..., 0].astype(int)
    assert (pixels[tones == key] == 255).all()
    assert pixels[tones != key] == pytest.approx(tones[tones != key] * 255 / top, abs=0.56)


@pytest.mark.parametrize("kind", [np.uint8, ">u2"])
def test_a_key_hides_one_colour_and_no_other(kind):
    samples = np.full((70, 66, 3), 60, kind)
    samples[:, 33:, 2] += 1
    pixels = read_photo(png_of(samples, 2, chunk(b"tRNS", np.full(3, 60, ">u2").tobytes()))).pixels
    assert (pixels[:, :33] == 255).all()
    assert pixels[:, 33:].max() <= 61


def test_each_colour_of_a_palette_has_its_own_transparency():
    image = noise("P", (70, 66))
    hidden = int(np.asarray(image)[0, 0])
    pixels = read_photo(encoded(image, transparency=bytes(0 if tone == hidden else 255 for tone in range(256)))).pixels
    plain = np.asarray(image.convert("RGB"))
    seen = np.asarray(image) != hidden
    assert (pixels[~seen] == 255).all() and np.array_equal(pixels[seen], plain[seen])


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_blocks": 3}])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_jpeg_without_its_end_marker_alone_is_the_same_photo(mode, options):
    whole = encoded(noise(mode), "JPEG", **options)
    photo = read_photo(whole[:-2])
    assert photo.damage is None
    assert np.array_equal(photo.pixels, read_photo(whole).pixels)


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_blocks": 3}])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("end", [b"", b"\xff\xd9"], ids=["no-marker", "marker"])
def test_a_jpeg_that_lacks_a_part_is_refused_or_named(mode, options, end):
    whole = encoded(noise(mode), "JPEG", **options)
    start = whole.index(b"\xff\xda")
    for share, allowed in ((0.05, False), (0.5, False), (0.9, True), (0.99, True)):
        cut = whole[: start + int(share * (len(whole) - start))] + end
        try:
            assert "damaged or cut short" in read_photo(cut).damage
        except PhotoError as error:
            assert not allowed and "damaged or cut short" in str(error)
        else:
            assert allowed or "progressive" in options  # whose first scan shows all of it, coarsely


def scans_of(photo: bytes) -> list[bytes]:
    """A JPEG's parts: what is before the first scan, and each scan with the tables before it."""
    tables = [found.start() for found in re.finditer(rb"\xff\xc4", photo)]
    scans = [found.start() for found in re.finditer(rb"\xff\xda", photo)]
    starts = [scans[0], *(next((t for t in tables if a < t < b), b) for a, b in pairwise(scans)), len(photo) - 2]
    return [photo[: starts[0]], *(photo[a:b] for a, b in pairwise(starts))]


def test_a_progressive_photo_without_its_last_scans_lacks_detail_and_without_its_first_everything():
    whole = encoded(noise(), "JPEG", progressive=True)
    head, *scans = scans_of(whole)
    assert len(scans) == 10
    assert read_photo(head + b"".join(scans) + b"\xff\xd9").damage is None
    for kept in (scans[:1], scans[:-2], scans[:-1]):
        assert "some of its detail is missing" in read_photo(head + b"".join(kept) + b"\xff\xd9").damage
    for kept in (scans[1:], scans[-1:], []):
        with pytest.raises(PhotoError, match="all of its picture is missing"):
            read_photo(head + b"".join(kept) + b"\xff\xd9")


def test_a_photo_without_a_scan_of_one_of_its_colours_is_refused():
    photo = encoded(noise("L"), "JPEG")  # now with two more colours in its frame, of which nothing comes
    frame = photo.index(b"\xff\xc0")
    more = bytes([2, 0x11, 0, 3, 0x11, 0])
    whole = (
        photo[: frame + 2] + b"\0\x11" + photo[frame + 4 : frame + 9] + b"\3" + photo[frame + 10 : frame + 13] + more
    )
    with pytest.raises(PhotoError, match="all of its picture is missing"):
        read_photo(whole + photo[frame + 13 :])


KINDS = {0xC3: "lossless", 0xC6: "hierarchical", 0xC9: "coded arithmetically", 0xCA: "coded arithmetically"}


@pytest.mark.parametrize("marker", KINDS)
def test_a_jpeg_of_a_rare_kind_is_named(marker):
    photo = encoded(noise(), "JPEG")
    frame = photo.index(b"\xff\xc0") + 1
    with pytest.raises(PhotoError, match=f"{KINDS[marker]}, which is not read"):
        read_photo(photo[:frame] + bytes([marker]) + photo[frame + 1 :])
    with pytest.raises(PhotoError, match="12 bits a sample"):
        read_photo(photo[: frame + 3] + b"\x0c" + photo[frame + 4 :])


def test_how_much_is_missing_is_said():
    ramp = np.linspace(0, 100, 400, dtype=np.uint8)[:, None].repeat(160, axis=1)
    photo = encoded(Image.fromarray(ramp), "JPEG", restart_marker_rows=1)
    row = [place for place in range(len(photo)) if photo[place] == 0xFF and 0xD0 <= photo[place + 1] <= 0xD7]
    assert "about 20% of its picture is missing" in read_photo(photo[: row[39]]).damage  # of fifty rows of blocks
    with pytest.raises(PhotoError, match=r"about 4\d% of its picture is missing"):
        read_photo((FILES / "trunc50_eoi.jpg").read_bytes())


def test_bytes_between_a_jpegs_parts_are_no_damage():
    photo = encoded(noise(), "JPEG")
    scan = photo.index(b"\xff\xda")
    assert read_photo(photo[:scan] + b"\0\1\2" + photo[scan:]).damage is None


def test_of_a_png_only_what_no_pixel_needs_may_be_missing():
    image = noise()
    whole = encoded(image)
    checksum_and_end = len(whole) - whole.rindex(b"IDAT") - 4 - int.from_bytes(whole[whole.rindex(b"IDAT") - 4 :][:4])
    assert np.array_equal(read_photo(whole[:-12]).pixels, np.asarray(image))
    for cut in (whole[: -checksum_and_end - 200], whole[: -checksum_and_end - 200] + chunk(b"IEND", b"")):
        with pytest.raises(PhotoError, match="damaged or cut short"):
            read_photo(cut)


OTHERS = {
    "HEIC": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
    "AVIF": b"\0\0\0\x1cftypavif\0\0\0\0mif1avif",
    "WebP": b"RIFF\x24\0\0\0WEBPVP8 ",
    "GIF": b"GIF89a\1\0\1\0",
    "TIFF": b"II*\0\x08\0\0\0",
    "BMP": b"BM\x36\0\0\0\0\0\0\0",
    "JPEG XL": b"\xff\x0a\xfa\x1f",
    "QuickTime": b"\0\0\0\x14ftypqt  ",
    "PDF": b"%PDF-1.7",
    "gzip": b"\x1f\x8b\x08\0",
}


@pytest.mark.parametrize("name", OTHERS)
def test_another_format_is_named_and_what_to_do(name):
    with pytest.raises(PhotoError, match=rf"not a JPEG or PNG photo.*{name}.*save it as a JPEG or PNG"):
        read_photo(OTHERS[name] + bytes(100))
