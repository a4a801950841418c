"""More vertices where a texture shows more than the colours of a mesh's vertices."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from shared.head.head import HeadPart, Morph
from shared.head.refine import refined
from shared.head.weld import numbered, welded
from tests.support.heads import HAIR, egg, moved


def striped() -> HeadPart:
    """An egg with a dark stripe round its chin, narrower than its triangles, that a jaw moves."""
    part = moved(egg("skin", (75, 110, 95), (200, 160, 140), 12), "jawOpen", (10, 50), (0, 25, 5))
    texture = np.full((200, 400, 3), (200, 160, 140), np.uint8)
    texture[138:148] = 20
    return replace(part, texture=texture)


def area(part: HeadPart) -> float:
    a, b, c = np.moveaxis(part.vertices[part.triangles].astype(float), 1, 0)
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)


def volume(part: HeadPart) -> float:
    """Positive where the triangles look outward."""
    a, b, c = np.moveaxis(part.vertices[part.triangles].astype(float) - part.vertices.mean(axis=0), 1, 0)
    return float((np.cross(a, b) * c).sum() / 6)


def sides(part: HeadPart) -> np.ndarray:
    """(E,) how many triangles have each edge of the mesh, its seams joined."""
    triangles = welded(part).triangles
    solid = triangles[(triangles != np.roll(triangles, 1, axis=1)).all(axis=1)]  # without those of the poles
    pairs = np.sort(np.stack([solid, np.roll(solid, -1, axis=1)], -1).reshape(-1, 2), axis=1)
    return np.unique(pairs, axis=0, return_counts=True)[1]


def test_a_stripe_gets_vertices_and_the_shape_stays():
    before = striped()
    after = refined(before, 2000)
    assert len(after.vertices) > len(before.vertices) + 40
    assert area(after) == pytest.approx(area(before), rel=1e-5)
    assert volume(after) == pytest.approx(volume(before), rel=1e-5)
    assert (sides(after) == 2).all(), "it is closed"
    np.testing.assert_array_equal(after.vertices[: len(before.vertices)], before.vertices)
    dark = after.rgb.max(axis=1) < 60
    assert dark.sum() > 20 and not dark[: len(before.vertices)].any()


def test_the_new_vertices_move_with_their_neighbours():
    before = striped()
    after = refined(before, 2000)
    jaw, old = after.morphs["jawOpen"], len(before.vertices)
    assert np.array_equal(jaw.indices, np.sort(jaw.indices))
    assert (jaw.indices >= old).any()
    moves = after.vertices.copy()
    moves[jaw.indices] += jaw.offsets_mm
    straight = replace(before, vertices=before.vertices.copy())
    straight.vertices[before.morphs["jawOpen"].indices] += before.morphs["jawOpen"].offsets_mm
    assert area(replace(after, vertices=moves)) == pytest.approx(area(straight), rel=1e-5)


def test_the_middle_of_an_edge_has_the_texture_s_colour_and_half_of_both_moves():
    # The texture is black but for a white column in its middle, where the edge from (0, 0) to (8, 0) has its own.
    texture = np.zeros((5, 9, 3), np.uint8)
    texture[:, 4] = 255
    part = HeadPart(
        name="hair",
        vertices=np.array([[0, 0, 500], [8, 0, 500], [0, 1, 500]], np.float32),
        triangles=np.array([[0, 2, 1]], np.int32),
        uv=np.array([[0, 0], [1, 0], [0, 1]], np.float32),
        rgb=np.zeros((3, 3), np.uint8),
        texture=texture,
        morphs={"jawOpen": Morph(np.array([1], np.int32), np.array([[0, 4, 0]], np.float32))},
    )
    after = refined(part, 5)
    assert after.vertices[3:].tolist() == [[4, 0, 500], [4, 0.5, 500]]
    assert after.rgb[3:].tolist() == [[255] * 3] * 2
    assert after.morphs["jawOpen"].indices.tolist() == [1, 3, 4]
    assert after.morphs["jawOpen"].offsets_mm[1:].tolist() == [[0, 2, 0]] * 2
    assert len(after.triangles) == 3


@pytest.mark.parametrize("most", [300, 350])
def test_no_more_are_made_than_there_is_room_for(most):
    assert len(striped().vertices) == 288
    assert 288 < len(refined(striped(), most).vertices) <= most


def test_a_texture_without_anything_more_changes_nothing():
    hair = egg("hair", (82, 118, 102), HAIR, 12)
    assert refined(hair, 2000) is hair
    assert refined(welded(striped()), 2000).texture.size == 0


def test_equal_rows_have_one_number_and_others_have_others():
    rows = np.array([[7, 1, 2], [7, 1, 3], [7, 1, 2], [0, 1, 2]], np.uint32)
    numbers = numbered(rows)
    assert numbers[0] == numbers[2]
    assert sorted(set(numbers.tolist())) == [0, 1, 2]
