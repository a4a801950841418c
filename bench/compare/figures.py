"""Figures of both trees, round by round, and the table of their medians and ratios."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

Figures = Mapping[str, float]
Rounds = Sequence[tuple[Figures, Figures]]  # of the base and of this checkout, a pair for each round


def table(rounds: Rounds, base: str) -> str:
    """Each figure's medians, and the median of the rounds' ratios with the least and the most."""
    names = dict.fromkeys(name for pair in rounds for figures in pair for name in figures)
    head = f"| | {base} | this | ratio | least, most |\n|---|---|---|---|---|"
    return "\n".join([head, *(_row(rounds, name) for name in names)])


def _row(rounds: Rounds, name: str) -> str:
    pairs = [(base.get(name), this.get(name)) for base, this in rounds]
    ratios = [this / base for base, this in pairs if base and this is not None]
    medians = [_median([pair[side] for pair in pairs]) for side in (0, 1)]
    if not ratios:
        return f"| {name} | {medians[0]} | {medians[1]} | | |"
    middle, spread = f"{statistics.median(ratios):.2f}", f"{min(ratios):.2f}, {max(ratios):.2f}"
    return f"| {name} | {medians[0]} | {medians[1]} | {middle} | {spread} |"


def _median(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{statistics.median(known):.3g}" if known else "none"
