import json
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from shared.cloud.camera import Intrinsics
from shared.cloud.classes import PointClass
from shared.cloud.format import MAX_PIXELS, bytes_from_cloud, cloud_from_bytes
from shared.cloud.pointcloud import PointCloud
from shared.errors import CloudFormatError

FIRST_RELEASE = Path(__file__).parents[2] / "data" / "cloud-0.1.0.rlf"  # some_cloud(), as Relief 0.1.0 stored it
CAMERA = Intrinsics(5, 3, 100.5, 101.5, 2.25, 1.125)


def some_cloud():
    random = np.random.default_rng(4)
    depth = random.uniform(400, 900, (3, 5)).astype(np.float32)
    depth[0, 1] = depth[2, 4] = np.nan
    return PointCloud(
        depth=depth,
        camera=CAMERA,
        unit="mm",
        gray=random.integers(1, 256, (3, 5), dtype=np.uint8),
        rgb=random.integers(1, 256, (3, 5, 3), dtype=np.uint8),
        confidence=random.integers(1, 256, (3, 5), dtype=np.uint8),
        classes=random.integers(0, 5, (3, 5), dtype=np.uint8),
        joined_ratio=0.0375,
        quarters=3,
    )


def header_of(data):
    (size,) = struct.unpack_from("<I", data, 4)
    return json.loads(data[8 : 8 + size]), data[8 + size :]


def with_header(data, without=(), **changes):
    header, planes = header_of(data)
    text = json.dumps({name: value for name, value in (header | changes).items() if name not in without}).encode()
    return data[:4] + struct.pack("<I", len(text)) + text + planes


def test_a_cloud_says_by_how_many_quarters_its_photo_was_turned():
    data = bytes_from_cloud(some_cloud())
    assert header_of(data)[0]["quarter_turns"] == cloud_from_bytes(data).quarters == 3
    assert cloud_from_bytes(with_header(data, without=["quarter_turns"])).quarters == 0


def test_a_cloud_survives_its_file_to_the_file_s_own_resolution():
    cloud = some_cloud()
    again = cloud_from_bytes(bytes_from_cloud(cloud))
    step = (np.nanmax(cloud.depth) - np.nanmin(cloud.depth)) / 65534
    np.testing.assert_allclose(again.depth, cloud.depth, atol=step)
    mask = cloud.mask
    for plane in ("gray", "rgb", "confidence", "classes"):
        np.testing.assert_array_equal(getattr(again, plane)[mask], getattr(cloud, plane)[mask])
        assert not getattr(again, plane)[~mask].any()
    assert (again.camera, again.unit, again.joined_ratio) == (CAMERA, "mm", 0.0375)
    assert (again.depth.dtype, again.gray.dtype, again.classes.dtype) == (np.float32, np.uint8, np.uint8)


def test_the_planes_lie_where_the_format_says():
    # 2 pixels: near 500 is step 1, far 600 is 65535, which is 65534 more: low bytes 1 and 254, high bytes 0 and 255.
    # Then gray 255, 40 (less 215, which is 41 modulo 256), confidence 9, 8, red, green, blue, each 3 more, hair, other.
    cloud = PointCloud(
        depth=np.array([[500, 600]], np.float32),
        camera=Intrinsics.from_focal((2, 1), 100),
        unit="relative",
        gray=np.array([[255, 40]], np.uint8),
        rgb=np.array([[[1, 2, 3], [4, 5, 6]]], np.uint8),
        confidence=np.array([[9, 8]], np.uint8),
        classes=np.array([[1, 4]], np.uint8),
        joined_ratio=0.08,
    )
    data = bytes_from_cloud(cloud)
    assert data[:4] == b"RLF2"
    assert data[-16:] == bytes([1, 254, 0, 255, 255, 41, 9, 255, 1, 3, 2, 3, 3, 3, 1, 3])
    assert cloud_from_bytes(data).unit == "relative"


def test_a_single_point_survives():
    one = np.array([[7]], np.uint8)
    camera = Intrinsics.from_focal((1, 1), 100)
    cloud = PointCloud(np.array([[500.0]]), camera, "mm", one, np.dstack([one] * 3), one, one // 7, joined_ratio=0.1)
    again = cloud_from_bytes(bytes_from_cloud(cloud))
    assert (again.depth.item(), again.gray.item(), again.camera) == (500, 7, camera)


def test_a_grid_of_as_many_pixels_as_are_allowed_is_read():
    most = with_header(bytes_from_cloud(some_cloud()), uv_scale=[1 / 2500, 1 / 1600])
    assert cloud_from_bytes(most).depth.size == 2500 * 1600 == MAX_PIXELS


def test_the_header_names_the_classes_and_their_colours_by_number():
    header, _ = header_of(bytes_from_cloud(some_cloud()))
    assert [each["name"] for each in header["classes"]] == ["background", "hair", "skin", "clothes", "other"]
    assert header["classes"][2]["color"] == "#f4e9de"


def test_a_small_person_in_a_large_photo_is_small_in_the_file_and_at_its_place_in_the_photo():
    depth = np.full((300, 400), np.nan, np.float32)
    depth[100:103, 250:255] = some_cloud().depth
    plane = np.where(np.isfinite(depth), 77, 0).astype(np.uint8)
    camera = Intrinsics(400, 300, 500, 501, 199.5, 149.5)
    cloud = PointCloud(depth, camera, "mm", plane, np.dstack([plane] * 3), plane, plane // 77, joined_ratio=0.12)
    data = bytes_from_cloud(cloud)
    header, planes = header_of(data)
    assert (header["width"], header["height"], len(planes)) == (5, 3, 8 * 15)
    assert (header["cx"], header["cy"]) == (199.5 - 250, 149.5 - 100)
    # The box's first pixel is the photo's (250, 100), whose middle lies at 250.5 / 400 and 100.5 / 300 of the photo.
    assert header["uv_offset"] == pytest.approx([250.5 / 400, 100.5 / 300])
    again = cloud_from_bytes(data)
    assert again.camera == camera
    np.testing.assert_array_equal(again.mask, cloud.mask)
    np.testing.assert_allclose(again.points(), cloud.points(), rtol=1e-5)
    assert not np.dstack([again.gray, again.rgb, again.confidence, again.classes])[~cloud.mask].any()


def test_a_file_that_the_first_release_wrote_is_read():
    again, cloud = cloud_from_bytes(FIRST_RELEASE.read_bytes()), some_cloud()
    np.testing.assert_allclose(again.depth, cloud.depth, atol=0.01)
    np.testing.assert_array_equal(again.confidence[cloud.mask], cloud.confidence[cloud.mask])
    assert (again.camera, again.unit, again.joined_ratio) == (CAMERA, "mm", 0.12)
    np.testing.assert_array_equal(again.classes, np.where(cloud.mask, PointClass.OTHER, 0))
    assert again.classes.dtype == np.uint8


@pytest.mark.parametrize(
    ("unit", "fx", "expected"),
    [("mm", 100.0, 0.12), ("mm", 50.0, 0.16), ("relative", 100.0, 0.08)],  # 8 / fx, and in mm at least 0.12
)
def test_a_file_of_the_first_release_tells_no_joined_ratio_and_gets_the_one_of_that_time(unit, fx, expected):
    old = with_header(bytes_from_cloud(some_cloud()), without=["joined_ratio"], unit=unit, fx=fx)
    assert cloud_from_bytes(old).joined_ratio == pytest.approx(expected)


def test_points_come_row_by_row_without_the_unknown():
    cloud = some_cloud()
    points = cloud.points()
    assert points.shape == (cloud.count, 3) == (13, 3)
    np.testing.assert_array_equal(points[:, 2], cloud.depth[cloud.mask])


def test_a_flat_cloud_survives():
    cloud = replace(some_cloud(), depth=np.full((3, 5), 600, np.float32))
    np.testing.assert_array_equal(cloud_from_bytes(bytes_from_cloud(cloud)).depth, cloud.depth)


def test_an_empty_cloud_is_not_stored():
    with pytest.raises(ValueError, match=r"^a point cloud without points cannot"):
        bytes_from_cloud(replace(some_cloud(), depth=np.full((3, 5), np.nan, np.float32)))


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda data: b"", "RLF2"),
        (lambda data: b"PK\x03\x04" + data[4:], r"RLF2', got b'PK\\x03\\x04'$"),
        (lambda data: data[:7], "RLF2"),
        (lambda data: data[:4] + b"\0\0\0\0", "header"),
        (lambda data: data[:-1], "bytes"),
        (lambda data: data + b"\0", "bytes"),
        (lambda data: data[:40], "header"),
        (lambda data: with_header(data, unit="inch"), "header"),
        (lambda data: b"RLF1" + data[4:], "RLF2"),
        (lambda data: with_header(data, width=MAX_PIXELS + 1), "allowed"),
        (lambda data: with_header(data, joined_ratio=float("nan")), "joined_ratio"),
        (lambda data: with_header(data, joined_ratio=0), "joined_ratio of 0.0"),
        (lambda data: with_header(data, without=["classes"]), "bytes"),
        (lambda data: with_header(data, classes=[]), "bytes"),
        (lambda data: with_header(data, classes=7), "header"),
        (lambda data: with_header(data, classes="worn"), "header"),
        (lambda data: with_header(data, classes=[{"name": "any"}] * 6), "6 classes"),
        (lambda data: with_header(data, classes=[{"name": "any"}]), "a point of class"),
        (lambda data: data[:-15] + b"\5" + data[-14:], "a point of class 5; the highest is 4$"),
        (lambda data: with_header(data, uv_scale=[1e-4, 1e-4]), "allowed"),
        (lambda data: with_header(data, uv_scale=[1 / 2000, 1 / 2001]), "2000 x 2001 pixels"),
        (lambda data: with_header(data, uv_scale=[0, 1]), "header"),
        (lambda data: with_header(data, uv_scale=[0.2]), "header"),
        (lambda data: with_header(data, uv_offset=[0.1, 0.1, 0.1]), "header"),
        (lambda data: with_header(data, uv_offset=[-0.5, 0.5]), "allowed"),
        (lambda data: with_header(data[:-120], width=0), "a box of 0 x 3"),
        (lambda data: with_header(data, width=-5, height=-3), "bytes|allowed"),
    ],
)
def test_a_damaged_file_is_refused_with_its_reason(damage, reason):
    with pytest.raises(CloudFormatError, match=reason):
        cloud_from_bytes(damage(bytes_from_cloud(some_cloud())))
