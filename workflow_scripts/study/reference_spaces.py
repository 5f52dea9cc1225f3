"""Points drawn from spaces of known hyperbolicity, for comparison with embeddings."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from .hyperbolicity import measure

DIMENSIONS = (2, 10)
CURVATURES = (-0.5, -1.0, -5.0)

Sampler = Callable[[int, np.random.Generator], np.ndarray]


def sphere(points: int, rng: np.random.Generator, dimension: int) -> np.ndarray:
    """Distances (points, points) along the unit sphere between points drawn uniformly from it."""
    drawn = rng.normal(size=(points, dimension + 1))
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    return 2 * np.arcsin(np.minimum(_lengths(_differences(drawn)) / 2, 1))


def flat(points: int, rng: np.random.Generator, dimension: int) -> np.ndarray:
    """Distances (points, points) between points with standard normal coordinates."""
    return _lengths(_differences(rng.normal(size=(points, dimension))))


def hyperbolic(points: int, rng: np.random.Generator, dimension: int, curvature: float) -> np.ndarray:
    """Distances (points, points) in hyperbolic space of a sectional curvature below 0.

    The points of :func:`flat` serve as tangent vectors at the origin, which gives the wrapped normal distribution of
    variance 1. The formula is that of `rc_equivariant.hyperbolic.lorentz.distance`, with k = -1 / curvature.
    """
    k = -1 / curvature
    tangent = rng.normal(size=(points, dimension))
    radius = _lengths(tangent)[:, None] / np.sqrt(k)
    space, time = tangent * np.sinh(radius) / radius, np.sqrt(k) * np.cosh(radius)
    squared_chord = _lengths(_differences(space)) ** 2 - _differences(time)[..., 0] ** 2
    return 2 * np.sqrt(k) * np.arcsinh(np.sqrt(np.maximum(squared_chord, 0) / (4 * k)))


def random_tree(points: int, rng: np.random.Generator) -> np.ndarray:
    """Distances (points, points) between the nodes of a random recursive tree with exponential edges of mean 1."""
    distances = np.zeros((points, points))
    for node in range(1, points):
        parent = rng.integers(node)
        distances[node, :node] = distances[:node, node] = distances[parent, :node] + rng.exponential()
    return distances


def reference_spaces() -> dict[tuple[str, int | None, float | None], Sampler]:
    """Samplers of distances, by name of the space, its dimension and its sectional curvature."""
    spaces: dict[tuple[str, int | None, float | None], Sampler] = {}
    for dimension in DIMENSIONS:
        spaces["sphere", dimension, 1.0] = partial(sphere, dimension=dimension)
        spaces["flat", dimension, 0.0] = partial(flat, dimension=dimension)
        for curvature in CURVATURES:
            spaces["hyperbolic", dimension, curvature] = partial(hyperbolic, dimension=dimension, curvature=curvature)
    spaces["random tree", None, None] = random_tree
    return spaces


def reference_table(points: int, samples: int, seed: int) -> pd.DataFrame:
    """The results of :func:`~study.hyperbolicity.measure` with ``space, dimension, curvature, sample``.

    Dimension and curvature are missing for trees.
    """
    rng = np.random.default_rng(seed)
    rows = [
        {"space": space, "dimension": dimension, "curvature": curvature, "sample": sample} | measure(draw(points, rng))
        for (space, dimension, curvature), draw in reference_spaces().items()
        for sample in range(samples)
    ]
    return pd.DataFrame(rows)


def _differences(vectors: np.ndarray) -> np.ndarray:
    return vectors[:, None] - vectors[None]


def _lengths(vectors: np.ndarray) -> np.ndarray:
    return np.linalg.norm(vectors, axis=-1)
