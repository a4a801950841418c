"""Whole heads: closed, on the photo, without gaps and spikes, in clean colours."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
import pytest
import trimesh

from shared.cloud.camera import Intrinsics, project
from shared.cloud.classes import PointClass
from shared.head.head import HeadPart, WholeHead
from worker.geometry.raster import rasterise
from worker.head.fit.fit import posed, seen_landmarks
from worker.head.fit.head_fit import HeadFit
from worker.head.model.head_model import HeadModel
from worker.head.model.load import head_model
from worker.head.skin import fine_skin
from worker.head.view import HeadView
from worker.head.whole import whole_head
from worker.person.landmarks import LANDMARKS

SIZE_WH = (360, 440)
CAMERA = Intrinsics.from_focal(SIZE_WH, 700.0)
BEHIND = (0, 0, 255)  # the background is blue, which no part of the person is
SKIN, HAIR, CLOTH = (200, 150, 130), (70, 50, 40), (90, 120, 80)


@dataclass(frozen=True)
class Scene:
    """A person of whom all is known: the mean head, smiling a little, turned by 15 degrees, in flat colours."""

    model: HeadModel
    fit: HeadFit
    view: HeadView


def fit_of(model: HeadModel) -> HeadFit:
    angle = np.radians(15)
    turn = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
    expression = np.zeros(len(model.expressions))
    expression[[model.expression_names.index(name) for name in ("mouthSmileLeft", "mouthSmileRight")]] = 0.5
    start = posed(model.landmarks(model.mean + np.array([0, -20, 800.0])), model)
    fit = replace(start, rotation=turn, expression=expression, shift_mm=np.array([5.0, -60.0, 800.0]))
    return replace(fit, landmarks_mm=seen_landmarks(fit, model))


def scene(kind: str) -> Scene:
    """A bald person, one with hair, or one with hair and clothes; hair is 15 mm thick over the scalp."""
    model = head_model()
    fit, fine = fit_of(model), fine_skin(model)
    skin = fine.field(fit.vertices(model).astype(float))
    normals = trimesh.Trimesh(skin, fine.triangles, process=False).vertex_normals
    scalp = fine.field(model.scalp.astype(float)) if kind != "bald" else np.zeros(len(skin))
    low = fine.field(np.where((model.neck > 0.5) & (model.mean[:, 1] > 165), 1.0, 0.0))
    cloth = low if kind == "clothed" else np.zeros(len(skin))
    surface = skin + (15 * np.clip(scalp, 0, 1) + 8 * cloth)[:, None] * normals
    depth = drawn(surface, fine.triangles)
    classes = np.where(np.isfinite(depth), PointClass.SKIN, PointClass.BACKGROUND).astype(np.uint8)
    for share, which in ((scalp, PointClass.HAIR), (cloth, PointClass.CLOTHES)):
        there = fine.triangles[(share[fine.triangles] > 0.5).all(1)]
        if len(there):
            classes[drawn(surface, there) < depth + 0.5] = which
    colours = np.array([BEHIND, HAIR, SKIN, CLOTH, SKIN], np.uint8)
    alpha = np.isfinite(depth).astype(np.float32)
    return Scene(model, fit, HeadView(depth, CAMERA, alpha, classes, alpha, colours[classes]))


def drawn(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    corners = np.column_stack([project(points, CAMERA), points[:, 2]])
    return rasterise(corners, triangles, SIZE_WH[::-1]).astype(np.float32)


def winding(mesh: trimesh.Trimesh, points: np.ndarray) -> np.ndarray:
    """How often a closed mesh goes round each point. Source: van Oosterom & Strackee, IEEE TBME 1983 (solid angles)."""
    a, b, c = np.moveaxis(mesh.triangles[None] - points[:, None, None], 2, 0)
    la, lb, lc = (np.linalg.norm(each, axis=2) for each in (a, b, c))
    above = (a * np.cross(b, c)).sum(2)
    below = la * lb * lc + (a * b).sum(2) * lc + (b * c).sum(2) * la + (c * a).sum(2) * lb
    return 2 * np.arctan2(above, below).sum(1) / (4 * np.pi)


@pytest.fixture(scope="module", params=["bald", "hairy", "clothed"])
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def seen(kind):
    return scene(kind)


@pytest.fixture(scope="module")
def head(seen):
    return whole_head(seen.view, seen.fit, seen.model)


def part(head: WholeHead, name: str) -> HeadPart:
    return next(each for each in head.parts if each.name == name)


def welded(head: WholeHead, each: HeadPart) -> trimesh.Trimesh:
    points, place = np.unique(head.posed(each), axis=0, return_inverse=True)
    return trimesh.Trimesh(points, place.ravel()[each.triangles], process=False)


def test_it_has_the_parts_that_the_photo_shows(head, kind):
    names = [each.name for each in head.parts]
    expected = {"bald": [], "hairy": ["hair"], "clothed": ["hair", "clothes"]}[kind]
    assert names == ["skin", "eyes", "teeth", "tongue", *expected]


def test_every_part_is_closed_and_wound_outward(head):
    for each in head.parts:
        mesh = welded(head, each)
        assert mesh.is_watertight, each.name
        assert mesh.is_winding_consistent and mesh.volume > 0, each.name


def test_no_vertex_is_far_away_and_no_edge_is_a_spike(head, seen):
    low, high = np.nanmin(seen.view.depth), np.nanmax(seen.view.depth)
    for each in head.parts:
        posed_ = head.posed(each)
        assert posed_[:, 2].min() > low - 15 and posed_[:, 2].max() < high + 330, each.name
        edges = each.triangles[~fine_skin(seen.model).cap] if each.name == "skin" else each.triangles
        assert np.linalg.norm(posed_[edges[:, 0]] - posed_[edges[:, 1]], axis=1).max() < 90, each.name


def test_the_face_meets_the_visible_depth(head, seen):
    skin = part(head, "skin")
    face = seen.model.landmarks(seen.fit.vertices(seen.model))[[4, 50, 280, 9, 205, 425]]
    u, v = np.rint(project(face, CAMERA)).astype(int).T
    made = drawn(head.posed(skin), skin.triangles)
    assert np.abs(made[v, u] - seen.view.depth[v, u]).max() < 1.5


def test_from_the_photo_it_fills_the_outline_without_gaps(head, seen):
    made = np.full(SIZE_WH[::-1], np.inf)
    for each in head.parts:
        made = np.fmin(made, drawn(head.posed(each), each.triangles))
    mine, true = np.isfinite(made), np.isfinite(seen.view.depth)
    assert (mine & true).sum() / (mine | true).sum() > 0.97
    holes = cv2.morphologyEx(mine.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((9, 9))) > mine
    within = cv2.erode(true.astype(np.uint8), np.ones((9, 9))) > 0
    assert (holes & within).sum() < 15  # of 60,000 pixels


def test_hair_lies_over_the_scalp_all_around(head, seen, kind):
    if kind == "bald":
        return
    fine, skin, hair = fine_skin(seen.model), part(head, "skin"), welded(head, part(head, "hair"))
    scalp = fine.field(seen.model.scalp.astype(float))[fine.uv_vertex] > 0.95
    points = head.posed(skin)[scalp][::40]
    assert winding(hair, points).mean() > 0.98
    covered = hair.vertices[:, 2].max() - points[:, 2].max()
    assert 4 < covered < 25  # at the back, which the photo does not show, as thick as where it does


def test_neutral_and_weights_give_the_photo_s_expression(head, seen):
    assert head.weights["mouthSmileLeft"] == pytest.approx(0.5)
    skin = part(head, "skin")
    moved = head.posed(skin) - skin.vertices
    smile = skin.morphs["mouthSmileLeft"]
    assert np.linalg.norm(moved[smile.indices], axis=1).max() > 3
    assert not np.delete(moved, np.concatenate([m.indices for m in skin.morphs.values()]), axis=0).any()


def test_no_background_and_no_hair_is_on_the_skin(head, kind):
    texture = part(head, "skin").texture[: int(0.87 * part(head, "skin").texture.shape[0])].astype(int)
    blue = texture[..., 2] > texture[..., 0]
    assert blue.mean() < 0.002
    assert texture.sum(2).min() > 60


def test_hair_and_clothes_have_their_own_colours_behind_too(head):
    for each, colour in ((one, HAIR if one.name == "hair" else CLOTH) for one in head.parts[4:]):
        off = np.abs(each.rgb.astype(int) - colour).max(1)
        assert np.percentile(off, 90) < 60, each.name


def test_the_side_that_is_not_seen_mirrors_the_other(seen, kind):
    if kind != "bald":
        return
    pixels = seen.view.pixels.copy()
    mole = project(seen.fit.landmarks_mm[[50]], CAMERA)[0]
    cv2.circle(pixels, tuple(int(c) for c in np.rint(mole)), 6, (120, 40, 40), -1)
    texture = part(whole_head(replace(seen.view, pixels=pixels), seen.fit, seen.model), "skin").texture
    dark = (np.abs(texture.astype(int) - (120, 40, 40)).sum(2) < 90).sum()
    assert dark > 10


def test_eyes_look_where_the_irises_are(seen, kind):
    if kind != "bald":
        return
    pixels = np.full((880, 720, 3), 200, np.uint8)
    for rim in (LANDMARKS.right_eye_rim, LANDMARKS.left_eye_rim):
        outline = 2 * project(seen.fit.landmarks_mm[list(rim)], CAMERA) + 0.5
        middle = outline.mean(0) + np.array(
            [0.2 * np.ptp(outline[:, 0]), 0]
        )  # to the right in the photo: the person's left
        cv2.circle(pixels, tuple(int(c) for c in np.rint(middle)), 5, (40, 30, 20), -1)
    weights = whole_head(replace(seen.view, pixels=pixels), seen.fit, seen.model).weights
    assert weights["eyeLookInRight"] > 0.1 and weights["eyeLookOutLeft"] > 0.1
    assert "eyeLookOutRight" not in weights and "eyeLookInLeft" not in weights
