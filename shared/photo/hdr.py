"""Photos that are brighter than white, PQ and HLG, as a screen shows them that cannot be.

Light is in parts of a white of 203 cd/m2; the brightest that is told apart is 1000 cd/m2.

Source: ITU-R BT.2100-2 (PQ, HLG), BT.2408-7 (203 cd/m2); SMPTE ST 2094-50, annex C: its map by the reference white,
    which Chromium uses where a photo says nothing else.
"""

from __future__ import annotations

import numpy as np

WHITE_NITS = 203.0
PEAK = 1000.0 / WHITE_NITS
WHITE_SHOWN = 0.5  # what becomes of white, so that there is room above
KNEE_SHARE = 0.65  # how far the curve above white goes straight on
TABLE = 4096
LUMINANCE_2020 = (0.2627, 0.6780, 0.0593)
SYSTEM_GAMMA_LESS_1 = 0.2


def light_from_pq(signal: np.ndarray) -> np.ndarray:
    """BT.2100, table 4."""
    root = signal ** (32 / 2523)
    share = np.maximum(root - 107 / 128, 0) / (2413 / 128 - 2392 / 128 * root)
    return 10_000 / WHITE_NITS * share ** (16_384 / 2610)


def light_from_hlg(signal: np.ndarray) -> np.ndarray:
    """BT.2100, table 5: of the scene, 0 to 1."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)


def shown_from_pq(light: np.ndarray) -> np.ndarray:
    """Light (3, ...) of BT.2020's primaries as a screen shows it whose white is 1."""
    return light * _gain(light.max(axis=0))


def shown_from_hlg(light: np.ndarray) -> np.ndarray:
    """The same from light of the scene, by way of a screen whose peak is 1000 cd/m2."""
    luminance = sum(share * part for share, part in zip(LUMINANCE_2020, light, strict=True))
    return shown_from_pq(PEAK * light * np.maximum(luminance, 0) ** SYSTEM_GAMMA_LESS_1)


def _gain(brightest: np.ndarray) -> np.ndarray:
    """By how much to multiply light whose brightest colour that is."""
    x, y = _CURVE
    shown = np.interp(brightest, x, y).astype(np.float32)
    return np.where(brightest > 1, shown / np.maximum(brightest, 1), np.float32(WHITE_SHOWN))


def _curve() -> tuple[np.ndarray, np.ndarray]:
    """Light and what is shown of it, above white: a parabola that begins as steep as what is below it."""
    middle_x = 1 - KNEE_SHARE + KNEE_SHARE / WHITE_SHOWN
    middle_y = (1 - KNEE_SHARE) * WHITE_SHOWN + KNEE_SHARE
    t = np.linspace(0, 1, TABLE)
    before, between, after = (1 - t) ** 2, 2 * t * (1 - t), t**2
    return before + between * middle_x + after * PEAK, before * WHITE_SHOWN + between * middle_y + after


_CURVE = _curve()
