"""Every number in every file can be turned into mm by what the file itself says; the readers are not ours."""

import io
import json
import re
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import trimesh
from PIL import Image
from pxr import Usd, UsdGeom

from shared.options import ModelOptions
from tests.support.glb import read_glb
from tests.support.heads import closed_head
from tests.support.scenes import CAMERA_220, ball, ball_depth_map
from worker import pipeline

NEAREST_MM = 510.0  # of a ball of 90 mm whose centre is 600 mm away
MM = {"mm": 1.0, "m": 1000.0}
PIXELS = np.random.default_rng(2).integers(0, 256, (160, 220, 3), dtype=np.uint8)


def read_png(data: bytes) -> tuple[np.ndarray, dict[str, str], np.ndarray]:
    """A picture's values, its texts, and what its formula makes of the values."""
    with Image.open(io.BytesIO(data)) as image:
        values, text = np.asarray(image).astype(float), dict(image.text)
    formula = text["formula"].partition(";")[0].partition(" = ")[2]
    names = {name: float(text[name]) for name in ("near", "far") if name in text}
    return values, text, eval(formula, {"value": values, **names})


def of_network(**report):
    """The depth map of the ball before a wall, by a disparity of which 1 / depth is the millionth part."""
    depth_map = ball_depth_map()
    depth = np.where(depth_map.mask, depth_map.depth, np.float32(3000))
    return replace(depth_map, depth=depth, disparity=(1e6 / depth).astype(np.float32), report=report)


@pytest.mark.parametrize("name", ["depth.png", "depth16.png"])
def test_a_picture_of_depth_gives_mm_by_its_own_formula(name):
    values, text, depth = read_png(pipeline.depth_files(ball_depth_map(), model="portrait")[name])
    known = values > 0
    np.testing.assert_array_equal(known, ball_depth_map().mask)
    inner = known & (values > values[known].min()) & (values < values.max())  # of 8 bits, the ends are clipped
    step_mm = 90.0 / (values.max() - values[known].min())
    np.testing.assert_allclose(depth[inner], ball(CAMERA_220)[inner], atol=step_mm)
    assert text["unit"] == "mm" and step_mm < (0.1 if name == "depth16.png" else 1)


def test_the_metric_picture_of_a_network_gives_mm_by_its_own_formula():
    depth_map = of_network()
    values, text, depth = read_png(pipeline.depth_files(depth_map, model="midas")["depth_metric.png"])
    inner = (values > 40) & (values < 255)
    np.testing.assert_allclose(1 / depth[inner], 1 / depth_map.depth[inner], atol=(1 / 510 - 1 / 3000) / 215)
    assert text["unit"] == "mm" and "clipped" in text


@pytest.mark.parametrize(("name", "levels"), [("depth.png", 255), ("depth16.png", 65535)])
def test_a_picture_of_a_network_gives_its_disparity_and_where_a_face_was_fitted_mm(name, levels):
    depth_map = of_network(network={"a": 1e-6, "b": 0.0})
    _, text, disparity = read_png(pipeline.depth_files(depth_map, model="midas")[name])
    step = np.ptp(depth_map.disparity) / levels
    assert np.median(np.abs(disparity - depth_map.disparity)) <= step
    formula = re.fullmatch(r"about (.*), as .*", text["in mm"])
    nearest = eval(formula[1], {"disparity": disparity.max()})
    assert nearest == pytest.approx(NEAREST_MM, abs=0.1 if levels > 255 else 3)
    assert text["unit"].startswith("none")
    _, text, _ = read_png(pipeline.depth_files(of_network(), model="midas")[name])
    assert "in mm" not in text and text["unit"].startswith("none")


@pytest.mark.parametrize("report", [{"face_found": False}, {"network": {"a": 1.02, "b": 0.0, "scale": "metric"}}])
def test_the_disparity_of_a_network_that_knows_mm_is_said_to_be_in_one_by_mm(report):
    _, text, _ = read_png(pipeline.depth_files(of_network(**report), model="moge")["depth.png"])
    assert text["unit"].startswith("1 / mm") and ("in mm" in text) == ("network" in report)


@pytest.mark.parametrize("name", ["depth.png", "depth16.png"])
def test_a_disparity_is_black_where_the_network_knows_nothing_and_nowhere_else(name):
    depth_map, known = of_network(), ball_depth_map().mask
    depth_map = replace(depth_map, disparity=np.where(known, depth_map.disparity, np.float32(np.nan)))
    values, text, shown = read_png(pipeline.depth_files(depth_map, model="moge")[name])
    np.testing.assert_array_equal(values > 0, known)
    assert text["formula"].endswith("value 0: unknown")
    step = np.ptp(depth_map.disparity[known]) / values.max()
    assert np.median(np.abs(shown - depth_map.disparity)[known]) <= step


def test_the_depth_values_say_what_each_of_them_is():
    data = pipeline.depth_files(of_network(), model="midas")["depth.npz"]
    with np.load(io.BytesIO(data)) as file:
        meaning = json.loads(str(file["meaning"]))
        assert str(file["unit"]) == "mm" and np.nanmin(file["depth"]) == pytest.approx(NEAREST_MM, abs=0.1)
        described = {name for names in meaning for name in names.split(", ")}
        assert set(file) - {"report", "meaning"} <= described
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert all(entry.external_attr >> 16 == 0o100644 and entry.date_time[0] > 2020 for entry in archive.infolist())


def files_of(unit="mm", scale=1.0) -> dict[str, bytes]:
    depth_map = replace(ball_depth_map(), depth=ball_depth_map().depth * np.float32(scale), unit=unit)
    options = ModelOptions(point_budget=20_000, smoothing=0)
    cloud, _ = pipeline.build_cloud(depth_map, PIXELS, options)
    parts = (cloud, PIXELS, options)
    return pipeline.cloud_files(*parts, model="portrait") | pipeline.mesh_files(*parts, model="portrait")


def read_mesh(files: dict[str, bytes], name: str, folder) -> tuple[np.ndarray, dict[str, str]]:
    """The vertices of a file as another program reads them, and what the file says of itself."""
    data = files[name]
    if name == "face.glb":
        read = read_glb(data, folder)
        [mesh] = read.meshes.values()
        return mesh.positions, read.extras
    if name == "face.obj.zip":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            archive.extractall(folder)
        lines = (folder / "face.obj").read_text().splitlines()
        facts = [line[2:] for line in lines if line.startswith("# ")]
        return trimesh.load(folder / "face.obj", process=False).vertices, facts_of(facts)
    if name == "face.stl":
        return trimesh.load(io.BytesIO(data), file_type="stl").vertices, facts_of(data[:80].decode().split("; "))
    comments = [line[8:].decode() for line in data.split(b"end_header")[0].splitlines() if line.startswith(b"comment ")]
    return trimesh.load(io.BytesIO(data), file_type="ply").vertices, facts_of(comments)


def facts_of(lines: list[str]) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in lines if ": " in line)


@pytest.mark.parametrize("name", ["cloud.ply", "face.ply", "face.obj.zip", "face.glb"])
def test_points_and_meshes_say_their_unit_and_where_the_camera_is(name, tmp_path):
    vertices, facts = read_mesh(files_of(), name, tmp_path)
    camera = np.array([float(word) for word in facts.get("camera at", "0 0 0").split()])
    from_camera_mm = (vertices - camera) * MM[facts["unit"]]
    assert -from_camera_mm[:, 2].max() == pytest.approx(NEAREST_MM, abs=0.1)
    inner = from_camera_mm[:, 2] > -560  # no rim
    np.testing.assert_allclose(np.linalg.norm(from_camera_mm[inner] - (0, 0, -600), axis=1), 90, atol=0.5)


def test_a_print_says_that_it_is_in_mm(tmp_path):
    vertices, facts = read_mesh(files_of(), "face.stl", tmp_path)
    assert facts["unit"] == "mm"
    assert np.ptp(vertices[:, 0]) == pytest.approx(180, abs=6)  # the rims are cleaned


@pytest.mark.parametrize("name", ["face.ply", "face.obj.zip", "face.glb"])
def test_a_mesh_of_unknown_size_says_so_and_what_its_numbers_are(name, tmp_path):
    files = files_of("relative", 1 / 600)
    vertices, facts = read_mesh(files, name, tmp_path)
    assert np.ptp(vertices[:, 1]) * MM[facts["unit"]] == pytest.approx(200, abs=1)
    assert "200 mm tall" in facts["size"]
    assert read_mesh(files, "cloud.ply", tmp_path)[1]["unit"] == "relative"


def test_a_normal_map_gives_unit_vectors_by_its_own_formula():
    values, text, normals = read_png(files_of()["normals.png"])
    known = values.any(-1)
    np.testing.assert_allclose(np.linalg.norm(normals[known], axis=1), 1, atol=0.02)
    assert text["unit"] == "none" and "towards the viewer" in text["axes"]
    assert normals[80, 110, 2] > 0.99  # the nearest point of the ball looks at the viewer


def test_every_file_of_a_head_is_in_the_unit_that_it_says(tmp_path):
    head = closed_head()
    expected = np.vstack([head.posed(part) for part in head.parts]) * (1, -1, -1)
    files = pipeline.head_files(head, model="portrait")
    glb = read_glb(files["head.glb"], tmp_path)
    neutral = np.vstack([part.vertices for part in head.parts]) * (1, -1, -1)
    read = np.vstack([glb.meshes[part.name].positions for part in head.parts])
    np.testing.assert_allclose(read * MM[glb.extras["unit"]], neutral, atol=0.1)
    (tmp_path / "head.usdz").write_bytes(files["head.usdz"])
    stage = Usd.Stage.Open(str(tmp_path / "head.usdz"))
    meshes = [UsdGeom.Mesh(stage.GetPrimAtPath(f"/Head/{part.name}")) for part in head.parts]
    points = np.vstack([np.array(mesh.GetPointsAttr().Get()) for mesh in meshes])
    np.testing.assert_allclose(points * UsdGeom.GetStageMetersPerUnit(stage) * 1000, expected, atol=0.1)
    with zipfile.ZipFile(io.BytesIO(files["head.obj.zip"])) as archive:
        text = archive.read("head.obj").decode()
    rows = np.array([line.split()[1:] for line in text.splitlines() if line.startswith("v ")], float)
    np.testing.assert_allclose(rows, expected, atol=0.1)
    assert "# unit: mm\n" in text and "the camera is the origin" in text
    assert files["head.stl"].startswith(b"unit: mm; ")
    assert json.loads(files["head.json"])["frame"]["unit"] == "mm"
