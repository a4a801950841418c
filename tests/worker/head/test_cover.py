import cv2
import numpy as np

from shared.cloud.camera import project
from shared.cloud.classes import PointClass
from worker.head.contour import drawn
from worker.head.cover import COVER, cover_mm, covered
from worker.head.fit.outline import PersonOutline


def photo_of(points, model, camera, *, grown_px=0, top=PointClass.HAIR):
    """The mask and classes of a head, its upper part grown, which shows a class of its own."""
    mask = drawn(project(points.astype(float), camera), model.skin_triangles, camera).astype(np.uint8)
    grown = cv2.dilate(mask, np.ones((2 * grown_px + 1, 2 * grown_px + 1), np.uint8))
    rows = np.arange(camera.height)[:, None]
    brow = project(points[model.landmark_corners[10, 0]].astype(float), camera)[1]
    mask = np.where(rows < brow, grown, mask).astype(bool)
    classes = np.where(mask, np.where(rows < brow, top, PointClass.SKIN), PointClass.BACKGROUND)
    return mask, classes.astype(np.uint8)


def test_thick_hair_stands_off_the_scalp_and_not_off_the_face(mean_person, model, camera):
    points = mean_person.vertices(model)
    mask, classes = photo_of(points, model, camera, grown_px=16)
    outline = PersonOutline.of(mask, classes, camera)
    on_face = classes == PointClass.SKIN
    thickness = cover_mm(mean_person, model, outline, on_face, camera)
    grown_mm = 16 * 680 / camera.fx
    crown = points[:, 1] < points[:, 1].min() + 15
    assert abs(np.median(thickness[crown]) - grown_mm) < 5
    nose = model.landmark_corners[4]
    assert np.abs(thickness[nose]).max() < 1
    back = (model.scalp > 0.5) & (points[:, 2] > np.percentile(points[model.scalp > 0.5, 2], 95))
    assert 2 < np.median(thickness[back]) < grown_mm


def test_a_bald_head_that_its_outline_meets_has_no_cover(mean_person, model, camera):
    points = mean_person.vertices(model)
    mask, classes = photo_of(points, model, camera, top=PointClass.SKIN)
    outline = PersonOutline.of(mask, classes, camera)
    thickness = cover_mm(mean_person, model, outline, classes == PointClass.SKIN, camera)
    assert np.percentile(np.abs(thickness), 99) < 2.5


def test_what_stands_far_off_is_no_cover(mean_person, model, camera):
    points = mean_person.vertices(model)
    mask, classes = photo_of(points, model, camera, grown_px=50, top=PointClass.OTHER)
    outline = PersonOutline.of(mask, classes, camera)
    thickness = cover_mm(mean_person, model, outline, classes == PointClass.SKIN, camera)
    assert thickness.max() <= COVER.most_hair_mm


def test_a_cover_lies_along_the_normals(mean_person, model):
    flat = mean_person.vertices(model)
    thick = covered(mean_person, model, np.full(len(flat), 10.0))
    skin = np.unique(model.skin_triangles)
    assert np.allclose(np.linalg.norm((thick - flat)[skin], axis=1), 10, atol=0.01)
    assert thick[:, 1].min() < flat[:, 1].min() - 9
