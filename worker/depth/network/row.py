"""The row of a depth network; importing it imports no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from worker.depth.estimator import DepthModel, Estimator
from worker.depth.network import exports
from worker.depth.network.reading import Reading
from worker.depth.portrait.row import WEIGHTS as FACE_WEIGHTS


@dataclass(frozen=True)
class Precision:
    """The type of a network's weights and activations, and whether its convolutions run on NHWC tensors."""

    dtype: Literal["float32", "float16", "bfloat16"]
    channels_last: bool


@dataclass(frozen=True)
class NetworkKind:
    """A kind of network, of which there may be several sizes.

    builder: `module:function`; the function gives the NetworkSpec of a size.
    precision: of its networks on a GPU. On a CPU all run in float32.
    """

    builder: str
    precision: Precision


@dataclass(frozen=True)
class NetworkModel(DepthModel):
    """A depth network.

    kind: its kind; arguments: its size, as the kind's builder takes it.
    reading: how a photo becomes its inputs, and its outputs a prediction.
    """

    kind: NetworkKind
    arguments: Mapping[str, Any]
    reading: Reading

    def lacks(self, folder: Path) -> str | None:
        """Without torch it runs from its export alone; see `DepthModel.lacks`."""
        absent = super().lacks(folder)
        if absent or exports.torch_is_here():
            return absent
        (file,) = self.weights.files
        if exports.exists(folder / exports.EXPORTS, file.known_sha256(folder), self.reading):
            return None
        return (
            f"torch is not installed, and {folder} has no export of it; `python -m worker.depth.weights fetch "
            f"{self.name}` makes one where torch is"
        )

    def prepare(self, folder: Path) -> None:
        """Export the network for CPUs; see `DepthModel.prepare`."""
        from worker.depth.network.loading import prepare

        prepare(self, folder)

    def load(self, folder: Path, backend: str, tokens: int) -> Estimator:
        """The network, made metric by faces where their files are in the folder too; see `DepthModel.load`."""
        from worker.depth.anchored import Anchored
        from worker.depth.network.loading import load
        from worker.depth.portrait.estimator import Portrait

        network = load(self, folder, backend, tokens)
        if not FACE_WEIGHTS.present(folder):
            return network
        FACE_WEIGHTS.verify(folder)
        return Anchored(network, Portrait(folder))
