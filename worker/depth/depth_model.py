"""What is known of a depth model before it is loaded: one row of the registry."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

from shared.cloud.pointcloud import Unit
from worker.depth.estimator import Estimator
from worker.depth.weights import Weights


@dataclass(frozen=True)
class LoadOptions:
    """How to load a network; depth models without one ignore it.

    side_px: the input's side instead of the native one.
    backend: "auto", "torch" or "onnxruntime".
    """

    side_px: int | None = None
    backend: str = "auto"


@dataclass(frozen=True)
class DepthModel(ABC):
    """A depth model; each family derives a class of its own, which knows how to load it.

    name: unique, as the API takes it.
    title: for a person to read.
    rank: `auto` takes the highest among the models that are ready.
    unit: of the depth that it gives by itself; a face makes "relative" metric, see `worker.depth.anchored`.
    weights: its files, and where they come from.
    licence: of those files.
    """

    name: str
    title: str
    rank: int
    unit: Unit
    weights: Weights
    licence: str

    @abstractmethod
    def load(self, folder: Path, options: LoadOptions) -> Estimator:
        """The estimator, from the folder that holds the files; what is heavy is imported here.

        Raises:
            ModelError: it cannot run as the options say.
            WeightsError: a file is absent or wrong.
        """
