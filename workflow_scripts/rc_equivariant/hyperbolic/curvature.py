"""The parameter k of the Lorentz model, of sectional curvature -1/k: fixed or learnt, of one layer or of many."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class Curvature(nn.Module):
    """k of the Lorentz model t^2 - |s|^2 = k, of sectional curvature -1/k; positive, whatever a step of training does.

    What is stored, and learnt, is log k: equal steps change k by equal factors. Calling the module gives k, of no
    dimensions.

    A module that several layers share is registered in one place, so that a state holds it once, and lent to the
    others by :meth:`borrow`.

    Parameters
    ----------
    k
        Its value at the start.
    learnt
        Whether it is a parameter.

    Raises
    ------
    ValueError
        If ``k`` is not a positive number.
    """

    #: Weight decay would draw log k to 0, and k to 1.
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
        """The same k for another layer, which does not own it."""
        return BorrowedCurvature(self)

    def extra_repr(self) -> str:
        return f"k={self().item():.4g}, {'learnt' if isinstance(self.log_k, nn.Parameter) else 'fixed'}"


class BorrowedCurvature(nn.Module):
    """A :class:`Curvature` that is registered elsewhere: it has no parameter and no state of its own."""

    def __init__(self, owner: Curvature) -> None:
        super().__init__()
        # In a tuple, as a module that is an attribute would be registered.
        self._owner = (owner,)

    def forward(self) -> Tensor:
        return self._owner[0]()

    def borrow(self) -> BorrowedCurvature:
        """The same k for one more layer."""
        return BorrowedCurvature(self._owner[0])
