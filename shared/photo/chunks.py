"""Colours that chunks of a PNG file name: by code points (cICP), by gamma and primaries (gAMA, cHRM).

Where the standards leave a choice, it is as Chromium shows such photos.

Source: PNG, W3C specification, third edition, sections 4.3 and 11.3.2; ITU-T H.273, tables 2 and 3.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from functools import partial

import numpy as np

from shared.photo.colours import Colours, Curve, ToneMap, light_from_srgb, mixed
from shared.photo.hdr import light_from_hlg, light_from_pq, shown_from_hlg, shown_from_pq

Primaries = tuple[float, ...]  # x and y of red, green, blue and white

D65, ILLUMINANT_C = (0.3127, 0.3290), (0.310, 0.316)
BT709: Primaries = (0.640, 0.330, 0.300, 0.600, 0.150, 0.060, *D65)
BT2020: Primaries = (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, *D65)
SMPTE170: Primaries = (0.630, 0.340, 0.310, 0.595, 0.155, 0.070, *D65)
PRIMARIES: Mapping[int, Primaries] = {
    1: BT709,
    4: (0.67, 0.33, 0.21, 0.71, 0.14, 0.08, *ILLUMINANT_C),
    5: (0.64, 0.33, 0.29, 0.60, 0.15, 0.06, *D65),
    6: SMPTE170,
    7: SMPTE170,
    8: (0.681, 0.319, 0.243, 0.692, 0.145, 0.049, *ILLUMINANT_C),
    9: BT2020,
    10: (1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1 / 3, 1 / 3),
    11: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.314, 0.351),
    12: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, *D65),
    22: (0.630, 0.340, 0.295, 0.605, 0.155, 0.077, *D65),
}
"""By H.273's ColourPrimaries."""


def _power(signal: np.ndarray, *, power: float, scale: float = 1.0) -> np.ndarray:
    return scale * signal**power


def _smpte_240(signal: np.ndarray) -> np.ndarray:
    return np.where(signal < 0.0913, signal / 4, ((signal + 0.1115) / 1.1115) ** (1 / 0.45))


VIDEO = partial(_power, power=2.4)  # as screens show what BT.709 and BT.2020 encode: BT.1886
CURVES: Mapping[int, Curve] = {
    **dict.fromkeys((1, 6, 11, 14, 15), VIDEO),
    4: partial(_power, power=2.2),
    5: partial(_power, power=2.8),
    7: _smpte_240,
    8: partial(_power, power=1.0),
    13: light_from_srgb,
    17: partial(_power, power=2.6, scale=52.37 / 48),
}
"""By H.273's TransferCharacteristics; those that are absent are logarithmic, or not known."""
BRIGHTER_THAN_WHITE: Mapping[int, tuple[Curve, ToneMap]] = {
    16: (light_from_pq, shown_from_pq),
    18: (light_from_hlg, shown_from_hlg),
}
BRADFORD = np.array([(0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296)])


def colours_of_cicp(chunk: bytes) -> Colours | None:
    """What the code points of a cICP chunk mean; None where it is no such chunk, or one of them is not known."""
    if len(chunk) != 4 or chunk[0] not in PRIMARIES or chunk[2] != 0:  # RGB has no matrix
        return None
    xyz, transfer = _xyz(PRIMARIES[chunk[0]]), chunk[1]
    if transfer in BRIGHTER_THAN_WHITE:
        curve, shown = BRIGHTER_THAN_WHITE[transfer]
        to_2020 = _to(BT2020, xyz)
        return Colours((curve,) * 3, _to(BT709, _xyz(BT2020)), lambda light: shown(mixed(to_2020, light)))
    return Colours((CURVES[transfer],) * 3, _to(BT709, xyz)) if transfer in CURVES else None


def colours_of_gamma(gamma: bytes, primaries: bytes) -> Colours | None:
    """What a gAMA chunk means, with sRGB's primaries unless there is a cHRM chunk; None where it means nothing."""
    encoding = int.from_bytes(gamma) / 100_000 if len(gamma) == 4 else 0
    if not encoding:
        return None
    curve = partial(_power, power=1 / encoding)
    white_first = struct.unpack(">8I", primaries) if len(primaries) == 32 else ()
    try:
        xyz = _xyz(tuple(value / 100_000 for value in (*white_first[2:], *white_first[:2])) or BT709)
        colours = Colours((curve,) * 3, _to(BT709, xyz))
    except (ArithmeticError, np.linalg.LinAlgError):
        return None
    return colours if colours.usable() else None


def _xyz(primaries: Primaries) -> np.ndarray:
    """(3, 3), from a column of red, green and blue light to X, Y and Z; white has a Y of 1.

    Source: SMPTE RP 177, section 3.3.
    """
    corners = np.array([(x / y, 1, (1 - x - y) / y) if y else (x, 0, 1 - x) for x, y in np.reshape(primaries, (4, 2))])
    white = corners[3]
    return corners[:3].T * np.linalg.solve(corners[:3].T, white)


def _to(primaries: Primaries, xyz: np.ndarray) -> np.ndarray:
    """(3, 3), from light of other primaries, whose matrix to X, Y and Z is given; white stays white (Bradford)."""
    target = _xyz(primaries)
    here, there = (BRADFORD @ matrix.sum(axis=1) for matrix in (xyz, target))
    adapted = np.linalg.solve(BRADFORD, np.diag(there / here) @ BRADFORD)
    return np.linalg.solve(target, adapted @ xyz)
