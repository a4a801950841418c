import math

import pytest

from worker.geometry.camera import backed_off, camera_for, camera_source, turned_fov_deg


def test_a_50_mm_equivalent_on_a_3_to_2_photo_agrees_with_a_hand_worked_focal():
    # 3:2 like the film: 3600 px stand for 36 mm, so 50 mm are 5000 px.
    camera = camera_for((3600, 2400), (3600, 2400), focal_35mm=50)
    assert camera.fx == pytest.approx(5000)
    assert (camera.cx, camera.cy) == (1799.5, 1199.5)


def test_a_26_mm_phone_photo_of_4_to_3_goes_by_its_diagonal():
    # 4000 x 3000: diagonal 5000 px; 26 / 43.2666 * 5000 = 3004.6 px. By the width it would be 26 / 36 * 4000 = 2888.9.
    assert camera_for((4000, 3000), (4000, 3000), focal_35mm=26).fx == pytest.approx(3004.6, abs=0.1)


def test_turning_the_photo_upright_keeps_its_focal_length():
    wide, upright = (camera_for(size, size, focal_35mm=26) for size in ((4000, 3000), (3000, 4000)))
    assert wide.fx == pytest.approx(upright.fx)


@pytest.mark.parametrize("focal_35mm", [None, 0.0])
def test_an_unknown_camera_spans_40_degrees_on_the_long_side(focal_35mm):
    camera = camera_for((600, 800), (600, 800), focal_35mm=focal_35mm)
    assert camera.fy == pytest.approx(400 / math.tan(math.radians(20)))


def test_a_field_of_view_goes_before_the_focal_length_and_is_read_back():
    camera = camera_for((640, 480), (640, 480), fov_x_deg=90, focal_35mm=50)
    assert camera.fx == pytest.approx(320)
    assert camera.fx == pytest.approx(320)  # half of the width: the tangent of 45 degrees is 1


def test_a_smaller_grid_keeps_the_field_of_view():
    camera = camera_for((4000, 3000), (1024, 768), fov_x_deg=60)
    assert (camera.width, camera.height) == (1024, 768)
    assert camera.fx == pytest.approx(512 * math.sqrt(3))  # half of the width by the tangent of 30 degrees


@pytest.mark.parametrize("fov_x_deg", [0, 180, -5, math.nan])
def test_an_impossible_field_of_view_is_refused_by_its_value(fov_x_deg):
    with pytest.raises(ValueError, match=str(fov_x_deg)):
        camera_for((640, 480), (640, 480), fov_x_deg=fov_x_deg)


def test_a_negative_focal_length_is_refused_by_its_value():
    with pytest.raises(ValueError, match="-3"):
        camera_for((640, 480), (640, 480), focal_35mm=-3)


@pytest.mark.parametrize(
    ("fov_x_deg", "focal_35mm", "source"),
    [(40, 50, "given"), (40, None, "given"), (None, 50, "exif"), (None, 0.0, "assumed"), (None, None, "assumed")],
)
def test_the_source_is_the_one_that_the_focal_length_is_taken_from(fov_x_deg, focal_35mm, source):
    assert camera_source(fov_x_deg, focal_35mm) == source


def test_a_lens_that_puts_a_face_at_25_cm_is_lengthened_until_it_is_60_cm_away():
    camera = camera_for((200, 300), (200, 300))
    longer = backed_off(camera, 250)
    assert (longer.fx, longer.fy) == (pytest.approx(2.4 * camera.fx), pytest.approx(2.4 * camera.fy))
    assert (longer.cx, longer.cy, longer.width) == (camera.cx, camera.cy, camera.width)


def test_a_lens_that_puts_a_face_further_away_is_left_alone():
    camera = camera_for((200, 300), (200, 300))
    assert backed_off(camera, 900) == camera


@pytest.mark.parametrize(("quarters", "fov_x_deg"), [(0, 90), (1, 73.74), (2, 90), (3, 73.74)])
def test_a_turned_photo_of_4_to_3_spans_its_other_side(quarters, fov_x_deg):
    # 90 degrees across 4 parts: 2 parts of focal length, and 2 atan(1.5 / 2) = 73.74 degrees across 3 parts.
    assert turned_fov_deg(90.0, (400, 300), quarters) == pytest.approx(fov_x_deg, abs=0.01)


def test_a_lens_that_is_not_known_is_not_known_of_the_turned_photo():
    assert turned_fov_deg(None, (400, 300), 1) is None


def test_a_network_s_lens_goes_after_metadata_and_before_an_assumption():
    assert [camera_source(None, focal_35mm, 40.0) for focal_35mm in (50.0, 0.0, None)] == ["exif", "network", "network"]
