import json
import re
from dataclasses import replace

import pytest

from shared import __version__
from shared.options import DepthOptions, ModelOptions
from worker import pipeline
from worker.depth import registry
from worker.report import lengths_of, made_by, report_of

CLOUD = {"points": 9, "unit": "mm"}


def test_the_report_says_what_was_found_what_made_it_and_with_which_settings():
    report = report_of(
        {"yaw_deg": 3.0},
        CLOUD,
        model="portrait",
        depth_options=DepthOptions(pupil_distance_mm=60),
        model_options=ModelOptions(point_budget=2000),
    )
    assert (report["depth"], report["cloud"]) == ({"yaw_deg": 3.0}, CLOUD)
    assert (report["model"], report["version"]) == ("portrait", __version__)
    assert report["settings"]["depth"]["pupil_distance_mm"] == 60
    assert report["settings"]["model"]["point_budget"] == 2000
    assert "60 mm" in report["lengths"]["face"]
    assert json.loads(pipeline.report_files(report)["report.json"]) == report


def test_the_report_says_the_licence_of_the_depth_model():
    assert made_by("portrait") == {"model": "portrait", "licence": "MIT, Apache-2.0", "non_commercial": False}
    assert made_by("unknown") == {"model": "unknown"}


@pytest.mark.parametrize(
    ("licence", "forbids"),
    [("CC-BY-NC-4.0", True), ("MIT, CC-BY-NC-SA-4.0", True), ("MIT", False), ("NCSA", False), ("Apache-2.0", False)],
)
def test_a_non_commercial_licence_is_told_by_its_name(licence, forbids):
    assert replace(registry.row("portrait"), licence=licence).non_commercial == forbids


def test_a_value_that_is_no_json_is_refused_and_not_written_as_one():
    with pytest.raises(ValueError, match="JSON"):
        pipeline.report_files({"yaw_deg": float("nan")})


@pytest.mark.parametrize(
    ("depth", "part", "words"),
    [
        ({}, "face", "are 60 mm apart, as was given$"),
        ({"scale": {"pupil_distance_mm": 63.0, "source": "assumed"}}, "face", "63 mm apart, as they are in adults"),
        ({"scale": {"pupil_distance_mm": 54.1, "source": "irises", "irises_mm": 51.0}}, "face", "54.1 mm.*51, .*-19 %"),
        (
            {"scale": {"pupil_distance_mm": 60.0, "source": "given", "irises_mm": 66.2}},
            "face",
            "given; .*66.2, .*\\+5 %",
        ),
        ({"camera": "exif"}, "distance from the camera", "metadata"),
        ({"camera": "given"}, "distance from the camera", "given"),
        ({"camera": "network"}, "distance from the camera", "network sees$"),
        ({"camera": "network", "camera_note": "Not believed."}, "distance from the camera", "sees. Not believed.$"),
        ({"camera": "assumed"}, "distance from the camera", "guess"),
        ({"camera": "assumed", "camera_note": "Not believed."}, "distance from the camera", "^a guess. Not believed.$"),
        ({"anchored": True, "silhouette_found": True}, "beside the face", "network"),
        ({"anchored": False, "silhouette_found": True}, "beside the face", "average build"),
        ({"anchored": False, "network": {}, "silhouette_found": True}, "beside the face", "noise.*average build"),
        ({"silhouette_found": False}, "beside the face", "no outline"),
    ],
)
def test_each_part_says_what_its_lengths_rest_on(depth, part, words):
    assert re.search(words, lengths_of(depth, unit="mm", pupil_distance_mm=60)[part])


def test_an_old_report_that_names_no_distance_has_that_of_adults():
    assert "63 mm apart, as they are" in lengths_of({}, unit="mm", pupil_distance_mm=None)["face"]


def test_without_a_face_all_lengths_of_a_metric_network_are_its_word():
    lengths = lengths_of({"face_found": False, "metric": True}, unit="mm", pupil_distance_mm=None)
    assert list(lengths) == ["everything"] and "network's word alone" in lengths["everything"]


def test_without_a_scale_nothing_is_called_metric():
    assert list(lengths_of({}, unit="relative", pupil_distance_mm=63)) == ["everything"]
