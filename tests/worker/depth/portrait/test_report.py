import cv2
import numpy as np
import pytest

from shared.cloud.quarters import turned
from worker.depth.estimator import Photo
from worker.depth.portrait.lens import Lens
from worker.depth.portrait.report import report_on, sharpness_of
from worker.geometry.camera import camera_for
from worker.person.face import Pose
from worker.person.scale import Scale
from worker.report import lengths_of

AHEAD = Pose(np.eye(3), np.array([0.0, 0.0, 700.0]))
SCALE = Scale(61.2, "irises", 59.8)


@pytest.fixture
def face(finder, head):
    return finder.find_faces(head)[0]


def test_a_good_photo_needs_no_advice(head, face):
    report = report_on(Photo(head, focal_35mm=50), [face], AHEAD, SCALE, silhouette_found=True)
    assert report["advice"] is None
    assert (report["face_found"], report["faces_in_photo"], report["metric"]) == (True, 1, True)
    assert report["distance_mm"] == 700
    assert report["scale"] == {"pupil_distance_mm": 61.2, "source": "irises", "irises_mm": 59.8}


def test_a_selfie_from_too_near_is_told_its_distance(head, face):
    near = Pose(np.eye(3), np.array([0.0, 0.0, 310.0]))
    assert "31 cm" in report_on(Photo(head, focal_35mm=50), [face], near, SCALE, silhouette_found=True)["advice"]


def test_a_distance_that_hangs_on_an_assumed_lens_is_no_reason_for_advice(head, face):
    near = Pose(np.eye(3), np.array([0.0, 0.0, 310.0]))
    report = report_on(Photo(head), [face], near, SCALE, silhouette_found=True)
    assert (report["camera"], report["advice"]) == ("assumed", None)


def test_a_distance_by_a_network_s_lens_is_no_reason_for_advice(head, face):
    near = Pose(np.eye(3), np.array([0.0, 0.0, 310.0]))
    report = report_on(Photo(head, network_fov_x_deg=60.0), [face], near, SCALE, silhouette_found=True)
    assert (report["camera"], report["advice"]) == ("network", None)


@pytest.mark.parametrize(
    ("photo", "note"),
    [
        ({"focal_35mm": 50.0}, None),
        ({"network_fov_x_deg": 30.0}, "EXIF is not believed."),
        ({}, "EXIF is not believed. The network is not believed."),
    ],
)
def test_the_note_says_why_what_was_asked_before_is_not_believed(head, face, photo, note):
    camera = camera_for((512, 512), (512, 512))
    lenses = [
        Lens("exif", None if note else camera, face, note and "EXIF is not believed."),
        Lens("network", camera, face, None if "network_fov_x_deg" in photo else "The network is not believed."),
        Lens("assumed", camera, face),
    ]
    report = report_on(Photo(head, **photo), [face], AHEAD, SCALE, silhouette_found=True, lenses=lenses)
    assert report["camera_note"] == note
    assert [candidate["why"] for candidate in report["lens"]["candidates"]] == [lens.doubt for lens in lenses]


@pytest.mark.parametrize(
    ("quarters", "roll_deg", "advice"), [(0, 0, None), (1, -90, "side"), (2, -180, "upside down"), (3, 90, "side")]
)
def test_a_photo_that_lies_is_told_so_and_its_faces_are_where_it_shows_them(head, face, quarters, roll_deg, advice):
    upright = Photo(head[:, :-12], focal_35mm=50)
    stored = Photo(turned(upright.pixels, -quarters), focal_35mm=50)
    report = report_on(stored.turned(quarters), [face], AHEAD, SCALE, silhouette_found=True)
    assert report["roll_deg"] == roll_deg
    assert report["turned_deg"] == 90 * quarters
    assert report["advice"] is None if advice is None else advice in report["advice"]
    left, top, right, bottom = face.turned(-quarters, upright.size_wh).box
    assert report["faces"][0]["box"] == [round(left), round(top), round(right), round(bottom)]


def test_parts_that_the_photo_does_not_show_are_called_guessed(head, face):
    guessed = ["right half", "mouth", "chin"]
    report = report_on(Photo(head), [face], AHEAD, SCALE, silhouette_found=True, guessed=guessed)
    assert report["guessed"] == guessed
    assert "the right half, the mouth and the chin" in report["advice"]
    words = lengths_of(report, unit="mm", pupil_distance_mm=None)["face"]
    assert words.endswith("not seen, and guessed: right half, mouth, chin")


def test_a_face_turned_away_is_told_to_look_here(head, face):
    turned = Pose(cv2.Rodrigues(np.array([0, np.radians(55), 0]))[0], AHEAD.eyes)
    assert "turned" in report_on(Photo(head, focal_35mm=50), [face], turned, SCALE, silhouette_found=True)["advice"]


def test_blur_lowers_sharpness_and_is_advised_against(head, face):
    blurred = cv2.GaussianBlur(head, (0, 0), 7)
    assert sharpness_of(blurred, face) < 0.3 * sharpness_of(head, face)
    assert "blurred" in report_on(Photo(blurred, focal_35mm=50), [face], AHEAD, SCALE, silhouette_found=True)["advice"]
