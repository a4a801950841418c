"""Every depth model, gathered from the families' rows. Importing this imports no torch: loading a model does."""

from __future__ import annotations

from pathlib import Path

from shared.errors import ModelError, WeightsError
from worker.depth.estimator import DepthModel, Estimator
from worker.depth.midas import rows as midas
from worker.depth.portrait import row as portrait

AUTO = "auto"
FOR_MAPS = "portrait"
"""The depth model of a photo that brings its own disparity map, which takes the network's place beside the face."""
FAMILIES = (portrait, midas)
ROWS: dict[str, DepthModel] = {
    row.name: row for row in sorted((row for family in FAMILIES for row in family.ROWS), key=lambda row: -row.rank)
}
"""The rows by name, best rank first."""


def row(name: str) -> DepthModel:
    """The row of a depth model.

    Raises:
        ModelError: no depth model has that name; the message names those that there are.
    """
    if name not in ROWS:
        raise ModelError(f"no depth model is called {name!r}; there are {', '.join(ROWS)}, and {AUTO}")
    return ROWS[name]


def choose(name: str, folder: Path) -> DepthModel:
    """The row of a depth model by name, or with `auto` the best one whose files lie in the cache folder.

    Raises:
        ModelError: no depth model has that name.
        WeightsError: `auto`, and none is ready.
    """
    if name != AUTO:
        return row(name)
    best = next((model for model in ROWS.values() if model.weights.present(folder)), None)
    if best is None:
        raise WeightsError(
            f"no depth model is ready in {folder}; `python -m worker.depth.weights fetch portrait` gets one"
        )
    return best


def load(name: str, folder: Path, backend: str = "auto") -> Estimator:
    """Load a depth model by name, or `auto`; for the backend see `DepthModel.load`.

    Raises:
        ModelError: no depth model has that name, or it cannot run on that backend.
        WeightsError: its files are absent or wrong.
    """
    model = choose(name, folder)
    if not model.weights.present(folder):
        raise WeightsError(
            f"the weights of {model.name} are not in {folder}; `python -m worker.depth.weights fetch {model.name}` "
            "gets them"
        )
    return model.load(folder, backend)
