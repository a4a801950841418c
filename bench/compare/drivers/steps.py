"""Runs in a tree: its pipeline step by step; for each side that it is asked, the seconds of each step.

Functions are called by the names of their parameters, so that trees in which they differ a little can be compared.
"""

from __future__ import annotations

import inspect
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from networks import NetworkTime, count_networks


@dataclass(frozen=True)
class Step:
    """A function of the pipeline, and the name under which later ones take what it gives."""

    name: str
    function: str
    gives: str = ""


STEPS = (
    Step("depth", "estimate_depth", "depth_map"),
    Step("depth_files", "depth_files"),
    Step("cloud", "build_cloud", "cloud"),
    Step("cloud_files", "cloud_files"),
    Step("mesh_files", "mesh_files"),
    Step("head", "build_head", "head"),
    Step("head_files", "head_files"),
)


def main() -> None:
    """Answer each side in pixels, a line each, with the seconds of each step."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer
    spent = count_networks()
    from worker.depth import registry

    estimator = registry.load("portrait", Path(os.environ["RELIEF_WEIGHTS"]))
    for line in sys.stdin:
        answers.write(json.dumps(_seconds(estimator, json.loads(line), spent)) + "\n")
        answers.flush()


def _seconds(estimator: Any, side_px: int, spent: NetworkTime) -> dict[str, dict[str, float]]:
    from shared.options import ModelOptions
    from worker import pipeline
    from worker.depth.estimator import Photo

    pixels = _photo(side_px)
    things = {"estimator": estimator, "photo": Photo(pixels), "pixels": pixels}
    things |= {"options": ModelOptions(), "model": "portrait"}
    seconds = {}
    for step in STEPS:
        if function := getattr(pipeline, step.function, None):
            result, seconds[step.name] = _timed(function, things, spent)
            if step.gives:
                things[step.gives] = result[0] if isinstance(result, tuple) else result
    return seconds


def _timed(function: Callable[..., Any], things: dict[str, Any], spent: NetworkTime) -> tuple[Any, dict[str, float]]:
    named = {name: things[name] for name in inspect.signature(function).parameters if name in things}
    networks = spent.cpu_s, spent.wall_s
    cpu_s, wall_s = time.process_time(), time.monotonic()
    result = function(**named)
    cpu_s, wall_s = time.process_time() - cpu_s, time.monotonic() - wall_s
    own = {"cpu": cpu_s, "wall": wall_s}
    return result, own | {"networks cpu": spent.cpu_s - networks[0], "networks wall": spent.wall_s - networks[1]}


def _photo(side_px: int) -> Any:
    import numpy as np
    from PIL import Image

    from stack.demo import PORTRAIT

    image = Image.open(PORTRAIT).convert("RGB")
    return np.asarray(image.resize((side_px, side_px), Image.Resampling.LANCZOS))


if __name__ == "__main__":
    main()
