from dataclasses import replace

import numpy as np
import pytest

from worker.export.pictures.render import GROUND, Surface, View, rendered

RED, BLUE = (200, 40, 30), (30, 40, 200)
MIDDLE = np.zeros(3)


def plate(width=100.0, height=60.0, z=0.0, colours=(RED, BLUE)):
    """A plate that faces the viewer; its texture is the first colour on the left, the second on the right."""
    x, y = width / 2, height / 2
    return Surface(
        vertices=np.array([[-x, -y, z], [x, -y, z], [x, y, z], [-x, y, z]], np.float32),
        normals=np.tile(np.array([0, 0, 1], np.float32), (4, 1)),
        triangles=np.array([[0, 1, 2], [0, 2, 3]], np.int32),
        uv=np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32),
        texture=np.repeat([np.repeat(np.array(colours, np.uint8), 8, axis=0)], 4, axis=0),
    )


def both(one: Surface, other: Surface) -> Surface:
    """Two surfaces as one; the second has the first one's texture."""
    return replace(
        one,
        vertices=np.vstack([one.vertices, other.vertices]),
        normals=np.vstack([one.normals, other.normals]),
        triangles=np.vstack([one.triangles, other.triangles + len(one.vertices)]),
        uv=np.vstack([one.uv, other.uv]),
    )


def drawn(picture: np.ndarray) -> np.ndarray:
    return (picture.astype(int) - GROUND > 6).any(-1)


def test_a_plate_seen_from_the_front_is_as_large_as_worked_by_hand_and_the_right_way_round():
    picture = rendered(plate(), View(0, MIDDLE, 120.0, (90, 60)))  # 2 mm a pixel
    rows, columns = np.nonzero(drawn(picture))
    assert picture.shape == (60, 90, 3)
    assert np.ptp(rows) + 1 == pytest.approx(30, abs=2)
    assert np.ptp(columns) + 1 == pytest.approx(50, abs=2)
    assert picture[30, 30, 0] > 3 * picture[30, 30, 2]
    assert picture[30, 60, 2] > 3 * picture[30, 60, 0]
    assert (picture[0] == GROUND).all()


def test_a_texture_has_its_first_row_at_the_top():
    surface = plate()
    surface = replace(surface, texture=np.array([[RED], [RED], [BLUE], [BLUE]], np.uint8))
    picture = rendered(surface, View(0, MIDDLE, 120.0, (90, 60)))
    assert picture[20, 45, 0] > 3 * picture[20, 45, 2]
    assert picture[40, 45, 2] > 3 * picture[40, 45, 0]


def test_with_a_greater_yaw_what_is_in_front_goes_to_the_right_and_with_pitch_up_it_goes_down():
    nose = plate(width=10, height=10, z=40)
    columns = [np.nonzero(drawn(rendered(nose, View(yaw, MIDDLE, 120.0, (90, 60)))))[1].mean() for yaw in (-30, 0, 30)]
    assert columns == pytest.approx([45 - 10.5, 45, 45 + 10.5], abs=1.5)  # 40 mm * sin 30 degrees, and perspective
    rows = np.nonzero(drawn(rendered(nose, View(0, MIDDLE, 120.0, (90, 60), pitch_deg=30))))[0]
    assert rows.mean() == pytest.approx(30 + 10.5, abs=1.5)


def test_what_is_nearer_hides_what_is_behind_in_either_order():
    near, far = plate(width=40, height=20, z=30), plate(z=-30)
    view = View(0, MIDDLE, 120.0, (90, 60))
    np.testing.assert_array_equal(rendered(both(near, far), view), rendered(both(far, near), view))


def test_a_surface_seen_from_behind_is_dark_and_not_a_hole():
    picture = rendered(plate(), View(180, MIDDLE, 120.0, (90, 60)))
    assert GROUND < picture[30, 30].max() < 40
    closed = rendered(replace(plate(), closed=True), View(180, MIDDLE, 120.0, (90, 60)))
    assert (closed == GROUND).all()


def test_what_faces_the_lamp_is_brighter_than_what_faces_away():
    lit, away = (
        rendered(
            replace(plate(), normals=np.tile(np.array(normal, np.float32), (4, 1))), View(0, MIDDLE, 120, (90, 60))
        )
        for normal in ([-0.6, 0, 0.8], [0.6, 0, 0.8])
    )
    assert lit[30, 30, 0] > 1.3 * away[30, 30, 0]


def test_edges_are_smooth_and_nothing_at_all_gives_the_ground():
    turned = rendered(plate(), View(0, MIDDLE, 123.0, (90, 60)))
    assert len(np.unique(turned[30, :, 0])) > 3
    empty = replace(plate(), triangles=np.zeros((0, 3), np.int32))
    assert (rendered(empty, View(0, MIDDLE, 120.0, (90, 60))) == GROUND).all()
