"""The USDZ of a head, opened and checked by Pixar's own library."""

import io
import zipfile

import numpy as np
import pytest
from pxr import Usd, UsdGeom, UsdShade, UsdValidation

from worker.export.head.usdz import head_usdz


@pytest.fixture(scope="module")
def path(source, tmp_path_factory):
    path = tmp_path_factory.mktemp("usdz") / "head.usdz"
    path.write_bytes(head_usdz(source))
    return path


@pytest.fixture(scope="module")
def stage(path) -> Usd.Stage:
    return Usd.Stage.Open(str(path))


def test_all_of_usd_s_validators_pass(stage):
    validators = UsdValidation.ValidationRegistry().GetOrLoadAllValidators()
    assert "usdUtilsValidators:UsdzPackageValidator" in {each.GetMetadata().name for each in validators}
    assert [error.GetMessage() for error in UsdValidation.ValidationContext(validators).Validate(stage)] == []


def test_it_has_metres_per_unit_and_its_upper_side(stage):
    assert UsdGeom.GetStageMetersPerUnit(stage) == 0.001
    assert UsdGeom.GetStageUpAxis(stage) == "Y"
    assert stage.GetDefaultPrim().GetName() == "Head"
    assert "größe" in stage.GetRootLayer().documentation


def test_in_space_it_stands_on_the_floor_at_the_origin_and_looks_at_the_viewer(source, stage):
    bounds = UsdGeom.BBoxCache(Usd.TimeCode.Default(), ["default"]).ComputeWorldBound(stage.GetDefaultPrim())
    low, high = (
        np.array(end) for end in (bounds.ComputeAlignedRange().GetMin(), bounds.ComputeAlignedRange().GetMax())
    )
    np.testing.assert_allclose([low[1], low[0] + high[0], low[2] + high[2]], 0, atol=0.05)
    assert (high - low > 100).all()  # mm, and not turned: the mesh is x right, y up, z to the viewer


def test_every_part_is_a_mesh_with_the_photo_s_expression_and_its_texture(source, stage):
    for part in source.head.parts:
        mesh = UsdGeom.Mesh(stage.GetPrimAtPath(f"/Head/{part.name}"))
        expected = source.head.posed(part) * (1, -1, -1)
        np.testing.assert_allclose(np.array(mesh.GetPointsAttr().Get()), expected, atol=0.006)
        indices = np.array(mesh.GetFaceVertexIndicesAttr().Get())
        np.testing.assert_array_equal(indices.reshape(-1, 3), part.triangles)
        material, _ = UsdShade.MaterialBindingAPI(mesh).ComputeBoundMaterial()
        shader = stage.GetPrimAtPath(f"{material.GetPath()}/Texture")
        assert shader.GetAttribute("inputs:file").Get().path == f"textures/{part.name}.jpg"


def test_its_files_are_stored_whole_at_multiples_of_64_bytes(path):
    data = path.read_bytes()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = archive.infolist()
        assert entries[0].filename == "head.usda"
        for entry in entries:
            assert entry.compress_type == zipfile.ZIP_STORED
            begin = data.index(archive.read(entry.filename))
            assert begin % 64 == 0
