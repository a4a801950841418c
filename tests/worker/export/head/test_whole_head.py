"""The files of heads as the pipeline builds them: bald, and with hair and clothes."""

import io
from dataclasses import replace

import numpy as np
import pytest
import trimesh
from pxr import Usd, UsdValidation

from shared.cloud.classes import PointClass
from shared.results import HEAD_GLB, HEAD_STL, HEAD_USDZ
from tests.support.glb import read_glb
from tests.support.head_depth import head_depth_map, pixels_of
from worker import pipeline
from worker.depth.estimator import DepthMap

SMILE = {"mouthSmileLeft": 0.7, "mouthSmileRight": 0.7, "jawOpen": 0.15}


def dressed(depth_map: DepthMap) -> DepthMap:
    """The head with hair on its upper fifth, and clothes on its lower one."""
    assert depth_map.person
    seen, classes = depth_map.mask, depth_map.person.classes.copy()
    rows = np.flatnonzero(seen.any(1))
    fifth, row = np.ptp(rows) // 5, np.arange(len(seen))[:, None]
    classes[seen & (row < rows[0] + fifth)] = PointClass.HAIR
    classes[seen & (row > rows[-1] - fifth)] = PointClass.CLOTHES
    return replace(depth_map, person=replace(depth_map.person, classes=classes))


@pytest.fixture(scope="module", params=["bald", "dressed"])
def built(request):
    bald = head_depth_map(expression=SMILE)
    depth_map = bald if request.param == "bald" else dressed(bald)
    head, _ = pipeline.build_head(depth_map, pixels_of(depth_map))
    assert head
    return head, pipeline.head_files(head, model="a_model")


def test_the_print_is_one_closed_solid(built):
    _, files = built
    solid = trimesh.load(io.BytesIO(files[HEAD_STL]), file_type="stl")
    assert solid.is_watertight and solid.body_count == 1
    assert solid.bounds[0, 2] == pytest.approx(0, abs=1e-3)


def test_the_glb_has_all_parts_and_52_expressions_of_those_that_move(built, tmp_path):
    head, files = built
    read = read_glb(files[HEAD_GLB], tmp_path)
    assert read.issues == []
    assert list(read.meshes) == [part.name for part in head.parts]
    assert {len(mesh.offsets) for mesh in read.meshes.values()} <= {0, 52}
    assert read.meshes["skin"].weights["mouthSmileLeft"] == pytest.approx(0.7, abs=0.01)


def test_usd_s_validators_pass(built, tmp_path):
    _, files = built
    (tmp_path / "head.usdz").write_bytes(files[HEAD_USDZ])
    validators = UsdValidation.ValidationRegistry().GetOrLoadAllValidators()
    stage = Usd.Stage.Open(str(tmp_path / "head.usdz"))
    assert [error.GetMessage() for error in UsdValidation.ValidationContext(validators).Validate(stage)] == []
