"""Features and comparisons for the tests of hyperbolic layers."""

from __future__ import annotations

import torch
from rc_registry import MIXED
from torch import Tensor

from rc_equivariant import Ordinary
from rc_equivariant.testing import random_features

TYPES = [Ordinary(5), MIXED]
CURVATURES = [0.04, 1.0, 9.0]


def features_of(space, batch=4, length: int | None = 9, seed=0) -> Tensor:
    return random_features(space, batch, length, torch.Generator().manual_seed(seed), torch.float64).requires_grad_()


def perturbed(layer):
    torch.manual_seed(1)
    for parameter in layer.double().parameters():
        parameter.data.uniform_(0.2, 1.2)
    return layer


def assert_same(actual: Tensor, expected: Tensor, variables) -> None:
    assert actual.shape == expected.shape
    assert torch.allclose(actual, expected, rtol=0, atol=1e-11)
    weights = torch.randn(expected.shape, generator=torch.Generator().manual_seed(9), dtype=expected.dtype)
    for ours, theirs in zip(
        torch.autograd.grad(actual, variables, weights), torch.autograd.grad(expected, variables, weights), strict=True
    ):
        assert torch.allclose(ours, theirs, rtol=0, atol=1e-10)


def direction(seed: int, n: int = 5) -> Tensor:
    x = torch.randn(n, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return x / x.norm()


def points(seed: int, norms, n: int = 5) -> list[Tensor]:
    """Space parts of so many points of these norms; float64, shapes (1, n)."""
    return [norm * direction(seed + place, n)[None] for place, norm in enumerate(norms)]
