import io
import zipfile

import numpy as np
import pytest
import trimesh
from PIL import Image

from tests.support.scenes import ball, camera_of, cloud_of
from worker.export import files as exports
from worker.geometry.surface.mesh import mesh_from_cloud, texture_coordinates
from worker.geometry.surface.solid import solid_from_cloud

CAMERA = camera_of(60, 80, 200)
CLOUD = cloud_of(ball(CAMERA), CAMERA)
MESH = mesh_from_cloud(CLOUD)
PIXELS = np.random.default_rng(2).integers(0, 256, (120, 160, 3), dtype=np.uint8)
FACTS = {"generator": "Relief 0", "depth model": "größe", "unit": "mm"}


def size_mm():
    return np.ptp(MESH.vertices, axis=0)


def opened(data, kind):
    return trimesh.load(io.BytesIO(data), file_type=kind)


def test_glb_opens_in_metres_with_the_photo_as_texture_and_its_facts():
    scene = opened(exports.glb_from_mesh(MESH, CLOUD, exports.texture_from_photo(PIXELS, CLOUD.mask), FACTS), "glb")
    [body] = scene.geometry.values()
    np.testing.assert_allclose(scene.extents * 1000, size_mm(), rtol=1e-5)
    np.testing.assert_allclose(scene.bounds.sum(0), 0, atol=1e-6)
    assert body.visual.material.baseColorTexture.size == (160, 120)
    assert body.visual.material.baseColorTexture.format == "JPEG"
    assert scene.metadata["depth model"] == "größe"


def test_the_texture_coordinates_survive_glb():
    scene = opened(exports.glb_from_mesh(MESH, CLOUD, exports.texture_from_photo(PIXELS, CLOUD.mask), FACTS), "glb")
    [body] = scene.geometry.values()
    np.testing.assert_allclose(body.visual.uv, texture_coordinates(MESH.vertices, CLOUD.camera), atol=1e-6)


def test_obj_opens_in_mm_with_its_material_and_photo(tmp_path):
    data = exports.obj_zip_from_mesh(MESH, CLOUD, exports.texture_from_photo(PIXELS, CLOUD.mask), FACTS)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        archive.extractall(tmp_path)
    body = trimesh.load(tmp_path / "face.obj", process=False)
    np.testing.assert_allclose(body.extents, size_mm(), rtol=1e-4)
    assert body.visual.material.image.size == (160, 120)
    assert "# depth model: größe\n" in (tmp_path / "face.obj").read_text()
    assert "map_Kd" in (tmp_path / "face.mtl").read_text()


def test_ply_opens_in_mm_with_colour_and_confidence():
    data = exports.ply_from_mesh(MESH, CLOUD, FACTS)
    body = opened(data, "ply")
    np.testing.assert_allclose(body.extents, size_mm(), rtol=1e-5)
    np.testing.assert_array_equal(body.visual.vertex_colors[:, 0], CLOUD.gray[CLOUD.mask])
    assert (body.metadata["_ply_raw"]["vertex"]["data"]["confidence"] == 200).all()
    assert b"comment depth model: gr??e\n" in data


def test_stl_opens_in_mm_closed_and_lying_on_its_back():
    data = exports.stl_from_solid(solid_from_cloud(CLOUD), CLOUD, FACTS)
    body = opened(data, "stl")
    assert body.is_watertight
    np.testing.assert_allclose(body.extents, np.ptp(solid_from_cloud(CLOUD).vertices, axis=0), rtol=1e-5)
    assert body.bounds[0, 2] == pytest.approx(0, abs=1e-5)
    assert data.startswith(b"generator: Relief 0; depth model: gr??e; unit: mm")


def test_what_has_no_true_size_is_made_200_mm_tall():
    cloud = cloud_of(ball(CAMERA) / 600, CAMERA, unit="relative")
    body = opened(exports.ply_from_mesh(mesh_from_cloud(cloud), cloud, FACTS), "ply")
    assert body.extents[1] == pytest.approx(200, rel=1e-4)
    assert exports.mm_per_unit(CLOUD) == 1


def test_a_large_photo_becomes_a_texture_of_at_most_2048_pixels():
    assert exports.texture_from_photo(np.zeros((1000, 4096, 3), np.uint8), np.ones((10, 40), bool)).size == (2048, 500)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_png_keeps_its_values_and_its_facts(dtype):
    gray = np.random.default_rng(1).integers(0, np.iinfo(dtype).max, (7, 11)).astype(dtype)
    image = Image.open(io.BytesIO(exports.png_from_image(gray, FACTS)))
    np.testing.assert_array_equal(np.asarray(image), gray)
    assert image.text["depth model"] == "größe"
