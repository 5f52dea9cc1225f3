"""The parameter k of the Lorentz model of sectional curvature -1/k, fixed or learnt, which layers can share."""

from __future__ import annotations

import math
from collections import OrderedDict
from typing import Any

import torch
from torch import Tensor, nn


class Curvature(nn.Module):
    """The parameter k of the Lorentz model t^2 - |s|^2 = k, of sectional curvature -1/k.

    The module stores, and learns, log k. So k stays positive, and equal steps change it by equal factors. Calling the
    module returns k as a scalar tensor, in the data type of a given tensor if there is one.

    If several layers share a curvature, it is registered in one place, so that a state dictionary has it once; the
    other layers use :meth:`borrow`.

    Parameters
    ----------
    k
        Initial value.
    learnt
        If True, log k is a parameter.

    Raises
    ------
    ValueError
        If ``k`` is not a positive number.
    """

    #: Weight decay would draw log k towards 0 and k towards 1.
    weight_decay = 0.0

    def __init__(self, k: float = 1.0, learnt: bool = False) -> None:
        super().__init__()
        if not 0 < k < math.inf:
            raise ValueError(f"k is {k}: hyperbolic space of sectional curvature -1/k needs a positive number")
        log_k = torch.tensor(math.log(k))
        if learnt:
            self.log_k = nn.Parameter(log_k)
        else:
            self.register_buffer("log_k", log_k)

    def forward(self, like: Tensor | None = None) -> Tensor:
        k = self.log_k.exp()
        return k if like is None else k.to(like.dtype)

    def borrow(self) -> BorrowedCurvature:
        """Return a module with the same k for a layer that does not own it."""
        return BorrowedCurvature(self)

    def extra_repr(self) -> str:
        return f"k={self().item():.4g}, {'learnt' if isinstance(self.log_k, nn.Parameter) else 'fixed'}"


class BorrowedCurvature(nn.Module):
    """A reference to a :class:`Curvature` that another module owns.

    The owner is registered here, too, so that copies, replicas and conversions of a layer take its curvature with them.
    A state dictionary has the curvature under the name of its owner alone.
    """

    def __init__(self, owner: Curvature) -> None:
        super().__init__()
        self.owner = owner

    def forward(self, like: Tensor | None = None) -> Tensor:
        return self.owner(like)

    def borrow(self) -> BorrowedCurvature:
        """Return a module with the same k for one more layer."""
        return BorrowedCurvature(self.owner)

    def state_dict(self, *args, destination: dict[str, Any] | None = None, **options) -> dict[str, Any]:
        """Return the state without that of the owner: nothing."""
        return OrderedDict() if destination is None else destination

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *args) -> None:
        # torch goes on to load the owner from the same dictionary, in which it finds the value that it has.
        state_dict[f"{prefix}owner.log_k"] = self.owner.log_k
        super()._load_from_state_dict(state_dict, prefix, *args)
