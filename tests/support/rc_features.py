"""Feature types and features that the tests of the layers share."""

import torch

from rc_equivariant import Representation

EXACT = 1e-12
MIXED = Representation(regular=2, trivial=1, sign=2)
MOVED = Representation(regular=2, trivial=3)


def features(feature_type, length=12, batch=6, seed=0, channels_last=True):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(batch, length, feature_type.size, generator=generator, dtype=torch.float64).transpose(1, 2)
    return x if channels_last else x.contiguous()


def signed_square(x):
    """An odd function that torch has no name for."""
    return x * x.abs()
