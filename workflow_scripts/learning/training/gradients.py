"""Clipping of gradients by their norm, for one network or for a stack of them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

#: Added to a norm, so that a gradient of 0 stays 0; as in :func:`torch.nn.utils.clip_grad_norm_`.
_EPS = 1e-6


@torch.no_grad()
def clip_norms(gradients: Sequence[Tensor], largest: float) -> None:
    """Scale the gradient of each network down, in place, if its norm is more than ``largest`` (Pascanu et al. 2013).

    Parameters
    ----------
    gradients
        The gradients of all parameters, each of shape (networks, ...). The norm of a network is that of all its
        gradients together.
    """
    of_parameters = torch.stack([each.reshape(len(each), -1).norm(dim=1).float() for each in gradients])
    factor = (largest / (of_parameters.norm(dim=0) + _EPS)).clamp(max=1)
    for each in gradients:
        each *= factor.to(each.dtype).reshape(-1, *[1] * (each.dim() - 1))
