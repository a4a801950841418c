"""What made a file, as the file itself says it in the place that its format has for that."""

from __future__ import annotations

from collections.abc import Mapping

from shared.cloud.pointcloud import Unit
from shared.options import ModelOptions
from worker import __version__

Facts = Mapping[str, str]
"""By name: generator, depth model, unit, settings."""


def facts_of(model: str, unit: Unit, options: ModelOptions | None = None) -> Facts:
    """The facts of a file: the depth model, the unit of its lengths, and what the user chose."""
    settings = " ".join(f"{name}={value}" for name, value in options.model_dump().items()) if options else ""
    facts = {"generator": f"Relief {__version__}", "depth model": model, "unit": unit}
    return facts | ({"settings": settings} if settings else {})


def fact_lines(facts: Facts) -> list[str]:
    """The facts as text, each on one line."""
    return [" ".join(f"{name}: {fact}".split()) for name, fact in facts.items()]
