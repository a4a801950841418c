"""Least squares whose unknowns have bounds."""

from __future__ import annotations

import numpy as np

DAMPING = (
    1e-9  # added to the normal equations, of rows that were divided by their errors: each unknown is known a little
)
TOLERANCE = 1e-9  # of a bound, and of a slope at it
PATIENCE = 3  # rounds without progress before unknowns change sides one at a time, which cannot go in circles
MOST_ROUNDS = 1000


def bounded_least_squares(left: np.ndarray, right: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """(U,) the unknowns that minimise |left @ unknowns - right| within bounds.

    It changes all unknowns at once that lie on the wrong side of their bound: a few solutions of the normal equations,
    where one at a time takes many.

    Args:
        left: (R, U); right: (R,).
        low, high: (U,), may be infinite; low <= high.
    Source: Portugal, Judice & Vicente, A Comparison of Block Pivoting and Interior-Point Algorithms for Linear Least
        Squares Problems with Nonnegative Variables, Mathematics of Computation 63, 1994.
    """
    gram, target = left.T @ left + DAMPING * np.eye(left.shape[1]), left.T @ right
    side = np.zeros(len(low), int)  # -1 at the lower bound, 1 at the upper one, 0 between them
    fewest, patience = len(low) + 1, PATIENCE
    values = np.zeros(len(low))
    for _ in range(MOST_ROUNDS):
        values = _solved(gram, target, np.select([side < 0, side > 0], [low, high], 0.0), side == 0)
        wanted = _sides(values, gram @ values - target, side, low, high)
        wrong = np.flatnonzero(wanted != side)
        if not len(wrong):
            break
        patience = PATIENCE if len(wrong) < fewest else patience - 1
        fewest = min(fewest, len(wrong))
        changed = wrong if patience >= 0 else wrong[-1:]
        side[changed] = wanted[changed]
    return np.clip(values, low, high)


def _solved(gram: np.ndarray, target: np.ndarray, values: np.ndarray, free: np.ndarray) -> np.ndarray:
    """The values (U,) where they are not free, and those that solve the normal equations beside them where they are."""
    solved = values.copy()
    solved[free] = np.linalg.solve(gram[np.ix_(free, free)], target[free] - gram[free] @ np.where(free, 0, values))
    return solved


def _sides(values: np.ndarray, slope: np.ndarray, side: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """(U,) where each unknown belongs, by its value where it is free and by the slope where it lies at a bound."""
    beyond = np.select([values < low - TOLERANCE, values > high + TOLERANCE], [-1, 1], 0)
    held = np.where(side * slope <= TOLERANCE, side, 0)
    return np.where(side == 0, beyond, held)
