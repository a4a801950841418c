"""The GLB of a head as readers of others have it: glTF Transform, trimesh, and Khronos's validator."""

import io

import numpy as np
import pytest
import trimesh

from shared.head.head import HeadPart
from tests.support.glb import ReadGlb, read_glb
from worker.export.head.glb import head_glb

Y_UP_M = np.array([1, -1, -1]) / 1000


@pytest.fixture(scope="module")
def glb(source) -> bytes:
    return head_glb(source)


@pytest.fixture(scope="module")
def read(glb, tmp_path_factory) -> ReadGlb:
    return read_glb(glb, tmp_path_factory.mktemp("glb"))


def test_the_validator_has_nothing_to_say(read):
    assert read.issues == []


def test_every_part_is_a_mesh_in_metres_with_its_material_and_texture(source, read):
    assert list(read.meshes) == ["skin", "eyes", "teeth", "hair"]
    for part in source.head.parts:
        mesh = read.meshes[part.name]
        np.testing.assert_allclose(mesh.positions, part.vertices * Y_UP_M, atol=1e-7)
        np.testing.assert_array_equal(mesh.triangles, part.triangles)
        assert (mesh.material, mesh.texture) == (part.name, {"type": "image/jpeg", "size_wh": [16, 8]})
    assert {"generator": "Relief 0", "depth model": "größe", "unit": "m"}.items() <= read.extras.items()


def test_in_space_the_head_stands_on_the_floor_at_the_origin(source, glb):
    scene = trimesh.load(io.BytesIO(glb), file_type="glb")
    (left, low, back), (right, high, front) = scene.bounds
    np.testing.assert_allclose([left + right, low, back + front], 0, atol=0.01)  # of the neutral head: 1 cm
    assert high > 0.1


def test_the_face_looks_at_the_viewer_from_where_the_photo_has_it(read):
    skin = read.meshes["skin"].positions
    np.testing.assert_allclose(skin.mean(0), [0.010, 0.020, -0.690], atol=0.002)


def test_all_parts_that_move_have_all_expressions_in_the_head_s_order(source, read):
    for name in ("skin", "teeth"):
        assert tuple(read.meshes[name].offsets) == source.head.expressions
    for name in ("eyes", "hair"):
        assert read.meshes[name].offsets == {}


def test_the_targets_move_what_the_head_s_expressions_move(source, read):
    for part in source.head.parts:
        for name, offsets in read.meshes[part.name].offsets.items():
            np.testing.assert_allclose(offsets, moved_by(part, name) * Y_UP_M, atol=1e-7)


def moved_by(part: HeadPart, name: str) -> np.ndarray:
    offsets = np.zeros_like(part.vertices)
    if name in part.morphs:
        offsets[part.morphs[name].indices] = part.morphs[name].offsets_mm
    return offsets


def test_under_its_weights_the_face_is_that_of_the_photo(source, read):
    skin, mesh = source.head.parts[0], read.meshes["skin"]
    assert mesh.weights == {
        "eyeBlinkLeft": 0,
        "eyeBlinkRight": 0,
        "jawOpen": 0,
        "mouthSmileLeft": 0.5,
        "mouthSmileRight": 0.4,
    }
    posed = mesh.positions + sum(weight * mesh.offsets[name] for name, weight in mesh.weights.items())
    np.testing.assert_allclose(posed, source.head.posed(skin) * Y_UP_M, atol=1e-7)
    assert np.abs(posed - mesh.positions).max() > 0.002


def test_trimesh_opens_it_smooth_over_the_seam_of_the_texture(source, glb):
    scene = trimesh.load(io.BytesIO(glb), file_type="glb")
    skin = scene.geometry["skin"]
    outward = skin.vertices - skin.vertices.mean(0)
    assert (np.einsum("ij,ij->i", outward, skin.vertex_normals) > 0).all()
    rings = skin.vertex_normals.reshape(24, 48, 3)
    np.testing.assert_allclose(rings[:, 0], rings[:, -1], atol=1e-6)
    np.testing.assert_allclose(skin.visual.uv, source.head.parts[0].uv, atol=1e-6)
