"""Every format is opened by another program's reader: trimesh, or what reads the format at its own level."""

import io
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import trimesh
from PIL import Image

from shared.cloud.classes import COLOURS, PointClass
from shared.jobs.record import Stage
from shared.results import RESULTS
from worker.export.formats import WRITERS, glb, mesh_ply, normals_png, obj_zip, stl


def opened(data, kind):
    return trimesh.load(io.BytesIO(data), file_type=kind)


def size_mm(mesh):
    return np.ptp(mesh.vertices, axis=0)


def test_every_exported_result_has_a_writer_and_every_writer_a_result():
    exported = {name for name, row in RESULTS.items() if row.stage is Stage.EXPORT}
    assert {name for name in WRITERS if RESULTS[name].stage is Stage.EXPORT} == exported
    assert WRITERS.keys() - exported == {"cloud.rlf", "cloud.ply"}


def test_glb_opens_in_metres_with_the_photo_as_texture_and_its_facts(source):
    scene = opened(glb(source), "glb")
    [body] = scene.geometry.values()
    np.testing.assert_allclose(scene.extents * 1000, size_mm(source.mesh), rtol=1e-5)
    np.testing.assert_allclose(scene.bounds.sum(0), [0, scene.extents[1], 0], atol=1e-6)  # on the floor
    np.testing.assert_allclose(body.bounds.sum(0), 0, atol=1e-6)
    np.testing.assert_allclose(body.visual.uv, source.mesh.uv, atol=1e-6)
    assert body.visual.material.baseColorTexture.size == (160, 120)
    assert body.visual.material.baseColorTexture.format == "JPEG"
    assert scene.metadata["depth model"] == "größe"


def test_obj_opens_in_mm_with_its_material_and_photo(source, tmp_path):
    with zipfile.ZipFile(io.BytesIO(obj_zip(source))) as archive:
        archive.extractall(tmp_path)
    body = trimesh.load(tmp_path / "face.obj", process=False)
    np.testing.assert_allclose(body.extents, size_mm(source.mesh), rtol=1e-4)
    assert body.visual.material.image.size == (160, 120)
    assert "# depth model: größe\n" in (tmp_path / "face.obj").read_text()
    assert "map_Kd" in (tmp_path / "face.mtl").read_text()


def test_ply_opens_in_mm_with_colour_and_confidence(source):
    data = mesh_ply(source)
    body = opened(data, "ply")
    np.testing.assert_allclose(body.extents, size_mm(source.mesh), rtol=1e-5)
    np.testing.assert_array_equal(body.visual.vertex_colors[:, :3], source.cloud.rgb[source.cloud.mask])
    assert (body.metadata["_ply_raw"]["vertex"]["data"]["confidence"] == 200).all()
    assert (body.metadata["_ply_raw"]["vertex"]["data"]["class"] == PointClass.SKIN).all()
    assert b"\nproperty uchar class\n" in data
    assert b"\ncomment depth model: gr??e\n" in data


def test_glb_and_obj_open_in_the_colours_of_the_classes(source, tmp_path):
    by_class = replace(source, color="classes")
    [body] = opened(glb(by_class), "glb").geometry.values()
    with zipfile.ZipFile(io.BytesIO(obj_zip(by_class))) as archive:
        archive.extractall(tmp_path)
    texture = trimesh.load(tmp_path / "face.obj", process=False).visual.material.image
    for image in (texture, body.visual.material.baseColorTexture):
        assert (np.asarray(image.convert("RGB")) == COLOURS[PointClass.SKIN]).all()


def test_stl_opens_in_mm_closed_and_lying_on_its_back(source):
    data = stl(source)
    body = opened(data, "stl")
    assert body.is_watertight
    np.testing.assert_allclose(body.extents, size_mm(source.solid), rtol=1e-5)
    assert body.bounds[0, 2] == pytest.approx(0, abs=1e-5)
    assert data.startswith(b"unit: mm; generator: Relief 0; depth model: gr??e")


def test_the_normal_map_is_blue_where_the_ball_faces_the_viewer_and_black_beside_it(source):
    image = Image.open(io.BytesIO(normals_png(source)))
    normals = np.asarray(image)
    assert normals.shape == (60, 80, 3)
    np.testing.assert_allclose(normals[30, 40], [128, 128, 255], atol=4)
    assert not normals[0, 0].any()
    assert image.text["depth model"] == "größe"
