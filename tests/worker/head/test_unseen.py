"""What a photo does not show of a head, on pictures of the head model's mean."""

from dataclasses import replace

import numpy as np
import pytest

from shared.cloud.classes import PointClass
from tests.support.head_depth import head_depth_map, pixels_of
from worker.depth.estimator import DepthMap
from worker.head.model.load import head_model
from worker.head.unseen import unseen_parts
from worker.head.view import HeadView


def unseen(depth_map: DepthMap) -> list[str]:
    person, fit = depth_map.person, depth_map.head
    assert person and fit
    camera, pixels = depth_map.camera, pixels_of(depth_map)
    view = HeadView(depth_map.depth, camera, person.alpha, person.classes, depth_map.confidence, pixels)
    return unseen_parts(view, fit, head_model())


def test_from_the_front_only_the_back_is_not_seen():
    assert unseen(head_depth_map()) == ["the back of the head"]


@pytest.mark.parametrize(("yaw_deg", "ear"), [(50, "the left ear"), (-50, "the right ear")])
def test_a_turned_head_hides_the_ear_that_it_turns_away(yaw_deg, ear):
    assert unseen(head_depth_map(yaw_deg)) == [ear, "the back of the head"]


def test_hair_hides_what_is_below_it_but_the_crown():
    depth_map = head_depth_map()
    classes = np.where(depth_map.mask, np.uint8(PointClass.HAIR), np.uint8(PointClass.BACKGROUND))
    covered = replace(depth_map, person=replace(depth_map.person, classes=classes))
    assert unseen(covered) == ["the right ear", "the left ear", "the neck", "the back of the head"]


def test_what_is_beyond_the_edge_of_the_photo_is_not_seen():
    depth_map = head_depth_map()
    depth = depth_map.depth.copy()
    depth[:60] = np.nan
    assert "the crown" in unseen(replace(depth_map, depth=depth))
