import cv2
import numpy as np
import pytest

from worker.geometry.clean.layers import alpha_of_outline, layers_of

SKIN, WALL = np.array([200, 150, 120]), np.array([30, 60, 90])  # up to 170 apart


def mixed(alpha, front=SKIN, behind=WALL):
    share = alpha[..., None]
    return np.rint(share * front + (1 - share) * behind).astype(np.uint8)


def soft_edge(height=60, width=90):
    """Alpha that falls from 1 to 0 between columns 30 and 50."""
    return np.clip((50 - np.arange(width)) / 20, 0, 1).astype(np.float32) * np.ones((height, 1), np.float32)


def test_two_even_colours_are_taken_apart_wherever_they_are_mixed():
    alpha = soft_edge()
    layers = layers_of(mixed(alpha), alpha)
    np.testing.assert_allclose(layers.front, np.broadcast_to(SKIN, layers.front.shape), atol=20)
    np.testing.assert_allclose(layers.behind, np.broadcast_to(WALL, layers.behind.shape), atol=20)


def test_a_pixel_that_one_layer_fills_has_the_picture_s_colour():
    alpha = soft_edge()
    colours = np.random.default_rng(3).integers(0, 256, (60, 90, 3), dtype=np.uint8)
    layers = layers_of(colours, alpha)
    np.testing.assert_array_equal(layers.front[alpha == 1], colours[alpha == 1])
    np.testing.assert_array_equal(layers.behind[alpha == 0], colours[alpha == 0])


def test_the_layers_mix_to_the_picture_again_where_both_can_be_colours():
    alpha = soft_edge()
    wood = np.clip(SKIN + np.random.default_rng(3).normal(0, 9, (60, 90, 3)), 0, 255)
    picture = mixed(alpha, wood)
    layers = layers_of(picture, alpha)
    # Of what even layers leave, a^2 + (1 - a)^2 is given to these: half at least.
    left = np.abs(mixed(alpha, layers.front, layers.behind).astype(int) - picture)
    assert left.mean() < 0.3 * np.abs(mixed(alpha).astype(int) - picture).mean()


@pytest.mark.parametrize("blur_px", [0.0, 1.2])
def test_strands_of_hair_lose_most_of_the_wall_s_colour_even_with_a_blurred_alpha(blur_px):
    colours, hair, alpha = strands(blur_px)
    layers, shown = layers_of(colours, alpha), (alpha > 0.3) & (alpha < 0.98)
    before = np.abs(colours.astype(int) - hair)[shown].mean()
    assert np.abs(layers.front.astype(int) - hair)[shown].mean() < 0.5 * before


def strands(blur_px):
    """A picture (120, 160, 3) of a dark wig whose strands thin out before a white wall, the wig's colour, and alpha."""
    random = np.random.default_rng(5)
    cover = random.random((120, 160)) < np.clip((100 - np.arange(160)) / 60, 0, 1)
    alpha = cv2.GaussianBlur(cover.astype(np.float32), (0, 0), 0.8)
    hair = np.array([60, 40, 30])
    colours = mixed(alpha, hair, np.array([240, 240, 240]))
    return colours, hair, cv2.GaussianBlur(alpha, (0, 0), blur_px) if blur_px else alpha


def test_a_layer_that_is_nowhere_seen_is_black():
    colours = np.full((5, 7, 3), 90, np.uint8)
    layers = layers_of(colours, np.ones((5, 7), np.float32))
    assert (layers.front == 90).all()
    assert not layers.behind.any()


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (7, 2), (33, 65)])
def test_pictures_of_any_size_are_taken_apart(shape):
    layers = layers_of(np.full((*shape, 3), 80, np.uint8), np.full(shape, 0.5, np.float32))
    assert layers.front.shape == layers.behind.shape == (*shape, 3)
    np.testing.assert_allclose(layers.front, 80, atol=1)


def test_the_rim_of_an_outline_is_not_trusted_and_what_is_thinner_than_that_is():
    known = np.zeros((40, 60), bool)
    known[10:30, 15:45] = True  # 1.5 pixels, the least reach, take the outermost one
    known[35] = True  # a line
    alpha = alpha_of_outline(known)
    assert (alpha[11:29, 16:44] == 1).all()
    assert not alpha[10, 15:45].any()
    assert (alpha[35] == 1).all()
    assert not alpha[~known].any()
    line = np.zeros((40, 60), bool)
    line[20] = True
    np.testing.assert_array_equal(alpha_of_outline(line), line)
