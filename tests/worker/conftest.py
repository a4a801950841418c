"""The model with its real weights, and photos with known answers."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from shared.settings import WeightsSettings
from worker.depth.portrait.estimator import Portrait
from worker.person.finder import PersonFinder

PROJECT = Path(__file__).parents[2]


def read(path: Path) -> np.ndarray:
    image = cv2.imread(str(path))
    assert image is not None, path
    return np.ascontiguousarray(image[..., ::-1])


@pytest.fixture(scope="session")
def weights() -> Path:
    return WeightsSettings.from_environment().weights


@pytest.fixture(scope="session")
def finder(weights) -> PersonFinder:
    return PersonFinder(weights)


@pytest.fixture(scope="session")
def model(weights) -> Portrait:
    return Portrait(weights)


@pytest.fixture(scope="session")
def astronaut() -> np.ndarray:
    return read(PROJECT / "stack" / "portrait.png")


@pytest.fixture(scope="session")
def head() -> np.ndarray:
    return read(PROJECT / "tests" / "data" / "heads" / "h3.jpg")
