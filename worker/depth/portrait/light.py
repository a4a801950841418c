"""The light on a surface: brightness as a smooth function of the surface's normal.

Source: spherical harmonics after Basri & Jacobs, Lambertian Reflectance and Linear Subspaces, 2003.
"""

from __future__ import annotations

import numpy as np


def harmonics(normals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Real spherical harmonics up to order 3, not normalised, and their derivatives.

    Args:
        normals: (M, 3) unit vectors.
    Returns:
        (M, 16) values, and (M, 16, 3) derivatives by x, y and z.
    """
    x, y, z = normals.T
    one, nil = np.ones_like(x), np.zeros_like(x)
    table = (  # value, and its derivatives by x, y and z
        (one, nil, nil, nil),
        (x, one, nil, nil),
        (y, nil, one, nil),
        (z, nil, nil, one),
        (x * y, y, x, nil),
        (x * z, z, nil, x),
        (y * z, nil, z, y),
        (x * x - y * y, 2 * x, -2 * y, nil),
        (3 * z * z - 1, nil, nil, 6 * z),
        (y * (3 * x * x - y * y), 6 * x * y, 3 * x * x - 3 * y * y, nil),
        (x * y * z, y * z, x * z, x * y),
        (y * (5 * z * z - 1), nil, 5 * z * z - 1, 10 * y * z),
        (z * (5 * z * z - 3), nil, nil, 15 * z * z - 3),
        (x * (5 * z * z - 1), 5 * z * z - 1, nil, 10 * x * z),
        (z * (x * x - y * y), 2 * x * z, -2 * y * z, x * x - y * y),
        (x * (x * x - 3 * y * y), 3 * x * x - 3 * y * y, -6 * x * y, nil),
    )
    everything = np.array(table)  # (16, 4, M)
    return everything[:, 0].T, everything[:, 1:].transpose(2, 0, 1)


def fit_light(
    values: np.ndarray, seen: np.ndarray, weights: np.ndarray, outlier: float, ridge: float, rounds: int
) -> tuple[np.ndarray, np.ndarray]:
    """The light that explains a brightness, by reweighted least squares.

    Args:
        values: (M, 16) harmonics of the normals.
        seen: (M,) brightness.
        weights: (M,) 0 to 1.
        outlier: a residual of that size counts half.
        ridge: how strongly all coefficients but the constant one are held at 0, against the sum of the weights.
        rounds: of reweighting.
    Returns:
        (16,) coefficients of the harmonics, and the (M,) weights with outliers turned down.
    """
    robust = weights
    keep = np.full(values.shape[1], ridge)
    keep[0] = 1e-9
    light = np.zeros(values.shape[1])
    for _ in range(rounds):
        normal_matrix = values.T @ (values * robust[:, None]) + np.diag(keep * max(robust.sum(), 1e-9))
        light = np.linalg.solve(normal_matrix, values.T @ (robust * seen))
        robust = weights / (1 + ((seen - values @ light) / outlier) ** 2)
    return light, robust
