import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from shared.cloud.camera import Intrinsics
from worker.head.fit.fit import posed, seen_landmarks
from worker.head.fit.head_fit import HeadFit
from worker.head.model.load import head_model


@pytest.fixture
def camera():
    return Intrinsics.from_focal((360, 480), 560.0)


@pytest.fixture(scope="session")
def model():
    return head_model()


@pytest.fixture
def person(model):
    """A head of known shape, expression and pose: turned by 20 degrees, a little tipped, smiling."""
    rng = np.random.default_rng(4)
    shape = 0.5 * rng.normal(size=len(model.modes))
    expression = np.zeros(len(model.expressions))
    for name in ("mouthSmileLeft", "mouthSmileRight", "jawOpen"):
        expression[model.expression_names.index(name)] = 0.5
    rotation = Rotation.from_euler("yx", [20, -8], degrees=True).as_matrix()
    fit = HeadFit(rotation, np.array([15.0, -40, 620]), 1.0, shape, expression, np.zeros((468, 3)), 0.0)
    landmarks = seen_landmarks(fit, model)
    return HeadFit(rotation, fit.shift_mm, 1.0, shape, expression, landmarks, 0.0)


@pytest.fixture
def mean_person(model, camera):
    """The mean head, straight before the camera."""
    landmarks = model.landmarks(model.mean + np.float32([0, 0, 600]))
    return posed(landmarks, model)
