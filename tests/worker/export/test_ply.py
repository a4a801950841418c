import io

import numpy as np
import pytest
import trimesh

from shared.cloud.camera import Intrinsics
from shared.cloud.classes import PointClass
from shared.cloud.pointcloud import PointCloud
from worker.export.formats import PLY_VERTEX, cloud_ply
from worker.export.source import Source


def small_cloud():
    depth = np.array([[500.0, np.nan, 600], [700, 500, np.nan]], np.float32)
    gray = np.array([[255, 0, 100], [40, 255, 0]], np.uint8)
    rgb = np.arange(18, dtype=np.uint8).reshape(2, 3, 3)
    classes = np.array([[1, 0, 2], [3, 4, 0]], np.uint8)
    camera = Intrinsics(3, 2, 100, 100, 1, 0.5)
    return PointCloud(depth, camera, "mm", gray, rgb, np.full((2, 3), 200, np.uint8), classes, joined_ratio=0.12)


def written(*, color="grayscale", facts=()):
    return cloud_ply(Source(small_cloud(), np.zeros((4, 6, 3), np.uint8), color, dict(facts)))


def body(data):
    return np.frombuffer(data.split(b"end_header\n", 1)[1], PLY_VERTEX)


def test_a_pixel_left_above_the_middle_becomes_a_hand_worked_point():
    # u - cx = -1, v - cy = -0.5, depth 500, f 100: x = -5, y down = -2.5, so y up = 2.5, z towards the viewer = -500.
    first = body(written())[0]
    assert (first["x"], first["y"], first["z"]) == (-5, 2.5, -500)


@pytest.mark.parametrize(
    ("color", "expected"),
    [("grayscale", (100, 100, 100)), ("photo", (6, 7, 8)), ("classes", (0xF4, 0xE9, 0xDE))],  # of skin
)
def test_the_colour_is_the_one_asked_for(color, expected):
    second = body(written(color=color))[1]
    assert (second["red"], second["green"], second["blue"]) == expected
    assert (second["gray"], second["confidence"], second["class"]) == (100, 200, PointClass.SKIN)


def test_the_header_says_which_number_is_which_class():
    assert b"comment classes: 0 background, 1 hair, 2 skin, 3 clothes, 4 other\n" in written()
    assert list(body(written())["class"]) == [1, 2, 3, 4]


def test_trimesh_reads_the_points_and_colours_back():
    data = written(color="photo", facts={"generator": "a test"})
    loaded = trimesh.load(io.BytesIO(data), file_type="ply")
    np.testing.assert_allclose(loaded.vertices, small_cloud().points() * [1, -1, -1])
    np.testing.assert_array_equal(loaded.colors[:, :3], small_cloud().rgb[small_cloud().mask])


def test_the_header_says_what_made_the_file_in_ascii_and_one_line_each():
    data = written(facts={"depth model": "größe\nend"})
    header = data.split(b"element", 1)[0].decode("ascii")
    assert "comment depth model: gr??e end\n" in header
    assert len(body(data)) == 4
