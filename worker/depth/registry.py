"""Every depth model, gathered from the families' rows. Importing this imports no torch: loading a model does.

What `auto` takes: the model of the highest rank whose files lie in the cache folder, together with those of the face
networks, and whose licence allows commercial use.

- A network gives hair, clothes and shoulders, which the face alone does not, and keeps the face; so it goes before
  `portrait`, which has no network. That was seen with maps of networks down to MiDaS v3 Hybrid: `portrait` ranks just
  below it, and above the smaller ones, of which nothing was seen.
- MoGe-2 goes before the other networks, which know neither sizes nor the lens. Among those the ranks follow the
  accuracy that their authors published: Depth Anything V2 before MiDaS.
- Of a photo without a face a network gives depth, most of them a relative one, where `portrait` refuses. Without the
  face's files it would give no more of any photo: `auto` never takes it then.
- A network that needs torch, where torch is not installed, is as good as absent: see `DepthModel.lacks`.
- Cost has no say, since a network's weights lie in the folder because somebody fetched them; but a row that wants a GPU
  goes behind the others where there is none, or the backend uses none, since a photo takes a CPU many seconds; but
  before `portrait`.
"""

from __future__ import annotations

from pathlib import Path

from shared.errors import ModelError, WeightsError
from shared.options import NETWORK_TOKENS
from worker.depth.depth_anything import rows as depth_anything
from worker.depth.estimator import DepthModel, Estimator
from worker.depth.gpu import gpu_is_here
from worker.depth.midas import rows as midas
from worker.depth.moge import rows as moge
from worker.depth.portrait import row as portrait

AUTO = "auto"
FOR_MAPS = "portrait"
"""The depth model of a photo that brings its own disparity map, which takes the network's place beside the face."""
RANK_WITHOUT_GPU = 39
"""Of a row that wants a GPU where there is none: just before `portrait`; among themselves by their own ranks."""
FAMILIES = (portrait, moge, depth_anything, midas)
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


def choose(name: str, folder: Path, backend: str = "auto") -> DepthModel:
    """The row of a depth model by name, or with `auto` the best one that may be taken unasked, as told above.

    Args:
        name: of the depth model.
        folder: of the weights.
        backend: on which it will be loaded; see `DepthModel.load`.
    Raises:
        ModelError: no depth model has that name.
        WeightsError: `auto`, and none is ready.
    """
    if name != AUTO:
        return row(name)
    if not portrait.WEIGHTS.present(folder):
        raise WeightsError(
            f"`{AUTO}` needs the face networks, which are not in {folder}; `python -m worker.depth.weights fetch "
            "portrait` gets them"
        )
    free = [model for model in ROWS.values() if not model.non_commercial and not model.lacks(folder)]
    return max(free, key=lambda model: _rank_on(model, backend))


def _rank_on(model: DepthModel, backend: str) -> tuple[int, int]:
    """The rank with a GPU, or without one; then the row's own. ONNX Runtime runs on CPUs alone."""
    without = model.wants_gpu and (backend == "onnxruntime" or not gpu_is_here())
    return (RANK_WITHOUT_GPU if without else model.rank), model.rank


def load(name: str, folder: Path, backend: str = "auto", tokens: int = NETWORK_TOKENS) -> Estimator:
    """Load a depth model by name, or `auto`; for backend and tokens see `DepthModel.load`.

    Raises:
        ModelError: no depth model has that name, or it cannot run on that backend.
        WeightsError: its files are absent or wrong.
    """
    return loadable(name, folder, backend).load(folder, backend, tokens)


def loadable(name: str, folder: Path, backend: str = "auto") -> DepthModel:
    """The row of a depth model that can be loaded here, by name or `auto`; arguments as for `choose`.

    Raises:
        ModelError: no depth model has that name.
        WeightsError: it cannot; the message says what has to be done.
    """
    model = choose(name, folder, backend)
    if lack := model.lacks(folder):
        raise WeightsError(f"{model.name} cannot run here: {lack}")
    return model
