"""Gromov's delta, computed exactly from the distances of a sample of points: a measure of tree-likeness.

Delta is 0 for a tree. The smaller it is relative to the diameter, the better hyperbolic space can represent the points.
The relative delta is 2 delta / diameter, between 0 and 1 (Khrulkov et al. 2020, "Hyperbolic image embeddings"; for its
distribution, Khan et al. 2025, "Hyperbolic genome embeddings").
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

#: The quantiles of the distribution, by column of tables.
QUANTILES = {"q05": 0.05, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q95": 0.95}


def gromov_deltas(distances: np.ndarray) -> np.ndarray:
    """The violation of the four-point condition of trees for each base point and pair, the largest over third points.

    With the Gromov product (x|y) = (d(x, p) + d(y, p) - d(x, y)) / 2 for base point p, it is the maximum over z of
    min((x|z), (y|z)) - (x|y) (Gromov 1987). Delta is the maximum over all of them: all quadruples (p, x, y, z).

    Parameters
    ----------
    distances
        Distances of a metric, shape (n, n), n at least 3.

    Returns
    -------
    numpy.ndarray
        n (n - 1) (n - 2) / 2 values that are not negative, for all x and y that differ from each other and from p. The
        others are 0 in any space and are left out.
    """
    number = len(distances)
    if distances.shape != (number, number) or number < 3:
        raise ValueError(f"expected distances between 3 or more points, shape (n, n), not an array {distances.shape}")
    pairs = np.triu_indices(number - 1, 1)
    deltas = np.empty((number, len(pairs[0])))
    for base in range(number):
        products = _gromov_products(distances, base)
        # The maximum is at least 0, up to rounding, because z = y gives 0.
        deltas[base] = np.maximum(_maxmin_product(products) - products, 0)[pairs]
    return deltas.ravel()


def _gromov_products(distances: np.ndarray, base: int) -> np.ndarray:
    """(x|y) of all points but ``base``, whose own products are 0 and never the largest."""
    others = np.delete(np.arange(len(distances)), base)
    from_base = distances[base, others]
    return (from_base[:, None] + from_base[None] - distances[np.ix_(others, others)]) / 2


def _maxmin_product(products: np.ndarray) -> np.ndarray:
    """The maximum over z of min(products[x, z], products[z, y]) for a symmetric matrix."""
    best, of_z = np.full_like(products, -np.inf), np.empty_like(products)
    # One z at a time stays in the cache; all z at once would need an array of n x n x n.
    for from_z in products:
        np.minimum(from_z[:, None], from_z[None], out=of_z)
        np.maximum(best, of_z, out=best)
    return best


def measure(distances: np.ndarray) -> dict[str, float]:
    """The hyperbolicity of a sample of points.

    Returns
    -------
    dict
        ``points``; ``diameter`` and ``delta`` in the unit of the distances; ``relative_delta``, 2 delta / diameter; and
        ``mean`` and :data:`QUANTILES` of the distribution of 2 / diameter times :func:`gromov_deltas`. Relative values
        are NaN if all points are the same.
    """
    deltas, diameter = gromov_deltas(np.asarray(distances, dtype=np.float64)), float(np.max(distances))
    relative = 2 * deltas / diameter if diameter > 0 else np.full_like(deltas, np.nan)
    quantiles = np.quantile(relative, list(QUANTILES.values()))
    return {
        "points": len(distances),
        "diameter": diameter,
        "delta": float(deltas.max()),
        "relative_delta": float(relative.max()),
        "mean": float(relative.mean()),
    } | dict(zip(QUANTILES, map(float, quantiles), strict=True))


def hyperbolicity_table(task: str, arm: str, seeds: Sequence[int], distances: np.ndarray) -> pd.DataFrame:
    """The results of :func:`measure` for every seed and sample of distances (seeds, samples, points, points)."""
    rows = [
        {"task": task, "arm": arm, "seed": seed, "sample": sample} | measure(of_sample)
        for seed, of_seed in zip(seeds, distances, strict=True)
        for sample, of_sample in enumerate(of_seed)
    ]
    return pd.DataFrame(rows)
