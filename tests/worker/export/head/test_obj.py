import io
import zipfile

import numpy as np
import pytest
import trimesh

from worker.export.head.obj import head_obj_zip


@pytest.fixture(scope="module")
def folder(source, tmp_path_factory):
    folder = tmp_path_factory.mktemp("obj")
    with zipfile.ZipFile(io.BytesIO(head_obj_zip(source))) as archive:
        archive.extractall(folder)
    return folder


def opened(folder):
    """The meshes by the names of their materials."""
    scene = trimesh.load(folder / "head.obj", process=False)
    return {mesh.visual.material.name: mesh for mesh in scene.geometry.values()}


def test_it_opens_in_mm_with_the_photo_s_expression(source, folder):
    parts = {part.name: part for part in source.head.parts}
    meshes = opened(folder)
    assert set(meshes) == set(parts)
    for name, mesh in meshes.items():
        assert len(mesh.faces) == len(parts[name].triangles)
        expected = source.head.posed(parts[name]) * (1, -1, -1)
        np.testing.assert_allclose(mesh.bounds, [expected.min(0), expected.max(0)], atol=1e-3)


def test_every_part_has_its_texture(source, folder):
    for name, mesh in opened(folder).items():
        [part] = [part for part in source.head.parts if part.name == name]
        np.testing.assert_allclose(np.asarray(mesh.visual.material.image), part.texture, atol=3)
        uv = mesh.visual.uv
        np.testing.assert_allclose([uv.min(0), uv.max(0)], [part.uv.min(0), part.uv.max(0)], atol=1e-5)


def test_it_says_what_made_it_and_its_unit(folder):
    text = (folder / "head.obj").read_text()
    assert "# depth model: größe\n" in text and "# unit: mm" in text
