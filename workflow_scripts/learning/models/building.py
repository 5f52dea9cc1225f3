"""A limit on the work of building a network, for descriptions that come from a file."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves

#: Layers make a few tensors of at most twice their weights; activations are tried on some millions of numbers.
VALUES_PER_WEIGHT, VALUES_OF_A_TRIAL = 16, 2**22
#: A tensor of weights takes up to some sixty calls of torch.
CALLS_PER_TENSOR = 300
#: Functions that make a tensor from sizes.
_FROM_SIZES = {torch.empty, torch.zeros, torch.ones, torch.full, torch.rand, torch.randn}


class BuildingLimit(TorchFunctionMode):
    """A context in which no network can be built that is far larger than its weights.

    A file of a few bytes can describe a layer of a billion channels, which would fill the memory before its shape could
    be compared with the weights. The limit follows from the sizes of the weights. It is generous: a network within it
    may still have other shapes, and is built in moments.

    Parameters
    ----------
    sizes
        Number of values of each tensor of the weights.

    Raises
    ------
    ValueError
        Within the context, before a tensor beyond the limit is made, or when there are too many of them.
    """

    def __init__(self, sizes: Sequence[int]) -> None:
        super().__init__()
        self._values = VALUES_PER_WEIGHT * sum(sizes) + VALUES_OF_A_TRIAL
        self._calls = CALLS_PER_TENSOR * len(sizes)
        self._weights = f"{len(sizes)} tensors, {sum(sizes)} values in all"

    def __torch_function__(
        self, function: Callable[..., Any], types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if function is torch._C._set_grad_enabled:
            # The end of a block without gradients has to come through, also on the way out of an error.
            return function(*args, **kwargs)
        self._calls -= 1
        if self._calls < 0:
            raise ValueError(f"there are too many layers for the weights in the file: {self._weights}")
        self._require_within(_values_to_make(function, args, kwargs))
        made = function(*args, **kwargs)
        # An expanded tensor takes no memory; its copy, which comes next, would.
        self._require_within(max((each.numel() for each in _tensors(made)), default=0))
        return made

    def _require_within(self, values: int) -> None:
        if values > self._values:
            raise ValueError(f"a layer is far larger than the weights in the file: {self._weights}")


def _values_to_make(function: Callable[..., Any], args: Any, kwargs: Mapping[str, Any]) -> int:
    """The number of values that a call is about to make, if it makes more than it is given."""
    if function in _FROM_SIZES:
        given = args[0] if args and isinstance(args[0], Sequence) else args or kwargs.get("size", ())
        return math.prod(size for size in given if isinstance(size, int))
    if function is torch.arange:
        return math.ceil(max(args))
    if function is Tensor.__getitem__:
        # Indices are broadcast with each other, not with the table that they look up.
        args = args[1]
    try:
        return math.prod(torch.broadcast_shapes(*(each.shape for each in _tensors((args, kwargs)))))
    except RuntimeError:
        # Tensors that cannot be broadcast are only joined or indexed.
        return 0


def _tensors(values: Any) -> list[Tensor]:
    return [each for each in tree_leaves(values) if isinstance(each, Tensor)]
