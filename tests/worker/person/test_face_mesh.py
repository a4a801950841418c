import numpy as np
import pytest

from worker.person.face_mesh import face_mesh, loop_subdivision
from worker.person.landmarks import LANDMARKS

SQUARE = np.array([[0, 1, 4], [1, 2, 4], [2, 3, 4], [3, 0, 4]])  # four corners round a middle


def test_mirroring_twice_gives_every_landmark_back():
    mirror = face_mesh().mirror
    assert (mirror[mirror] == np.arange(468)).all()


def test_the_eyes_mirror_each_other():
    assert set(face_mesh().mirror[list(LANDMARKS.right_eye_rim)]) == set(LANDMARKS.left_eye_rim)


def test_the_surface_has_one_border_and_so_no_hole():
    triangles = face_mesh().triangles
    edges = np.sort(np.vstack([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1)
    unique, counts = np.unique(edges, axis=0, return_counts=True)
    border = {}
    for a, b in unique[counts == 1]:
        border.setdefault(a, []).append(b)
        border.setdefault(b, []).append(a)
    walked, todo = set(), [next(iter(border))]
    while todo:
        point = todo.pop()
        if point not in walked:
            walked.add(point)
            todo += border[point]
    assert len(walked) == len(border)
    assert counts.max() == 2


def test_all_triangles_are_wound_alike_lids_and_lips_too():
    triangles = face_mesh().triangles
    directed = np.vstack([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    assert len(np.unique(directed, axis=0)) == len(directed)  # no edge is walked twice in one direction


def test_each_level_makes_four_triangles_of_one():
    weights, triangles = loop_subdivision(SQUARE, 2)
    assert len(triangles) == 4 * 16
    assert weights.shape == (int(triangles.max()) + 1, 5)


def test_weights_sum_to_one_so_that_a_flat_mesh_stays_flat():
    weights, _ = loop_subdivision(SQUARE, 3)
    assert np.asarray(weights.sum(axis=1)).ravel() == pytest.approx(1)


def test_an_inner_point_moves_to_the_hand_worked_place():
    heights = np.array([0, 0, 0, 0, 1.0])
    weights, _ = loop_subdivision(SQUARE, 1)
    assert (weights @ heights)[4] == pytest.approx(1 - 4 * 3 / 32)  # Warren: four neighbours of 3 / 32 each


def test_a_new_point_on_the_border_is_the_middle_of_its_edge():
    corners = np.array([[0, 0], [2, 0], [2, 2], [0, 2], [1, 1.0]])
    weights, _ = loop_subdivision(SQUARE, 1)
    fine = weights @ corners
    assert [1, 0] in fine[5:].round(6).tolist()
