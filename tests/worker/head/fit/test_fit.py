import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from shared.cloud.camera import project
from shared.cloud.classes import PointClass
from worker.head.contour import drawn
from worker.head.fit.fit import fit_head, posed, seen_landmarks
from worker.head.fit.outline import PersonOutline


def angle_deg(first, second):
    return np.degrees(Rotation.from_matrix(first @ second.T).magnitude())


def posed_off(person, model):
    return seen_landmarks(posed(person.landmarks_mm, model), model) - person.landmarks_mm


def silhouette(points, model, camera):
    mask = drawn(project(points.astype(float), camera), model.skin_triangles, camera)
    return mask, np.where(mask, PointClass.SKIN, PointClass.BACKGROUND).astype(np.uint8)


def test_the_mean_head_lies_on_its_own_landmarks(mean_person, model):
    assert np.allclose(mean_person.vertices(model), model.mean + np.array([0, 0, 600]), atol=0.01)


def test_a_head_is_found_again_from_its_landmarks(person, model):
    found = fit_head(person.landmarks_mm, model)
    assert angle_deg(found.rotation, person.rotation) < 2
    assert found.error_mm < 0.8
    off = np.linalg.norm(seen_landmarks(found, model) - person.landmarks_mm, axis=1)
    assert np.median(off) < 0.7 < np.median(np.linalg.norm(posed_off(person, model), axis=1))


def test_an_expression_is_found_and_no_other(person, model):
    found = dict(zip(model.expression_names, fit_head(person.landmarks_mm, model).expression, strict=True))
    assert found["mouthSmileLeft"] + found["mouthSmileRight"] > 0.5
    assert found["jawOpen"] > 0.2
    assert found["eyeBlinkLeft"] < 0.2
    assert found["mouthFrownLeft"] < 0.1


def test_weights_and_coefficients_stay_within_their_bounds(person, model):
    stretched = person.landmarks_mm.mean(0) + (person.landmarks_mm - person.landmarks_mm.mean(0)) * [1.3, 0.8, 1.2]
    found = fit_head(stretched, model)
    assert found.expression.min() >= 0
    assert found.expression.max() <= 1
    assert np.abs(found.shape).max() <= model.bound + 1e-6


def test_an_outline_moves_the_crown_where_landmarks_say_nothing(mean_person, model, camera):
    points = mean_person.vertices(model)
    above = np.clip((-points[:, 1] - 40) / 60, 0, 1)
    taller = points - np.float32([0, 12, 0]) * above[:, None]
    outline = PersonOutline.of(*silhouette(taller, model, camera), camera)
    without, found = fit_head(mean_person.landmarks_mm, model), fit_head(mean_person.landmarks_mm, model, outline)
    crown = [fit.vertices(model)[:, 1].min() for fit in (without, found)]
    assert crown[1] < crown[0] - 4


def test_an_outline_that_the_photo_cuts_away_is_no_outline(mean_person, model, camera):
    mask, classes = silhouette(mean_person.vertices(model), model, camera)
    everything = PersonOutline.of(np.ones_like(mask), classes, camera)
    assert len(everything.uv) == 0
    found = fit_head(mean_person.landmarks_mm, model, everything)
    assert np.allclose(found.shape, fit_head(mean_person.landmarks_mm, model).shape)


def test_what_is_no_face_is_no_good_fit(person, model):
    rng = np.random.default_rng(1)
    scrambled = person.landmarks_mm + rng.normal(scale=20, size=(468, 3))
    assert fit_head(person.landmarks_mm, model).good
    assert not fit_head(scrambled, model).good


@pytest.mark.parametrize("size", [0.8, 1.25])
def test_a_head_of_another_size_keeps_its_picture(person, model, camera, size):
    other = person.sized(size)
    pictures = [project(fit.vertices(model).astype(float), camera) for fit in (person, other)]
    assert np.allclose(*pictures, atol=0.01)
    assert other.error_mm == pytest.approx(size * person.error_mm)
