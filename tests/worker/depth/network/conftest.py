"""Seeded checkpoints as real files, and models that load them as they load a download."""

import dataclasses

import pytest

from tests.support.seeding import write_checkpoint
from worker.depth import registry
from worker.depth.weights import Weights, WeightsFile


@pytest.fixture
def seeded_model(tmp_path, monkeypatch):
    """Makes a model's estimator from its seeded checkpoint; only the pinned hash is set aside."""

    def load(name, backend="torch"):
        file = WeightsFile(f"{name}.pt")
        write_checkpoint(name, tmp_path / file.name)
        monkeypatch.setitem(registry.ROWS, name, dataclasses.replace(registry.row(name), weights=Weights((file,), ())))
        return registry.load(name, tmp_path, backend)

    return load
