"""Checks that a callable is pointwise, or odd, by trying it on numbers in float64."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

Pointwise = Callable[[Tensor], Tensor]

#: More than rounding, but far less than the deviation of any function that is not pointwise or not odd.
_TOLERANCE = {"rtol": 1e-9, "atol": 1e-12}


@torch.random.fork_rng(devices=[])
def require_pointwise(function: Pointwise, channels: int) -> None:
    """Raise a ValueError if a function is not pointwise on feature maps with this many channels.

    Modules are tried in training and in evaluation mode. Their parameters are made to differ, so that one parameter per
    channel is noticed even if all start from the same value.

    Raises
    ------
    ValueError
        If the function fails, returns another shape or data type, changes its input, differs from call to call, or lets
        a value depend on other values, its channel or its position.
    """
    x = _numbers().expand(2, channels, -1)
    for trial in _trials(function, with_distinct_parameters=True):
        y = _call(trial, x, function)
        if not _agree(y, _call(trial, x, function)):
            raise ValueError(
                f"{_name(function)} gives other values at a second call on the same numbers: an activation must not "
                "have memory or draw random numbers (for dropout use the layer Dropout)"
            )
        if not _depends_on_own_value_alone(trial, x, y, function):
            raise ValueError(
                f"{_name(function)} is not pointwise: a value depends on other values, on its channel or on its "
                "position, which reverse complement moves; use a function of each single value whose "
                "parameters are shared by all channels"
            )


def _depends_on_own_value_alone(trial: Pointwise, x: Tensor, y: Tensor, function: Pointwise) -> bool:
    """Return True if y = trial(x) moves with x, and each value of y stays the same if x has only that one value."""
    order = torch.randperm(x.numel(), generator=torch.Generator().manual_seed(0))
    moved = _call(trial, x.flatten()[order].view_as(x), function)
    if not _agree(moved.flatten(), y.flatten()[order]):
        return False
    some = order[:5]
    alone = [_call(trial, value.view(1, 1, 1), function).flatten() for value in x.flatten()[some]]
    return _agree(torch.cat(alone), y.flatten()[some])


@torch.random.fork_rng(devices=[])
def require_odd(function: Pointwise, channels: int) -> None:
    """Raise a ValueError if a pointwise function is not odd, or training could change that.

    Raises
    ------
    ValueError
        If f(-x) differs from -f(x) for one of the numbers, which include 0 and large ones, or f has anything trainable.
    """
    x = _numbers().expand(1, channels, -1)
    for trial in _trials(function, with_distinct_parameters=False):
        y = _call(trial, x, function)
        if y.requires_grad:
            raise ValueError(
                f"{_name(function)} has trainable parameters, and training could take away that it is odd, which -1 "
                "channels need: freeze them (requires_grad_(False)), or take a fixed odd function"
            )
        if _agree(y, -_call(trial, -x, function)):
            continue
        worst = int((y + trial(-x)).flatten().nan_to_num().abs().argmax())
        value, image, of_minus = (float(z.flatten()[worst]) for z in (x, y, trial(-x)))
        raise ValueError(
            f"{_name(function)} is not odd: f({value:.4g}) = {image:.4g} but f({-value:.4g}) = {of_minus:.4g}. Reverse "
            "complement changes the sign of -1 channels, so a function on them must have f(-x) = -f(x)"
        )


def _numbers() -> Tensor:
    """Return the numbers that functions are tried on: 0 and small, moderate and large ones of either sign; float64."""
    magnitudes = torch.cat([torch.logspace(-6, 3, 28), torch.linspace(0.05, 8, 160)]).double()
    return torch.cat([-magnitudes, magnitudes.new_zeros(1), magnitudes])


def _trials(function: Pointwise, with_distinct_parameters: bool) -> Iterator[Pointwise]:
    """Yield the forms of a function to try: copies of a module in both modes, or any other callable as it is."""
    if not isinstance(function, nn.Module):
        yield function
        return
    for training in (True, False):
        module = copy.deepcopy(function).to(device="cpu", dtype=torch.float64).train(training)
        if with_distinct_parameters:
            for parameter in module.parameters():
                parameter.data += torch.linspace(0.1, 0.9, parameter.numel()).view_as(parameter)
        yield module


def _call(trial: Pointwise, x: Tensor, function: Pointwise) -> Tensor:
    """Call a form of ``function`` and check that its output has the shape and type of ``x``."""
    given = x.clone()
    try:
        with torch.enable_grad():
            y = trial(given)
    except Exception as error:
        raise ValueError(
            f"{_name(function)} cannot be checked, because it fails on numbers of type {x.dtype} and shape "
            f"{tuple(x.shape)}: {error}"
        ) from error
    if not isinstance(y, Tensor) or (y.shape, y.dtype) != (x.shape, x.dtype):
        found = f"{y.dtype} {tuple(y.shape)}" if isinstance(y, Tensor) else type(y).__name__
        raise ValueError(
            f"{_name(function)} turns {x.dtype} {tuple(x.shape)} into {found}: an activation keeps the shape and type"
        )
    if not torch.equal(given, x):
        raise ValueError(
            f"{_name(function)} changes its input in place, but other layers may still read it: use the form that "
            "does not (inplace=False)"
        )
    return y


def _agree(left: Tensor, right: Tensor) -> bool:
    return torch.allclose(left, right, equal_nan=True, **_TOLERANCE)


def _name(function: Pointwise) -> str:
    return getattr(function, "__name__", None) or repr(function)
