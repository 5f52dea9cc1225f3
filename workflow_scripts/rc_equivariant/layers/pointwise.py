"""Whether a callable is a pointwise function, and an odd one: it is tried on numbers, in float64."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

Pointwise = Callable[[Tensor], Tensor]

#: Beyond rounding, but far below what any function that is not pointwise or not odd makes of the numbers tried.
_TOLERANCE = {"rtol": 1e-9, "atol": 1e-12}


@torch.random.fork_rng(devices=[])
def require_pointwise(function: Pointwise, channels: int) -> None:
    """Refuse a function that is not pointwise on feature maps of so many channels.

    Modules are tried in training and in evaluation mode, with parameters that all differ, so that one parameter a
    channel is noticed although all start from the same value.

    Raises
    ------
    ValueError
        If the function fails, gives another shape or type of number, changes its input, differs from call to call, or
        makes a value depend on other values, its channel or its position.
    """
    x = _numbers().expand(2, channels, -1)
    for trial in _trials(function, with_distinct_parameters=True):
        y = _call(trial, x, function)
        if not _agree(y, _call(trial, x, function)):
            raise ValueError(
                f"{_name(function)} gives other values at a second call on the same numbers: an activation has no "
                "memory and draws nothing (for dropout take the layer Dropout)"
            )
        if not _depends_on_own_value_alone(trial, x, y, function):
            raise ValueError(
                f"{_name(function)} is not pointwise: a value depends on other values, on its channel or on its "
                "position, which reverse complement moves; take a function of each value by itself, its parameters "
                "shared by all channels"
            )


def _depends_on_own_value_alone(trial: Pointwise, x: Tensor, y: Tensor, function: Pointwise) -> bool:
    """Whether y = trial(x) moves with x, and is the same where a value is given without the others."""
    order = torch.randperm(x.numel(), generator=torch.Generator().manual_seed(0))
    moved = _call(trial, x.flatten()[order].view_as(x), function)
    if not _agree(moved.flatten(), y.flatten()[order]):
        return False
    some = order[:5]
    alone = [_call(trial, value.view(1, 1, 1), function).flatten() for value in x.flatten()[some]]
    return _agree(torch.cat(alone), y.flatten()[some])


@torch.random.fork_rng(devices=[])
def require_odd(function: Pointwise, channels: int) -> None:
    """Refuse a pointwise function that is not, or may not stay, odd.

    Raises
    ------
    ValueError
        If f(-x) differs from -f(x) for a number, 0 and large ones among them, or if f depends on anything trainable.
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
    """Numbers that f is tried on: symmetric about 0, which is among them, small, moderate and large; float64."""
    magnitudes = torch.cat([torch.logspace(-6, 3, 28), torch.linspace(0.05, 8, 160)]).double()
    return torch.cat([-magnitudes, magnitudes.new_zeros(1), magnitudes])


def _trials(function: Pointwise, with_distinct_parameters: bool) -> Iterator[Pointwise]:
    """The function as it may be called: a module in both modes, copied; anything else as it is."""
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
    """The value of a trial of ``function``, seen to be of the kind of ``x``."""
    given = x.clone()
    try:
        with torch.enable_grad():
            y = trial(given)
    except Exception as error:
        raise ValueError(
            f"{_name(function)} fails on numbers of type {x.dtype} and shape {tuple(x.shape)}, so that it cannot be "
            f"tried: {error}"
        ) from error
    if not isinstance(y, Tensor) or (y.shape, y.dtype) != (x.shape, x.dtype):
        found = f"{y.dtype} {tuple(y.shape)}" if isinstance(y, Tensor) else type(y).__name__
        raise ValueError(
            f"{_name(function)} makes {found} of {x.dtype} {tuple(x.shape)}: an activation keeps the shape and type"
        )
    if not torch.equal(given, x):
        raise ValueError(
            f"{_name(function)} changes its input in place, which other layers may still read: take its form that "
            "does not (inplace=False)"
        )
    return y


def _agree(left: Tensor, right: Tensor) -> bool:
    return torch.allclose(left, right, equal_nan=True, **_TOLERANCE)


def _name(function: Pointwise) -> str:
    return getattr(function, "__name__", None) or repr(function)
