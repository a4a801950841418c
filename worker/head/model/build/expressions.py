"""The 52 expressions by ARKit's names, from Face Units, on the average head."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from worker.head.model.build.form import Form
from worker.head.model.build.source import Source


@dataclass(frozen=True)
class ExpressionSettings:
    """What of an expression counts."""

    least_mm: float = 0.02  # smaller offsets are left out


EXPRESSIONS = ExpressionSettings()


def expressions_of(source: Source, form: Form, average: np.ndarray) -> Mapping[str, np.ndarray]:
    """By name, (N, 3) dm: how each moves the vertices of an average person (19158, 3) dm."""
    before = form.of(average)
    return {name: form.of(average + source.face_unit(name)) - before for name in source.face_units}
