from dataclasses import replace

import numpy as np
import pytest

from bench.heads import Head, heads
from shared.cloud.camera import Intrinsics
from worker.depth.anchored import Anchored
from worker.depth.estimator import Photo
from worker.depth.portrait.lens import relief_ratio, settled_lens
from worker.depth.prediction import Prediction

KEPT_APART = ("h8", "h13", "h15")


@pytest.fixture(scope="module")
def photos() -> dict[str, Head]:
    """Rendered heads, their photos cut so that they are not square; the middle stays where it was."""
    return {head.name: cut(head) for head in heads() if head.name in KEPT_APART}


@pytest.fixture(scope="module")
def faces(photos, finder):
    return {name: finder.find_faces(head.pixels)[0] for name, head in photos.items()}


def cut(head):
    within = slice(24, -24)
    fov_x_deg = Intrinsics.from_focal((464, 512), head.camera.fx).fov_x_deg
    return Head(head.name, np.ascontiguousarray(head.pixels[:, within]), head.depth[:, within], fov_x_deg)


def seen(head, lens=1.0, deeper=1.0, size=1.0):
    """What a metric network says that sees a head by a lens so much longer, and its relief so much deeper."""
    height, width = head.depth.shape
    middle = np.nanmedian(head.depth)
    depth = lens * middle + deeper * (head.depth - middle)
    disparity = np.nan_to_num(1 / (size * depth)).astype(np.float32)
    camera = Intrinsics.from_focal((width, height), lens * head.camera.fx)
    return Prediction(disparity, "metric", np.isfinite(head.depth), camera=camera)


@pytest.mark.parametrize("name", KEPT_APART)
def test_the_face_is_nearer_to_its_true_distance_by_a_network_s_right_lens_than_by_an_assumed_one(name, photos, faces):
    head = photos[name]
    true_mm = np.nanmedian(head.depth)
    network, assumed = settled_lens(Photo(head.pixels), faces[name], seen(head))[1]
    assert abs(network.distance_mm / true_mm - 1) < 0.12
    assert abs(assumed.distance_mm / true_mm - 1) > 0.25


@pytest.mark.parametrize("name", KEPT_APART)
def test_a_right_lens_is_taken_and_one_by_which_the_face_is_too_flat_or_deep_is_not(name, photos, faces):
    head, photo = photos[name], Photo(photos[name].pixels)
    right, _ = settled_lens(photo, faces[name], seen(head))
    assert right.camera_source == "network"
    assert right.camera(head.depth.shape[::-1]).fx == pytest.approx(head.camera.fx)
    for wrong in (0.4, 2.0):
        settled, lenses = settled_lens(photo, faces[name], seen(head, wrong, deeper=wrong))
        assert settled.camera_source == "assumed"
        assert "times as deep as its landmarks" in lenses[0].doubt


def test_neither_size_nor_distance_changes_how_deep_a_face_is_seen(photos, faces):
    head, face = photos["h8"], faces["h8"]
    right = relief_ratio(seen(head), face)
    assert right == pytest.approx(1, abs=0.2)
    assert relief_ratio(seen(head, size=2.0), face) == pytest.approx(right, rel=1e-3)
    assert relief_ratio(seen(head, lens=1.4), face) == pytest.approx(right, rel=0.05)
    assert relief_ratio(seen(head, deeper=0.5), face) == pytest.approx(right / 2, rel=0.05)


def test_what_the_user_says_goes_before_metadata_and_both_before_the_network(photos, faces):
    head, face = photos["h8"], faces["h8"]
    photo = Photo(head.pixels, focal_35mm=80.0, fov_x_deg=30.0)
    for known, source in ((photo, "given"), (replace(photo, fov_x_deg=None), "exif"), (Photo(head.pixels), "network")):
        settled, lenses = settled_lens(known, face, seen(head))
        assert settled.camera_source == source
        assert {lens.source for lens in lenses if lens.doubt is None} >= {source, "network", "assumed"}


def test_metadata_that_is_not_believed_gives_way_to_the_network(photos, faces):
    head, face = photos["h8"], faces["h8"]
    settled, lenses = settled_lens(Photo(head.pixels, focal_35mm=9.0), face, seen(head))
    assert (settled.camera_source, settled.focal_35mm) == ("network", None)
    assert settled.report()["camera_note"] == lenses[0].doubt
    assert "metadata is not believed" in lenses[0].doubt


def test_a_network_by_whose_lens_the_face_is_13_cm_away_is_not_believed(photos, faces):
    head = photos["h8"]
    near = seen(head, 0.13)
    settled, lenses = settled_lens(Photo(head.pixels), faces["h8"], near)
    assert settled.camera_source == "assumed"
    assert lenses[0].doubt.startswith("The network's lens is not believed: by it the face is 13 cm from the camera")


def test_a_face_that_a_network_sees_hollow_is_said_to_be_that(photos, faces):
    head = photos["h8"]
    _, lenses = settled_lens(Photo(head.pixels), faces["h8"], seen(head, deeper=-1.0))
    assert lenses[0].doubt.endswith("by it the face is hollow where its landmarks stand out.")


def test_a_face_that_is_small_in_the_photo_tells_no_more_than_its_distance(photos, faces):
    head, face = photos["h8"], faces["h8"]
    flat = seen(head, deeper=0.3)
    assert settled_lens(Photo(head.pixels), face, flat)[0].camera_source == "assumed"
    small, beside = face.scaled((0.2, 0.2)), np.zeros((512, 464, 3), np.uint8)
    assert small.side < 0.1 * 512
    settled, (network, _) = settled_lens(Photo(beside), small, flat)
    assert (settled.camera_source, network.relief) == ("network", None)
    assert network.distance_mm > 3000


@pytest.mark.parametrize("change", [{"scale": "affine"}, {"mask": np.zeros((512, 464), bool)}])
def test_a_network_that_does_not_see_the_face_s_shape_is_not_believed(change, photos, faces):
    settled, lenses = settled_lens(Photo(photos["h8"].pixels), faces["h8"], replace(seen(photos["h8"]), **change))
    assert settled.camera_source == "assumed"
    assert "of no shape that can be compared" in lenses[0].doubt


def test_a_lens_is_told_of_the_photo_as_it_lies_and_of_the_face_s_size(photos, faces):
    # 464 x 512 pixels at 1000 of focal length: 2 atan(232 / 1000) = 26.1 degrees across, 2 atan(0.256) = 28.7 down.
    head = replace(photos["h8"], fov_x_deg=26.1236)
    _, lenses = settled_lens(Photo(head.pixels), faces["h8"], seen(head))
    upright, lying = (lenses[0].report(1.0, quarters) for quarters in (0, 1))
    assert (upright["fov_x_deg"], lying["fov_x_deg"]) == (26.1, 28.7)
    assert lenses[0].report(1.1, 0)["face_distance_mm"] == pytest.approx(1.1 * upright["face_distance_mm"], abs=1)


def test_an_assumed_lens_is_told_as_it_is_backed_off(photos, faces):
    assumed = settled_lens(Photo(photos["h8"].pixels), faces["h8"])[1][-1]
    [told] = [assumed.report(300 / assumed.distance_mm, 0)]
    assert (told["source"], told["face_distance_mm"]) == ("assumed", 600)
    assert told["fov_x_deg"] < assumed.report(1.0, 0)["fov_x_deg"]


def test_the_report_tells_every_lens_and_which_is_used(photos, model):
    head = photos["h8"]

    class Network:
        def predict(self, photos, faces):
            return [seen(head)]

    [made] = Anchored(Network(), model).estimate([Photo(head.pixels)])
    assert made.report["camera"] == made.report["lens"]["used"] == "network"
    network, assumed = made.report["lens"]["candidates"]
    assert (network["source"], network["believed"], network["why"]) == ("network", True, None)
    assert (assumed["source"], assumed["believed"]) == ("assumed", True)
    assert network["face_distance_mm"] == pytest.approx(made.report["distance_mm"], abs=1)
    assert network["fov_x_deg"] == pytest.approx(head.fov_x_deg, abs=0.06)
    assert made.camera.fx == pytest.approx(head.camera.fx)
