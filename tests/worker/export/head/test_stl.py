import io
from dataclasses import replace

import numpy as np
import pytest
import trimesh

from shared.head.head import HeadPart, WholeHead
from worker.export.head.source import HeadSource
from worker.export.head.stl import PRINT, SolidError, _apart, head_stl


def opened(data: bytes) -> trimesh.Trimesh:
    return trimesh.load(io.BytesIO(data), file_type="stl")


@pytest.fixture(scope="module")
def solid(source) -> trimesh.Trimesh:
    return opened(head_stl(source))


def test_it_is_one_solid_without_hollows(solid):
    assert solid.is_watertight and solid.is_winding_consistent
    assert solid.body_count == 1
    assert 0 < len(solid.faces) <= PRINT.triangles


def test_it_has_the_volume_of_its_parts_together(source, solid):
    skin = 4 / 3 * np.pi * 75 * 110 * 95
    assert skin < solid.volume < 1.4 * skin


def test_it_stands_upright_on_a_flat_base_with_its_face_to_the_front(solid):
    low = solid.bounds[0, 2]
    assert low == pytest.approx(0, abs=1e-4)
    downward = solid.face_normals[:, 2] < -0.999
    base = solid.area_faces[downward & (solid.triangles_center[:, 2] < 0.01)].sum()
    assert base > 3000  # mm2
    eyes = solid.vertices[np.abs(solid.vertices[:, 1] - solid.bounds[0, 1]) < 1]
    assert eyes[:, 2].mean() > 0.3 * solid.bounds[1, 2]
    assert abs(eyes[:, 0].mean()) < 3


def test_an_eyeball_in_an_open_socket_hangs_together_with_the_head(source):
    front = replace(source.head.parts[1], vertices=source.head.parts[1].vertices - np.float32([0, 0, 8]))
    loose = replace(source.head, parts=(source.head.parts[0], front))
    solid = opened(head_stl(HeadSource(loose, source.facts)))
    assert solid.body_count == 1
    assert solid.bounds[0, 1] == pytest.approx(solid_front(loose) - solid_middle(loose), abs=0.1)


def solid_front(head: WholeHead) -> float:
    return min(float(head.posed(part)[:, 2].min()) for part in head.parts)


def solid_middle(head: WholeHead) -> float:
    return (solid_front(head) + max(float(head.posed(part)[:, 2].max()) for part in head.parts)) / 2


def test_a_part_with_a_hole_is_refused_by_name(source):
    hair = source.head.parts[-1]
    torn: HeadPart = replace(hair, triangles=hair.triangles[60:])
    head = replace(source.head, parts=(*source.head.parts[:-1], torn))
    with pytest.raises(SolidError, match=r"hair .*not closed"):
        head_stl(HeadSource(head, source.facts))


def test_a_part_that_is_inside_out_is_refused_by_name(source):
    skin = source.head.parts[0]
    turned = replace(skin, triangles=skin.triangles[:, ::-1])
    head = replace(source.head, parts=(turned, *source.head.parts[1:]))
    with pytest.raises(SolidError, match=r"skin .*inside out"):
        head_stl(HeadSource(head, source.facts))


def test_its_header_says_what_made_it(source):
    assert head_stl(source).startswith(b"unit: mm; generator: Relief 0; depth model: gr??e")


def test_vertices_of_one_place_are_moved_apart_so_that_surfaces_that_touch_stay_two():
    tips = np.array([[0, 0, 0], [1, 2, 3], [0, 0, 0], [0, 0, 0], [1, 2, 3]], np.float32)
    parted = _apart(tips)
    assert len(np.unique(parted, axis=0)) == 5
    np.testing.assert_allclose(parted, tips, atol=0.021)
