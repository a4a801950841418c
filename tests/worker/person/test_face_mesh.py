import numpy as np

from worker.person.face_mesh import face_mesh
from worker.person.landmarks import LANDMARKS


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
