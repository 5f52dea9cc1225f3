"""Export of models that go on with ordinary torch layers once the strands are merged."""

from __future__ import annotations

import copy

from torch import nn

from .layers.module import EquivariantModule


def export(model: nn.Module) -> nn.Module:
    """The same function in evaluation mode, made of standard torch modules alone, as a copy.

    Parameters
    ----------
    model
        A module of this library, a module of torch, or an ``nn.Sequential`` of either.

    Returns
    -------
    nn.Module
        Reads what ``model`` reads, but one-hot nucleotides (batch, 4, L) where that is k-mer indices.

    Raises
    ------
    ValueError
        If a module of this library is hidden in another module, whose forward pass is unknown here.
    """
    if isinstance(model, EquivariantModule):
        return model.export().eval()
    if isinstance(model, nn.Sequential):
        return nn.Sequential(*(export(part) for part in model)).eval()
    if any(isinstance(part, EquivariantModule) for part in model.modules()):
        raise ValueError(
            f"{type(model).__name__} holds modules of this library in a way that cannot be followed: put them into an "
            "nn.Sequential, or export them one by one and rebuild it"
        )
    return copy.deepcopy(model).eval()
