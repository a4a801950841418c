"""Seconds of each step of the pipeline, embedded model, the networks apart."""

from __future__ import annotations

from bench.compare.figures import Figures, Rounds, table
from bench.compare.trees import Driver, Tree

SIDES_PX = (512, 1024, 3000)


def print_pipeline(base: Tree, this: Tree, rounds: int) -> None:
    """Print a table for each size of a photo."""
    with Driver(base, "steps.py") as old, Driver(this, "steps.py") as new:
        for side_px in SIDES_PX:
            pairs: Rounds = [(_figures(old, side_px), _figures(new, side_px)) for _ in range(rounds + 1)][1:]
            print(f"### Pipeline, {side_px} x {side_px}, seconds\n\n{table(pairs, base.name)}\n", flush=True)


def _figures(driver: Driver, side_px: int) -> Figures:
    steps = driver.ask(side_px)
    figures = {f"{step}, {clock}": seconds[clock] for step, seconds in steps.items() for clock in ("cpu", "wall")}
    depth = steps["depth"]
    for clock in ("cpu", "wall"):
        figures[f"networks, {clock}"] = depth[f"networks {clock}"]
        figures[f"depth without networks, {clock}"] = depth[clock] - depth[f"networks {clock}"]
    return figures
