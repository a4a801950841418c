import json
from dataclasses import replace

import numpy as np
import pytest

from worker.export.head.document import head_json
from worker.export.head.source import HeadSource


def test_landmarks_and_measures_are_in_mm_in_the_frame_that_it_explains(source):
    document = json.loads(head_json(source))
    assert document["frame"]["unit"] == "mm"
    assert document["landmarks"]["pupil_right"] == [-21.5, 30.0, -605.0]
    first = document["measures"][0]
    assert (first["name"], first["length_mm"], first["error_mm"]) == ("pupils", 63.0, 2.1)
    assert np.linalg.norm(np.subtract(*first["ends"])) == pytest.approx(63)
    assert document["weights"] == {"mouthSmileLeft": 0.5, "mouthSmileRight": 0.4}
    assert document["expressions"] == list(source.head.expressions)
    assert document["made"]["depth model"] == "größe"


@pytest.mark.parametrize("yaw_deg", [0.0, 20.0, -35.0])
def test_the_pose_says_where_the_face_looks(source, yaw_deg):
    yaw = np.radians(yaw_deg)
    turned = np.array([[np.cos(yaw), 0, -np.sin(yaw)], [0, 1, 0], [np.sin(yaw), 0, np.cos(yaw)]])
    pose = json.loads(head_json(HeadSource(replace(source.head, rotation=turned), source.facts)))["pose"]
    assert (pose["yaw_deg"], pose["pitch_deg"], pose["roll_deg"]) == (pytest.approx(yaw_deg), 0, 0)
    to_the_front = np.array(pose["rotation"])[:, 2]
    np.testing.assert_allclose(to_the_front, [np.sin(yaw), 0, np.cos(yaw)], atol=1e-5)
    assert np.linalg.det(pose["rotation"]) == pytest.approx(1, abs=1e-4)


def test_a_number_that_is_none_is_refused(source):
    with pytest.raises(ValueError, match="JSON"):
        head_json(HeadSource(replace(source.head, landmarks={"chin": np.full(3, np.nan)}), source.facts))
