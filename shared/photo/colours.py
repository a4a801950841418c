"""What the samples of a photo mean as light, and how that looks in 8-bit sRGB.

Convention: a signal is a sample between 0 and 1; light is linear, 1 where it is white, its red, green and blue on the
first axis.

Source: IEC 61966-2-1 (sRGB).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

Curve = Callable[[np.ndarray], np.ndarray]  # from signal to light
ToneMap = Callable[[np.ndarray], np.ndarray]  # from light (3, ...) of a brighter screen to one whose white is 1

STEPS = 65_535  # of 16-bit samples; fine enough to look sRGB up, whose curve is steepest at black


@dataclass(frozen=True)
class Colours:
    """Of red, green and blue the curve to light, and how that light mixes on a screen of sRGB's primaries.

    curves: one for each.
    to_srgb: (3, 3), from a column of the photo's light to one of sRGB's.
    tone_map: what brings light that is brighter than white into range; None where there is none.
    """

    curves: tuple[Curve, Curve, Curve]
    to_srgb: np.ndarray = field(default_factory=lambda: np.eye(3))
    tone_map: ToneMap | None = None

    def usable(self) -> bool:
        """Whether every sample gives light, which broken curves do not."""
        return bool(np.isfinite(self.to_srgb).all() and np.isfinite(self.light(STEPS)).all())

    def light(self, top: int) -> np.ndarray:
        """Light of each sample from 0 to `top`: (3, top + 1) float32."""
        signal = np.linspace(0, 1, top + 1)
        with np.errstate(all="ignore"):  # curves have branches for values that are not theirs
            return np.stack([curve(signal) for curve in self.curves]).astype(np.float32)


class ToSrgb:
    """Turns samples into 8-bit sRGB."""

    def __init__(self, colours: Colours, top: int) -> None:
        """Prepare for samples from 0 to `top`."""
        self._colours, self._light = colours, colours.light(top)
        self._unchanged = colours is SRGB and top == 255

    def __call__(self, samples: np.ndarray) -> np.ndarray:
        """Samples (H, W, 3), or (H, W, 1) of gray, to (H, W, 3) uint8 sRGB."""
        if self._unchanged:
            return np.broadcast_to(samples, (*samples.shape[:2], 3))
        if samples.shape[2] == 1:
            return self._gray[samples[..., 0]]
        return self._shown(np.stack([self._light[channel][samples[..., channel]] for channel in range(3)]))

    @cached_property
    def _gray(self) -> np.ndarray:
        return self._shown(self._light)

    def _shown(self, light: np.ndarray) -> np.ndarray:
        if self._colours.tone_map:
            light = self._colours.tone_map(light)
        return np.stack([_encoded(part) for part in mixed(self._colours.to_srgb, light)], axis=-1)


def mixed(matrix: np.ndarray, light: np.ndarray) -> np.ndarray:
    """Light of other primaries, by a matrix (3, 3); without a matrix product, which takes memory for each thread."""
    rows = matrix.astype(light.dtype)
    return np.stack([sum(share * part for share, part in zip(row, light, strict=True)) for row in rows])


def light_from_srgb(signal: np.ndarray) -> np.ndarray:
    """The curve of sRGB."""
    return np.where(signal <= 0.04045, signal / 12.92, ((np.maximum(signal, 0) + 0.055) / 1.055) ** 2.4)


def _encoded(light: np.ndarray) -> np.ndarray:
    """8-bit sRGB of light, by a table; what is out of range is clipped."""
    return _SRGB[(np.clip(light, 0, 1) * STEPS + 0.5).astype(np.uint16)]


def _srgb_table() -> np.ndarray:
    light = np.linspace(0, 1, STEPS + 1)
    signal = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.rint(255 * signal).astype(np.uint8)


_SRGB = _srgb_table()
SRGB = Colours((light_from_srgb,) * 3)
