"""The parameter k of the Lorentz model of sectional curvature -1/k, fixed or learnt, which layers can share."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class Curvature(nn.Module):
    """The parameter k of the Lorentz model t^2 - |s|^2 = k, of sectional curvature -1/k.

    The module stores, and learns, log k. So k stays positive, and equal steps change it by equal factors. Calling the
    module returns k as a scalar tensor.

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
    is_decayed = False

    def __init__(self, k: float = 1.0, learnt: bool = False) -> None:
        super().__init__()
        if not 0 < k < math.inf:
            raise ValueError(f"k is {k}: hyperbolic space of sectional curvature -1/k needs a positive number")
        log_k = torch.tensor(math.log(k))
        if learnt:
            self.log_k = nn.Parameter(log_k)
        else:
            self.register_buffer("log_k", log_k)

    def forward(self) -> Tensor:
        return self.log_k.exp()

    def borrow(self) -> BorrowedCurvature:
        """Return a module with the same k for a layer that does not own it."""
        return BorrowedCurvature(self)

    def extra_repr(self) -> str:
        return f"k={self().item():.4g}, {'learnt' if isinstance(self.log_k, nn.Parameter) else 'fixed'}"


class BorrowedCurvature(nn.Module):
    """A reference to a :class:`Curvature` that is registered elsewhere, without parameters or state of its own."""

    def __init__(self, owner: Curvature) -> None:
        super().__init__()
        # The tuple hides the module from torch, which would register it.
        self._owner = (owner,)

    def forward(self) -> Tensor:
        return self._owner[0]()

    def borrow(self) -> BorrowedCurvature:
        """Return a module with the same k for one more layer."""
        return BorrowedCurvature(self._owner[0])
