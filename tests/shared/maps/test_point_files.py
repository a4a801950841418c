"""What may be given as a point map, and what is refused before it costs anything."""

import tracemalloc
import zipfile

import numpy as np
import pytest

from shared.cloud.camera import Intrinsics, unproject
from shared.errors import PointsError
from shared.maps.point_files import read_points
from tests.support.arrays import npy, npy_that_promises, npz, zipped
from tests.support.seeding import DATA

PHOTO_WH = (160, 120)
CAMERA = Intrinsics.from_focal((80, 60), 100.0)
DEPTH = 0.5 + np.add.outer(np.arange(60) / 100, np.arange(80) / 200)  # metres
POINTS = unproject(DEPTH, CAMERA).astype(np.float32)
PIXELS = np.array([[100, 0, 40], [0, 100, 30], [0, 0, 1.0]])
PARTS = np.array([[100 / 80, 0, 0.5], [0, 100 / 60, 0.5], [0, 0, 1]])
NORMALS = np.broadcast_to(np.float32([0, 0.3, -0.4]), (60, 80, 3))  # of length one half


def read(data, **options):
    return read_points(data, PHOTO_WH, **options)


@pytest.mark.parametrize(
    "arrays",
    [
        {"points": POINTS},
        {"points": POINTS, "intrinsics": PIXELS},
        {"points": np.asfortranarray(POINTS.astype(float)), "intrinsics": PARTS.astype(np.float32)},
        {"depth": DEPTH, "intrinsics": PIXELS - [[0, 0, 0.5], [0, 0, 0.5], [0, 0, 0]]},
        {"depth": DEPTH, "points": POINTS, "confidence": np.zeros(3)},
        {"depth": DEPTH[None], "intrinsics": PIXELS[None], "extrinsics": np.zeros((1, 3, 4)), "conf": DEPTH[None]},
    ],
)
def test_points_or_depth_with_a_lens_give_the_same_map(arrays):
    own = read(npz(**arrays))
    assert own.metric and own.normals is None and own.depth.dtype == np.float32
    np.testing.assert_allclose(own.depth, 1000 * DEPTH, rtol=1e-6)
    assert (own.size_wh, own.camera.cx, own.camera.cy) == ((80, 60), 39.5, 29.5)
    np.testing.assert_allclose([own.camera.fx, own.camera.fy], 100, rtol=1e-6)


def test_what_moge_gives_is_read_as_it_is():
    with np.load(DATA / "moge" / "moge_2_vits_normal.npz") as stored:
        given = {name.removeprefix("infer_"): stored[name] for name in stored.files if name.startswith("infer_")}
        given["normal"] = np.where(given["mask"][..., None], stored["portrait_normal"], 0)
    kept = ("points", "depth", "mask", "intrinsics", "normal")
    own = read_points(npz(**{name: given[name] for name in kept}), (750, 1200))
    np.testing.assert_array_equal(np.isfinite(own.depth), given["mask"])
    np.testing.assert_allclose(own.depth[given["mask"]], 1000 * given["depth"][given["mask"]], rtol=1e-6)
    np.testing.assert_array_equal(np.isfinite(own.normals[..., 0]), given["mask"])
    assert own.camera.fx == pytest.approx(1.2954085 * 75)
    points_alone = read_points(npz(points=given["points"]), (750, 1200))
    np.testing.assert_array_equal(points_alone.depth, own.depth)
    assert points_alone.camera.fy == pytest.approx(own.camera.fy, rel=1e-5)


def test_what_depth_pro_s_command_saves_is_read_as_it_is():
    own = read(npz(depth=DEPTH.astype(np.float32)))
    assert own.camera is None
    assert own.report() == {"unit": "mm", "known": 1.0, "lens": False, "normals": False}


@pytest.mark.parametrize(("unit", "factor"), [("m", 1000), ("mm", 1)])
def test_lengths_are_in_mm_whatever_unit_they_came_in(unit, factor):
    own = read(npz(depth=DEPTH * 1000 / factor), unit=unit)
    np.testing.assert_allclose(own.depth, 1000 * DEPTH, rtol=1e-6)


def test_relative_depth_is_a_part_of_its_median():
    own = read(npz(points=POINTS * 7e30), unit="relative")
    assert not own.metric
    np.testing.assert_allclose(own.depth, DEPTH / np.median(DEPTH), rtol=1e-5)
    assert own.camera.fx == pytest.approx(100)


def test_where_there_is_nothing_is_not_known_in_whatever_way_it_is_said():
    mask = np.arange(80) * np.ones((60, 1)) >= 20
    for nothing in (np.nan, np.inf, -np.inf, 0, -3, 1e-9, 1e9, 3e38):
        own = read(npz(depth=np.where(mask, DEPTH, nothing), normals=NORMALS))
        np.testing.assert_array_equal(np.isfinite(own.depth), mask)
        np.testing.assert_array_equal(np.isfinite(own.normals).all(axis=-1), mask)
    for kind in (bool, np.uint8, np.float32):
        own = read(npz(depth=DEPTH, mask=mask.astype(kind)))
        np.testing.assert_array_equal(np.isfinite(own.depth), mask)
    assert own.report()["known"] == 0.75


@pytest.mark.parametrize("name", ["normals", "normal"])
def test_normals_are_made_unit_vectors(name):
    normals = NORMALS.copy()
    normals[:4] = 0
    own = read(npz(depth=DEPTH, **{name: normals}))
    np.testing.assert_allclose(own.normals[4:], np.broadcast_to([0, 0.6, -0.8], (56, 80, 3)), rtol=1e-6)
    assert np.isnan(own.normals[:4]).all()


def test_a_map_turns_as_its_photo_does():
    own = read(npz(points=POINTS, normals=NORMALS)).turned(1)
    assert own.depth[0, 59] == pytest.approx(500)  # what was the upper left is the upper right
    np.testing.assert_allclose(own.normals[0, 0], [-0.6, 0, -0.8], rtol=1e-6)  # what faced down faces left
    np.testing.assert_allclose(unproject(own.depth, own.camera)[0, 59], [147.5, -197.5, 500], rtol=1e-4)
    assert own.size_wh == (own.camera.width, own.camera.height) == (60, 80)


def bad(**more):
    return npz(**({"depth": DEPTH, "intrinsics": PIXELS} | more))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no point map in an .npz file"),
        (npy(POINTS), "no point map in an .npz file"),
        (npz(disparity=DEPTH), "neither an array called points nor one called depth"),
        (npz(points=POINTS)[:-30], "damaged"),
        (npz(depth=POINTS), r"array depth has the shape \(60, 80, 3\); it needs \(height, width\)"),
        (npz(points=POINTS[..., :2]), r"array points has the shape \(60, 80, 2\); it needs \(height, width, 3\)"),
        (npz(points=POINTS.reshape(-1, 3)), r"array points has the shape \(4800, 3\)"),
        (npz(points=POINTS.swapaxes(0, 1)), "array points has 60 x 80 pixels, the upright photo 160 x 120"),
        (npz(depth=DEPTH, points=POINTS[::2, ::2]), "array points has 40 x 30 pixels, its depth 80 x 60"),
        (bad(mask=DEPTH[::2, ::2] > 0), "array mask has 40 x 30 pixels, its depth 80 x 60"),
        (bad(mask=DEPTH < 0.52), "of the point map is empty; at most 95% may be"),
        (bad(depth=np.full((60, 80), np.inf)), "100% of the point map is empty"),
        (bad(depth=np.ones((60, 80))), "same depth everywhere"),
        (bad(depth=-DEPTH), "behind the camera; z has to point forward"),
        (bad(depth=DEPTH.astype(complex)), "complex128"),
        (bad(depth=DEPTH.astype(object)), "object"),
        (bad(depth=1e-6 * DEPTH), "median depth is .* m; 0.01 to 10000 are possible: is it in another unit"),
        (bad(depth=1e30 * DEPTH), "is it in another unit"),
        (npz(points=POINTS * [1, -1, 1]), "x has to point right and y down"),
        (npz(points=POINTS * [1, 2, 1]), "2.00 times as high as wide"),
        (npz(points=POINTS * [30, 30, 1]), "sees 170 degrees across; 5 to 150 are possible"),
        (bad(intrinsics=PIXELS[:2]), r"array intrinsics has the shape \(2, 3\); it needs \(3, 3\)"),
        (bad(intrinsics=PIXELS * 2), "principal point at 1.00 of the width and 1.00 of the height"),
        (bad(intrinsics=PIXELS * np.nan), "principal point at nan"),
        (bad(intrinsics=PIXELS * [[-1], [1], [1]] + [[0, 0, 80], [0, 0, 0], [0, 0, 0]]), "-100 and 100 pixels"),
        (bad(normals=np.uint8(NORMALS)), "array normals holds uint8"),
        (bad(normals=-NORMALS), "most normals point away from the camera"),
        (bad(normals=NORMALS[:, :40]), "array normals has 40 x 60 pixels"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_reason(data, reason):
    with pytest.raises(PointsError, match=reason):
        read(data)


def test_two_arrays_of_one_name_and_other_packings_than_numpy_s_are_refused():
    with pytest.raises(PointsError, match="NumPy does not use"):
        read(zipped(zipfile.ZIP_LZMA, depth=npy(DEPTH)))
    two = zipped(depth=npy(DEPTH), depht=npy(DEPTH)).replace(b"depht", b"depth")
    with pytest.raises(PointsError, match="two arrays of one name"):
        read(two)
    with pytest.raises(PointsError, match="101 arrays; at most 100"):
        read(npz(**{f"a{number}": 1 for number in range(101)}))


@pytest.mark.parametrize(
    "member",
    [
        {"points": npy_that_promises((45_000, 60_000, 3), "<f4")},
        {"points": npy_that_promises((10**9, 10**9, 3), "<f4")},
        {"points": npy_that_promises((60, 80, 3 * 10**9), "<f4")},
        {"depth": npy_that_promises((-60, -80))},
        {"depth": npy(DEPTH), "mask": npy_that_promises((45_000, 60_000), "|b1")},
        {"depth": npy(DEPTH), "intrinsics": npy_that_promises((10**5, 10**5))},
        {"depth": npy(DEPTH), "normals": npy_that_promises((4500, 6000, 3), "<f2", bytes(8))},
    ],
)
def test_a_header_that_promises_too_much_costs_nothing(member):
    data = zipped(**member)
    tracemalloc.start()
    with pytest.raises(PointsError):
        read(data, limit_mp=20)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5e6


def test_a_packed_file_is_unpacked_no_further_than_its_header_says():
    data = zipped(points=npy(POINTS) + bytes(200_000_000))
    tracemalloc.start()
    assert read(data).size_wh == (80, 60)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20e6
