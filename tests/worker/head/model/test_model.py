"""The head model that comes with Relief: a sound mesh and layout, modes and masks that are what they are called."""

import zipfile

import numpy as np
import pytest

from worker.head.model.head_model import HeadModel, Part
from worker.head.model.load import FILE, head_model


@pytest.fixture(scope="module")
def model() -> HeadModel:
    return head_model()


def triangles_of(model: HeadModel, part: Part) -> np.ndarray:
    return model.triangles[model.part[model.triangles[:, 0]] == part]


def edges_of(triangles: np.ndarray) -> np.ndarray:
    """(E, 2) the directed edges of all triangles."""
    return np.concatenate([triangles[:, [i, (i + 1) % 3]] for i in range(3)])


def border_of(triangles: np.ndarray) -> dict[int, int]:
    """Edges without a neighbour, from vertex to vertex."""
    edges = set(map(tuple, edges_of(triangles).tolist()))
    return {a: b for a, b in edges if (b, a) not in edges}


def volume_of(vertices: np.ndarray, triangles: np.ndarray) -> float:
    a, b, c = np.moveaxis(vertices[triangles].astype(float), 1, 0)
    return float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6)


@pytest.mark.parametrize("part", list(Part))
def test_each_edge_belongs_to_at_most_two_triangles_that_run_along_it_in_opposite_directions(model, part):
    edges = edges_of(triangles_of(model, part))
    assert len(np.unique(edges, axis=0)) == len(edges)


def test_no_triangle_joins_two_parts(model):
    assert (model.part[model.triangles] == model.part[model.triangles[:, :1]]).all()


def test_the_skin_has_one_border_its_lower_rim(model):
    border = border_of(triangles_of(model, Part.SKIN))
    loop = [next(iter(border))]
    while border[loop[-1]] != loop[0]:
        loop.append(border[loop[-1]])
    assert len(loop) == len(border)
    assert model.neck[loop].min() > 0.99


def test_the_rim_is_smooth(model):
    """It turns by less than 30 degrees at each of its vertices."""
    border = border_of(triangles_of(model, Part.SKIN))
    before = {b: a for a, b in border.items()}
    for vertex, after in border.items():
        first, second = model.mean[vertex] - model.mean[before[vertex]], model.mean[after] - model.mean[vertex]
        cos = first @ second / np.linalg.norm(first) / np.linalg.norm(second)
        assert cos > np.cos(np.radians(30))


@pytest.mark.parametrize("part", [Part.EYES, Part.TEETH, Part.TONGUE])
def test_eyes_teeth_and_tongue_are_closed_and_wound_outward(model, part):
    triangles = triangles_of(model, part)
    assert not border_of(triangles)
    assert volume_of(model.mean, triangles) > 1000


def test_the_skin_is_wound_outward(model):
    skin = triangles_of(model, Part.SKIN)
    a, b, c = np.moveaxis(model.mean[skin], 1, 0)
    crown = (a[:, 1] < -90) & (a[:, 2] > 40)
    assert (np.cross(b - a, c - a)[crown, 1] < 0).all()


def test_a_vertex_is_the_mirror_image_of_its_mirror_image(model):
    assert (model.mirror[model.mirror] == np.arange(len(model.mean))).all()
    assert np.abs(model.mean[model.mirror] * [-1, 1, 1] - model.mean).max() < 0.001


def test_the_pupils_are_63_mm_apart_and_the_origin_is_between_them(model):
    eyes = model.mean[model.part == Part.EYES]
    front = [side[side[:, 2].argmin()] for side in (eyes[eyes[:, 0] < 0], eyes[eyes[:, 0] > 0])]
    np.testing.assert_allclose(front, [[-31.5, 0, 0], [31.5, 0, 0]], atol=0.01)


def test_the_head_has_the_size_of_people_s(model):
    """Length 194 mm, breadth above the ears 152 mm, by ANSUR's mean of men and women; within 3 %."""
    bare = model.mean[(model.part == Part.SKIN) & (model.ears == 0) & (model.neck < 0.1)]
    skull = bare[bare[:, 1] < 0]
    glabella = skull[(np.abs(skull[:, 0]) < 8) & (skull[:, 1] > -40), 2].min()
    assert skull[:, 2].max() - glabella == pytest.approx(194, rel=0.03)
    assert np.ptp(skull[skull[:, 1] < -25, 0]) == pytest.approx(152, rel=0.03)


def test_the_ears_are_as_long_as_people_s(model):
    left = model.mean[(model.ears > 0.9) & (model.mean[:, 0] > 0)]
    assert np.ptp(left[:, 1]) == pytest.approx(63, abs=6)


def test_modes_are_in_order_and_symmetric_before_lopsided(model):
    mirrored = model.modes[:, model.mirror] * np.array([-1, 1, 1], np.float32)
    sign = np.einsum("knx,knx->k", mirrored, model.modes) / np.einsum("knx,knx->k", model.modes, model.modes)
    assert len(model.modes) == 60
    assert (np.abs(sign) > 0.98).all()
    assert (np.diff(np.sign(sign)) <= 0).all()


def test_random_heads_vary_as_people_do(model):
    """Seeded; the head's vertices move by 3 to 6 mm rms, and no head is inside out."""
    random = np.random.default_rng(7)
    head = (model.part == Part.SKIN) & (model.neck < 0.05)
    still = np.zeros(len(model.expressions))
    moved = []
    for _ in range(20):
        shape = np.clip(random.normal(size=len(model.modes)), -model.bound, model.bound)
        vertices = model.vertices(shape, still)
        moved.append(((vertices - model.mean)[head] ** 2).sum(1).mean())
        assert volume_of(vertices, triangles_of(model, Part.EYES)) > 0
    assert 3 < np.sqrt(np.mean(moved)) < 6


def test_masks_are_where_their_names_say(model):
    crown = np.flatnonzero((model.part == Part.SKIN) & (model.mean[:, 1] < -100))
    chin = model.landmark_corners[152]
    assert (model.scalp[crown] > 0.99).all()
    assert model.scalp[chin].max() < 0.01
    assert np.abs(model.mean[model.ears > 0.5, 0]).min() > 60
    assert model.neck[model.mean[:, 1] > 180].min() > 0.95
    for mask in (model.scalp, model.ears, model.neck):
        np.testing.assert_allclose(mask[model.mirror], mask, atol=0.02)


def test_landmarks_lie_on_the_skin_and_mirror_each_other(model):
    points = model.landmarks(model.mean)
    assert (model.part[model.landmark_corners] == Part.SKIN).all()
    np.testing.assert_allclose(model.landmark_weights.sum(1), 1, atol=1e-5)
    assert model.landmark_weights.min() >= -1e-6
    for right, left in ((33, 263), (133, 362), (61, 291), (129, 358), (105, 334)):
        np.testing.assert_allclose(points[right] * [-1, 1, 1], points[left], atol=1)


def test_lids_and_lips_are_where_the_eyes_and_the_teeth_are(model):
    points = model.landmarks(model.mean)
    upper, lower = points[386], points[374]
    pupil = np.array([31.5, 0, 0])
    assert upper[1] < pupil[1] < lower[1]
    assert 5 < lower[1] - upper[1] < 14
    mouth = (points[13] + points[14]) / 2
    teeth = model.mean[model.part == Part.TEETH]
    assert np.abs(teeth[:, 1] - mouth[1]).min() < 1
    assert np.linalg.norm(points[13] - points[14]) < 3


def test_the_layout_covers_each_triangle_once_and_right_way_round(model):
    assert (model.uv_vertex[model.uv_triangles] == model.triangles).all()
    assert 0 <= model.uv.min() <= model.uv.max() <= 1
    a, b, c = np.moveaxis(model.uv[model.uv_triangles].astype(float), 1, 0)
    (ab_u, ab_v), (ac_u, ac_v) = (b - a).T, (c - a).T
    area = (ab_u * ac_v - ab_v * ac_u) / 2
    assert area.min() > 0
    assert 0.7 < area.sum() < 1


def test_the_face_is_upright_in_the_middle_of_the_layout(model):
    of_vertex = np.zeros((len(model.mean), 2))
    of_vertex[model.uv_vertex] = model.uv
    corner = model.landmark_corners[:, 0]
    forehead, nose, chin, left_eye = (of_vertex[corner[index]] for index in (10, 4, 175, 263))
    assert forehead[1] > nose[1] > chin[1]
    assert abs(nose[0] - 0.5) < 0.02
    assert left_eye[0] > 0.55


def test_the_file_says_that_it_is_free_and_stays_small():
    with np.load(FILE, allow_pickle=False) as stored:
        assert str(stored["licence"]).startswith("CC0 1.0 Universal.")
        assert "MakeHuman" in str(stored["licence"])
    assert FILE.stat().st_size < 3_000_000
    assert zipfile.ZipFile(FILE).testzip() is None
