"""Which focal lengths of metadata are believed, and why the others are not."""

from pathlib import Path

import pytest

from shared.photo.decode import read_photo
from shared.photo.lens import lens_of
from tests.support.pictures import double, encoded, fraction, short, tiff, two_halves, with_exif

FILES = Path(__file__).parents[2] / "data" / "photos_as_made"
FOCAL, FOCAL_35, ZOOM = 0x920A, 0xA405, 0xA404
WIDTH, HEIGHT, PER_UNIT_X, PER_UNIT_Y, UNIT = 0xA002, 0xA003, 0xA20E, 0xA20F, 0xA210
FULL_FRAME = {WIDTH: 6000, HEIGHT: 4000, PER_UNIT_X: 6000 / 3.6, UNIT: 3, FOCAL: 50}  # 36 x 24 mm
PHONE = {WIDTH: 4032, HEIGHT: 3024, FOCAL_35: 26, FOCAL: 4.25}


def test_a_smaller_copy_keeps_the_originals_angle():
    photo = read_photo((FILES / "fp_resized_50mm.jpg").read_bytes())
    assert (photo.focal_35mm, photo.focal_doubt) == (pytest.approx(42.5, abs=0.05), None)
    for size_wh in ((6000, 4000), (600, 400), (4000, 6000), (401, 601), (12_000, 8000)):
        assert lens_of(FULL_FRAME, size_wh).focal_35mm == pytest.approx(50)
        assert lens_of(PHONE | {HEIGHT: 2688}, size_wh).focal_35mm == 26


def test_a_part_of_a_photo_is_not_believed():
    photo = read_photo((FILES / "exif_26_crop_px.jpg").read_bytes())
    assert photo.focal_35mm is None
    assert "4032 x 3024 pixels, and this one has another shape, 270 x 340" in photo.focal_doubt
    for size_wh in ((1000, 1000), (4032, 2268), (3000, 1000)):
        for numbers in (PHONE, FULL_FRAME):
            lens = lens_of(numbers, size_wh)
            assert lens.focal_35mm is None and "another shape" in lens.doubt


@pytest.mark.parametrize("size_wh", [(270, 340), (800, 999), (3000, 3600), (1000, 720)])
def test_a_shape_that_no_sensor_has_is_not_believed(size_wh):
    lens = lens_of({FOCAL_35: 26} | {WIDTH: size_wh[0], HEIGHT: size_wh[1]}, size_wh)
    assert lens.focal_35mm is None and "no sensor has the photo's shape" in lens.doubt
    assert lens_of({FOCAL_35: 26}, size_wh) == lens


@pytest.mark.parametrize(
    "size_wh",
    [
        *((4032, 3024), (3024, 4032), (6000, 4000), (4928, 3264), (5280, 3956), (4032, 2268), (3024, 3024)),
        *((4032, 1908), (2560, 1600), (120, 80), (133, 100)),
    ],
)
def test_the_shapes_of_cameras_are_believed(size_wh):
    assert lens_of({FOCAL_35: 26}, size_wh).focal_35mm == 26


def test_the_focal_length_follows_from_the_sensors_size_in_any_unit():
    for unit, per_unit in ((3, 6000 / 3.6), (2, 6000 / 36 * 25.4), (4, 6000 / 36)):
        numbers = FULL_FRAME | {UNIT: unit, PER_UNIT_X: per_unit}
        assert lens_of(numbers, (6000, 4000)).focal_35mm == pytest.approx(50)
        assert lens_of(numbers | {PER_UNIT_Y: per_unit * 1.01}, (6000, 4000)).focal_35mm == pytest.approx(50, rel=0.01)
    inches = {tag: number for tag, number in FULL_FRAME.items() if tag != UNIT} | {PER_UNIT_X: 6000 / 36 * 25.4}
    assert lens_of(inches, (6000, 4000)).focal_35mm == pytest.approx(50)  # inches where not said


@pytest.mark.parametrize(
    "wrong",
    [
        {PER_UNIT_X: 6000 / 15},  # 15 cm wide
        {PER_UNIT_X: 6000 / 0.1},  # 1 mm wide
        {PER_UNIT_Y: 6000 / 1.8},  # pixels that are not square
        {UNIT: 9},
        {UNIT: 1e300},
        {FOCAL: 0},
        {WIDTH: 0},
        {FOCAL: 9000},
        {PER_UNIT_X: float("inf"), UNIT: 3},
    ],
)
def test_a_sensor_that_cannot_be_tells_nothing_of_the_lens(wrong):
    assert lens_of(FULL_FRAME | wrong, (6000, 4000)).focal_35mm is None


def test_a_sensor_whose_photo_is_not_known_is_not_believed():
    numbers = {tag: number for tag, number in FULL_FRAME.items() if tag not in (WIDTH, HEIGHT)}
    lens = lens_of(numbers, (6000, 4000))
    assert lens.focal_35mm is None and "size of a sensor" in lens.doubt


def test_two_ways_to_say_a_focal_length_must_agree():
    assert lens_of(FULL_FRAME | {FOCAL_35: 50}, (600, 400)).focal_35mm == 50
    lens = lens_of(FULL_FRAME | {FOCAL_35: 26}, (600, 400))
    assert lens.focal_35mm is None and "26 mm on 35 mm film, and the size of the sensor says 50 mm" in lens.doubt
    lens = lens_of(PHONE | {FOCAL: 60}, (4032, 3024))
    assert lens.focal_35mm is None and "no sensor makes 26 mm on 35 mm film of 60 mm" in lens.doubt


def test_a_digital_zoom_counts_once():
    size_wh = (6000, 4000)
    assert lens_of(FULL_FRAME | {ZOOM: 2}, size_wh).focal_35mm == pytest.approx(100)
    assert lens_of(FULL_FRAME | {ZOOM: 2, FOCAL_35: 100}, size_wh).focal_35mm == pytest.approx(100)
    assert lens_of(FULL_FRAME | {ZOOM: 2, FOCAL_35: 50}, size_wh).focal_35mm == pytest.approx(100)
    assert lens_of(FULL_FRAME | {ZOOM: 0}, size_wh).focal_35mm == pytest.approx(50)  # none was used
    assert lens_of(PHONE | {ZOOM: 2, FOCAL_35: 52}, (4032, 3024)).focal_35mm == 52


def test_a_photo_that_says_nothing_of_its_lens_is_not_doubted():
    for numbers in ({}, {FOCAL: 50}, {WIDTH: 4032, HEIGHT: 3024}, {FOCAL_35: 0}, {FOCAL_35: float("nan")}):
        assert lens_of(numbers, (270, 340)) == lens_of({}, (100, 100))


@pytest.mark.parametrize("said", [4, 2001, 65_535])
def test_an_absurd_focal_length_is_named(said):
    lens = lens_of({FOCAL_35: said}, (120, 80))
    assert lens.focal_35mm is None and f"{said:.4g} mm" in lens.doubt


def lens_read(lens: list) -> tuple[float | None, bool]:
    photo = read_photo(with_exif(encoded(two_halves(), "JPEG"), tiff([], lens)))
    return photo.focal_35mm, photo.focal_doubt is not None


def test_the_lens_is_read_from_a_file_with_the_size_that_it_has_there():
    whole = [(FOCAL, 5, fraction(50, 1)), (PER_UNIT_X, 5, fraction(6000, 36)), (UNIT, 3, short(4))]
    whole += [(WIDTH, 4, (6000).to_bytes(4, "little")), (HEIGHT, 3, short(4000))]
    assert lens_read(whole) == (pytest.approx(50), False)
    assert lens_read([*whole, (FOCAL_35, 3, short(26))]) == (None, True)
    upright = [(WIDTH, 3, short(80)), (HEIGHT, 3, short(120)), (FOCAL_35, 3, short(26))]
    assert lens_read(upright) == (26, False)


@pytest.mark.parametrize(
    "lens",
    [
        [(FOCAL_35, 12, double(float("inf")))],
        [(FOCAL_35, 12, double(float("nan")))],
        [(FOCAL_35, 2, b"abc\0")],
        [(FOCAL, 5, fraction(50, 0)), (PER_UNIT_X, 5, fraction(1000, 0))],
        [(FOCAL, 12, double(1e308)), (PER_UNIT_X, 12, double(1e308))],
        [(FOCAL, 5, fraction(50, 1)), (PER_UNIT_X, 5, fraction(1000, 1)), (UNIT, 12, double(-1e308))],
        [(FOCAL, 5, fraction(50, 1))],
    ],
)
def test_an_absurd_or_unfinished_lens_is_none(lens):
    assert lens_read(lens)[0] is None
