"""How a kind of network is fed with photos, and what its outputs say. Importing this imports no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Protocol

import numpy as np

from worker.depth.network.resizing import Interpolation, Resize
from worker.depth.network.transforms import InputRule, Normalisation, input_size_wh, network_input
from worker.depth.prediction import Prediction

Arrays = tuple[np.ndarray, ...]
"""What goes into a network, or comes out."""


class Reading(Protocol):
    """A kind of network, between a photo's pixels and a Prediction.

    multiple_px: both sides of an input may be any multiples of it; None where there is but one size.
    export_key: what an export depends on, as JSON values.
    """

    @property
    def multiple_px(self) -> int | None: ...

    @property
    def export_key(self) -> Mapping[str, object]: ...

    def with_tokens(self, tokens: int) -> Reading:
        """The reading of a network that sees a photo as so many tokens; as it is where their number is not open."""
        ...

    def input_size_wh(self, photo_size_wh: tuple[int, int]) -> tuple[int, int]:
        """Width and height that a photo has as the network's input."""
        ...

    def inputs(self, pixels: np.ndarray, input_wh: tuple[int, int]) -> Arrays:
        """A photo (H, W, 3) uint8 RGB as the network's inputs, float32, the picture (3, h, w) first."""
        ...

    def batch(self, pictures: np.ndarray) -> Arrays:
        """The network's inputs of photos whose pictures are given, (B, 3, h, w), of the photos' own aspect ratio."""
        ...

    def prediction(self, outputs: Arrays, size_wh: tuple[int, int], resized: Resize) -> Prediction:
        """What the outputs of one photo, float32 and finite, say on its grid."""
        ...


@dataclass(frozen=True)
class DisparityReading:
    """Of a network that gives a disparity of unknown scale and shift, and nothing else.

    rule, normalisation: how a photo becomes its input.
    interpolation: how its output gets the size of the photo's grid.
    """

    rule: InputRule
    normalisation: Normalisation
    interpolation: Interpolation = "bicubic"

    @property
    def multiple_px(self) -> int | None:
        """See `Reading`."""
        return None if self.rule.fixed else self.rule.multiple_px

    @property
    def export_key(self) -> Mapping[str, object]:
        """See `Reading`."""
        return asdict(self.rule)

    def with_tokens(self, tokens: int) -> DisparityReading:
        """See `Reading`; its rule fixes the number of tokens."""
        return self

    def input_size_wh(self, photo_size_wh: tuple[int, int]) -> tuple[int, int]:
        """See `Reading`."""
        return input_size_wh(photo_size_wh, self.rule)

    def inputs(self, pixels: np.ndarray, input_wh: tuple[int, int]) -> Arrays:
        """See `Reading`."""
        return (network_input(pixels, input_wh, self.normalisation),)

    def batch(self, pictures: np.ndarray) -> Arrays:
        """See `Reading`."""
        return (pictures,)

    def prediction(self, outputs: Arrays, size_wh: tuple[int, int], resized: Resize) -> Prediction:
        """See `Reading`."""
        (disparity,) = outputs  # (h, w)
        return Prediction(resized(disparity, size_wh, self.interpolation))
