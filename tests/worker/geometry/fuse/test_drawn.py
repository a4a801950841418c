"""A ball with ripples that neither landmarks nor the network's depth know, but its normals."""

from dataclasses import replace

import numpy as np
import pytest

from tests.support.fusing import CAMERA, FACE, FROM_MIDDLE_PX, HEAD, ON_HEAD, U, V, sight
from worker.geometry.fuse.agreement import Agreement
from worker.geometry.fuse.drawn import DRAWN, drawn, face_agreement
from worker.geometry.fuse.surface import joined
from worker.geometry.jumps import links_of
from worker.geometry.normals import normals_of

ON_FACE = np.isfinite(FACE)
PIXEL_MM = float(np.nanmedian(FACE)) / CAMERA.fx
RIPPLES_MM = 0.6 * np.sin(2 * np.pi * U * PIXEL_MM / 24)
NETWORK = np.where(ON_HEAD, HEAD, 2000.0)
SIGHT = sight(np.ones(FACE.shape, np.float32))
INNER_FACE = FROM_MIDDLE_PX < 40
BESIDE = (FROM_MIDDLE_PX > 50) & (FROM_MIDDLE_PX < 60)


def normals(depth):
    return normals_of(depth, CAMERA, links_of(depth, CAMERA))


RIPPLED = normals(HEAD + RIPPLES_MM)


def slope(values, at):
    """How much of the ripples is in some values: 1 is all."""
    ripples = RIPPLES_MM[at] - RIPPLES_MM[at].mean()
    return float((values[at] * ripples).sum() / (ripples**2).sum())


@pytest.mark.parametrize("at", [INNER_FACE, BESIDE], ids=["on the face", "beside it"])
def test_ripples_that_only_the_normals_know_are_drawn_once(at):
    surface = joined(NETWORK, SIGHT, RIPPLED)
    # Of a wave of 24 mm, with k = 2 pi / 24 mm, the share k^2 L^2 / (1 + k^2 L^2) is drawn.
    expected = 1 / (1 + (24 / (2 * np.pi * DRAWN.length_mm)) ** 2)
    assert slope(surface.depth - HEAD, at) == pytest.approx(expected, abs=0.15)


def test_the_report_says_how_much_is_drawn():
    report = joined(NETWORK, SIGHT, RIPPLED).drawn.report()
    assert report["face_share"] > 0.9
    assert report["body_share"] > 0.7
    assert report["agreement_deg"] < 5
    assert report["gain"] == pytest.approx(1, abs=0.1)


def test_without_normals_nothing_is_drawn_and_normals_of_something_else_are_left_out():
    plain = joined(NETWORK, SIGHT)
    assert plain.drawn is None
    other = np.broadcast_to([0.6, 0.0, -0.8], RIPPLED.shape)
    np.testing.assert_allclose(joined(NETWORK, SIGHT, other).depth, plain.depth, atol=0.05)


def test_at_the_outline_beside_the_person_and_where_the_network_sees_nothing_nothing_moves():
    unseen = np.where(U < 110, np.float32(np.nan), np.float32(1))
    half = replace(SIGHT, disparity=unseen)
    change = drawn(RIPPLED, NETWORK, face_agreement(RIPPLED, half), half).change
    assert not change[~ON_HEAD].any()
    assert slope(change, INNER_FACE & (U < 85)) < 0.1
    assert slope(change, INNER_FACE & (U > 125)) > 0.6


def test_what_has_no_normals_moves_with_what_lies_beside_it():
    above = V < 80
    waved = normals(HEAD + 2 * np.cos(2 * np.pi * (V - 80) * PIXEL_MM / 60))
    face = Agreement(1.0, (above & ON_FACE).astype(np.float32), share=0.5)
    change = drawn(np.where(above[..., None], waved, np.nan), NETWORK, face, SIGHT).change
    below = change[76:100, 110]
    assert np.abs(below).min() > 0.1
    assert np.abs(np.diff(below)).max() < 0.25


def test_where_normals_draw_the_face_the_networks_depth_does_not_draw_it_again():
    surface = joined(NETWORK + RIPPLES_MM, SIGHT, normals(HEAD))  # its depth has ripples, its normals none
    assert abs(slope(surface.depth - HEAD, INNER_FACE)) < 0.1


@pytest.mark.parametrize("half_px", [1.5, 4, 9])
def test_a_tiny_face_is_no_exception(half_px):
    tiny = sight(np.ones(FACE.shape, np.float32), face=np.where(half_px > FROM_MIDDLE_PX, FACE, np.nan))
    surface = joined(NETWORK, tiny, RIPPLED)
    assert np.isfinite(surface.depth).all()
    np.testing.assert_allclose(surface.depth[ON_HEAD], HEAD[ON_HEAD], atol=3)
