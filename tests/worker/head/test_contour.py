import numpy as np
import trimesh

from shared.cloud.camera import Intrinsics
from worker.head.contour import contour_of, drawn
from worker.head.meshes import vertex_normals

CAMERA = Intrinsics.from_focal((300, 200), 400.0)


def sphere(radius_mm, middle):
    ball = trimesh.creation.icosphere(4, radius_mm)
    return ball.vertices + middle, ball.faces


def test_the_contour_of_a_sphere_is_the_circle_where_its_rays_touch():
    points, triangles = sphere(40.0, [20, -10, 500])
    contour = contour_of(points, triangles, CAMERA)
    assert len(contour.vertices) > 30
    rays = points[contour.vertices]
    outward = rays - [20, -10, 500]
    sine = np.abs((rays * outward).sum(1)) / np.linalg.norm(rays, axis=1) / 40
    assert sine.max() < 0.1
    assert np.allclose(np.linalg.norm(contour.normal, axis=1), 1)
    assert ((contour.uv - contour.uv.mean(0)) * contour.normal).sum(1).min() > 0


def test_where_a_mesh_is_cut_open_there_is_no_contour():
    points, triangles = sphere(40.0, [0, 0, 500])
    lower = triangles[(points[triangles][..., 1] < 10).all(1)]  # y points down: what is below 10 is cut away
    contour = contour_of(points, lower, CAMERA)
    assert points[contour.vertices, 1].max() < 10
    cut = points[np.unique(lower)][:, 1].max()
    front = contour.vertices[np.abs(points[contour.vertices, 0]) < 15]
    assert (points[front, 1] < cut - 30).all()


def test_a_drawn_triangle_covers_its_pixels():
    image = drawn(np.array([[10.0, 10], [30, 10], [10, 40]]), np.array([[0, 1, 2]]), CAMERA)
    assert image[15, 12]
    assert not image[35, 25]


def test_normals_point_out_of_a_sphere():
    points, triangles = sphere(10.0, [1, 2, 300])
    normals = vertex_normals(points, triangles)
    assert (((points - [1, 2, 300]) / 10 * normals).sum(1) > 0.999).all()
