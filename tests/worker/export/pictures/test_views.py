import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from shared.cloud.classes import PointClass
from shared.options import ModelOptions
from shared.turntable import HEAD_TURNTABLE, PREVIEW_SIZE_WH, SURFACE_TURNTABLE
from tests.support.model_heads import EYES_MM, mean_head
from tests.support.scenes import ball_depth_map
from worker import pipeline
from worker.export.head.source import HeadSource
from worker.export.pictures.render import GROUND, Surface, rendered
from worker.export.pictures.surfaces import surface_of_head
from worker.export.pictures.views import framed, head_turntable_jpg, preview_jpg, turntable_jpg
from worker.export.source import Source
from worker.head.model.load import head_model
from worker.head.skin import fine_skin

RED, BLUE = (220, 40, 30), (30, 40, 220)


def ball_source(**changes):
    """A ball, red on the left of its photo and blue on the right, which is twice as large as its depth map."""
    pixels = np.empty((320, 440, 3), np.uint8)
    pixels[:, :220], pixels[:, 220:] = RED, BLUE
    depth_map = replace(ball_depth_map(), **changes)
    cloud, _ = pipeline.build_cloud(depth_map, pixels, ModelOptions(point_budget=20_000))
    return Source(cloud, pixels, "grayscale", {})


def opened(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data), formats=("JPEG",))).astype(int)


def views_of(picture: np.ndarray, layout) -> list[np.ndarray]:
    height, width = layout.height_px, layout.width_px
    assert picture.shape == (layout.rows * height, layout.columns * width, 3)
    places = [divmod(i, layout.columns) for i in range(len(layout.yaws_deg))]
    return [picture[row * height :, column * width :][:height, :width] for row, column in places]


def shares(view: np.ndarray) -> tuple[int, int]:
    """Pixels that are rather red, and rather blue."""
    return int((view[..., 0] > view[..., 2] + 30).sum()), int((view[..., 2] > view[..., 0] + 30).sum())


def test_the_surface_turns_from_its_left_to_its_right_and_stays_within_each_view():
    first, *between, last = views_of(opened(turntable_jpg(ball_source())), SURFACE_TURNTABLE)
    red, blue = shares(first)  # it looks to the left: its right side is turned to the viewer
    assert blue > 2 * red > 0
    red, blue = shares(last)
    assert red > 2 * blue > 0
    red, blue = shares(between[11])
    assert red == pytest.approx(blue, rel=0.2)
    assert all(abs(view[:6] - GROUND).max() < 12 for view in (first, *between, last))


def test_of_a_person_before_a_wall_the_person_alone_is_drawn():
    source = ball_source()
    depth = np.where(source.cloud.mask, source.cloud.depth, np.float32(3000))
    classes = np.where(source.cloud.mask, PointClass.OTHER, PointClass.BACKGROUND).astype(np.uint8)
    walled = replace(source, cloud=replace(source.cloud, depth=depth, classes=classes))
    views = views_of(opened(turntable_jpg(walled)), SURFACE_TURNTABLE)
    assert all(abs(view[:6] - GROUND).max() < 12 for view in views)
    assert sum(shares(views[12])) > 20_000


def test_a_cloud_without_a_surface_gives_the_empty_ground_and_no_error():
    source = ball_source()
    depth = np.full_like(source.cloud.depth, np.nan)
    depth[40, 30:60] = 600  # one row makes no triangle
    torn = replace(source, cloud=replace(source.cloud, depth=depth))
    assert abs(opened(turntable_jpg(torn)) - GROUND).max() < 3
    assert opened(preview_jpg(torn)).shape == (630, 1200, 3)


@pytest.mark.parametrize("unit", ["mm", "relative"])
def test_the_preview_has_the_same_part_of_photo_depth_map_and_surface_side_by_side(unit):
    picture = opened(preview_jpg(ball_source(unit=unit)))
    assert picture.shape == (*PREVIEW_SIZE_WH[::-1], 3)
    photo, depth, surface = picture[:, :392], picture[:, 404:796], picture[:, 808:]
    assert abs(picture[:, 394:402] - GROUND).max() < 25
    middle = 315
    assert photo[middle, 100, 0] > 150 > 80 > photo[middle, 100, 2]  # red on the left, as it is
    assert photo[middle, 300, 2] > 150 > 80 > photo[middle, 300, 0]
    assert depth[middle, 196].min() > 240  # the nearest point is in its middle, and lightest
    assert abs(depth[5, 5] - GROUND).max() < 12
    ball = np.nonzero((depth - GROUND > 25).all(-1))[1]
    seen = np.nonzero((surface - GROUND > 25).any(-1))[1]
    assert np.ptp(seen) == pytest.approx(np.ptp(ball), rel=0.1)  # all at one scale


def test_a_head_turns_all_around_and_its_sides_mirror_each_other():
    views = views_of(opened(head_turntable_jpg(HeadSource(mean_head({}), {}))), HEAD_TURNTABLE)
    outlines = [(view - GROUND > 30).any(-1) for view in views]
    left, right = outlines[6], outlines[18]  # 90 degrees to either side
    assert (left != right[:, ::-1]).mean() < 0.02
    assert (left != right).mean() > 0.05  # and it has a nose
    assert all(outline[:8].sum() == 0 for outline in outlines)


def test_a_head_s_skin_is_drawn_in_few_triangles_and_looks_as_it_does_in_all():
    head, fine = mean_head({}), fine_skin(head_model())
    points = fine.field(head_model().mean)[fine.uv_vertex] + EYES_MM
    skin = replace(
        head.parts[0],
        vertices=points.astype(np.float32),
        triangles=fine.uv_triangles,
        uv=fine.uv,
        rgb=np.zeros((len(points), 3), np.uint8),
        morphs={},
    )
    source = HeadSource(replace(head, parts=(skin,)), {})
    few, (part,) = surface_of_head(source), source.parts
    every = Surface(part.posed, part.posed_normals, skin.triangles.astype(np.int32), skin.uv, skin.texture, closed=True)
    assert len(few.triangles) < len(every.triangles) / 3
    view = framed(few, 35.0, (160, 200))
    drawn, expected = (rendered(each, view).max(2) > GROUND + 4 for each in (few, every))
    assert expected.sum() > 5000
    assert (drawn != expected).sum() < 0.01 * expected.sum()
