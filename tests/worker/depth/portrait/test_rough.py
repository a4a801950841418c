"""The rough depth map of a face, from its landmarks alone."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from shared.cloud.camera import unproject
from shared.cloud.quarters import turned
from shared.errors import NoFaceError
from worker.depth.anchored import Anchored
from worker.depth.estimator import DepthMap, Photo
from worker.depth.portrait.estimator import Portrait
from worker.depth.portrait.rough import FACE_PX, all_upright, rough_depth_map


class Watched(Portrait):
    """Remembers what it does: what it looks at, what it gives early, and when its long work begins."""

    def __init__(self, weights: Path):
        super().__init__(weights)
        self.events: list[str] = []

    def upright(self, photo):
        self.events.append("look")
        return super().upright(photo)

    def depth_of(self, upright, faces):
        self.events.append("work" if faces else "none")
        return NoFaceError("the long work is left out here")

    def early(self, index: int, depth_map: DepthMap) -> None:
        assert depth_map.mask.any()
        self.events.append(f"rough {index}")


@pytest.fixture(scope="module")
def rough(model, astronaut) -> DepthMap:
    upright, faces = model.upright(Photo(astronaut))
    return rough_depth_map(upright, faces[0])


def test_it_has_the_face_in_a_few_thousand_points(rough):
    v, u = np.nonzero(rough.mask)
    assert max(np.ptp(v), np.ptp(u)) == pytest.approx(FACE_PX, abs=4)
    assert 2000 < rough.mask.sum() < 4000


def test_it_lies_where_the_depth_map_does_that_follows(model, rough, astronaut):
    [depth_map] = model.estimate([Photo(astronaut)])
    cells = zip(rough.mask.shape, astronaut.shape[:2], strict=True)
    at = [np.rint((np.arange(few) + 0.5) * many / few - 0.5).astype(int) for few, many in cells]
    same = unproject(depth_map.depth, depth_map.camera)[np.ix_(*at)]
    apart_mm = np.linalg.norm(unproject(rough.depth, rough.camera) - same, axis=-1)[rough.mask]
    assert np.nanmedian(apart_mm) < 2
    assert np.nanpercentile(apart_mm, 95) < 8


def test_a_large_photo_has_the_size_and_distance_of_its_depth_map(model, astronaut):
    large = Photo(cv2.resize(astronaut[:, 40:440], (1600, 2048), interpolation=cv2.INTER_CUBIC))
    upright, faces = model.upright(large)
    rough = rough_depth_map(upright, faces[0])
    [depth_map] = model.estimate([large])
    nearest_mm = [float(np.nanmin(one.depth)) for one in (rough, depth_map)]  # the tip of the nose
    assert nearest_mm[0] == pytest.approx(nearest_mm[1], abs=3)
    assert rough.camera.fx / rough.camera.width == pytest.approx(depth_map.camera.fx / depth_map.camera.width, rel=1e-3)


def test_it_lies_as_the_photo_does(model, rough, astronaut):
    upright, faces = model.upright(Photo(turned(astronaut, 1)))
    lying = rough_depth_map(upright, faces[0])
    assert lying.quarters == upright.quarters == 3
    assert lying.depth.shape[::-1] == pytest.approx(rough.depth.shape, abs=12)
    back = lying.turned(lying.quarters)
    assert np.nanmedian(back.depth) == pytest.approx(np.nanmedian(rough.depth), rel=0.02)


@pytest.mark.parametrize("anchored", [False, True], ids=["portrait", "with a network or a map"])
def test_every_photo_of_a_batch_has_it_before_the_long_work_on_any(weights, astronaut, anchored):
    portrait, wall = Watched(weights), np.full((200, 300, 3), 90, np.uint8)
    estimator = Anchored(None, portrait) if anchored else portrait
    photos = [Photo(astronaut), Photo(wall), Photo(astronaut[:, 60:])]
    answers = estimator.estimate(photos, portrait.early)
    assert portrait.events == ["look", "rough 0", "look", "look", "rough 2", "work", "none", "work"]
    assert len(answers) == 3


def test_a_rough_look_that_fails_is_logged_and_its_photo_goes_on(model, astronaut, caplog):
    def early(index: int, depth_map: DepthMap) -> None:
        raise ValueError(f"nobody wants {depth_map.mask.sum() > 0} of {index}")

    [(photo, faces)] = all_upright(model, [Photo(astronaut)], early)
    assert photo.pixels is astronaut and len(faces) == 1
    assert "nobody wants True of 0" in caplog.text
