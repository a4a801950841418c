"""How the parts of a head reflect light, for the formats that say so; every one has its texture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared.head.head import PartName


@dataclass(frozen=True)
class Material:
    """A dielectric; chosen by eye.

    roughness: 0 a mirror, 1 dull.
    """

    roughness: float


MATERIALS: Mapping[PartName, Material] = {
    "skin": Material(roughness=0.75),
    "eyes": Material(roughness=0.15),
    "teeth": Material(roughness=0.35),
    "tongue": Material(roughness=0.5),
    "hair": Material(roughness=0.9),
    "clothes": Material(roughness=1.0),
}
