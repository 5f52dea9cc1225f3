"""Pointwise nonlinearities that commute with reverse complement."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from .. import plain
from ..functional.activation import relu_and_tanh
from ..representation import FeatureType, Representation
from .module import EquivariantModule
from .pointwise import Pointwise, require_odd, require_pointwise

#: Functions by name.
FUNCTIONS: dict[str, type[nn.Module]] = {
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "hardtanh": nn.Hardtanh,
    "identity": nn.Identity,
    "leaky_relu": nn.LeakyReLU,
    "relu": nn.ReLU,
    "sigmoid": nn.Sigmoid,
    "silu": nn.SiLU,
    "softplus": nn.Softplus,
    "softsign": nn.Softsign,
    "tanh": nn.Tanh,
}
ODD = ("hardtanh", "identity", "softsign", "tanh")


class Activation(EquivariantModule):
    """A pointwise function on regular and trivial channels, an odd one on sign channels; shape unchanged.

    Takes features with positions, (batch, channel, position), or without, (batch, channel).

    A pointwise function f commutes with the action on sign channels if and only if f(-x) = -f(x); on regular and
    trivial channels, which are only moved, any function does (Mallet & Vert 2021).

    Parameters
    ----------
    in_type
        Feature type.
    function
        For regular and trivial channels: a name in :data:`FUNCTIONS`, or a callable from a tensor to one of its shape.
    odd_function
        For sign channels: a name in :data:`ODD`, or a callable that is odd.

    Raises
    ------
    ValueError
        For an unknown name, and for a callable which, tried on numbers, is not pointwise, not the same at each call,
        or, on sign channels, not odd. A function for channels that ``in_type`` has not is never called nor checked.
    """

    def __init__(
        self,
        in_type: FeatureType,
        function: str | Pointwise = "relu",
        odd_function: str | Pointwise = "tanh",
    ) -> None:
        super().__init__(in_type, in_type)
        sign = _sign_channels(in_type)
        self.moved = in_type.size - sign
        self.function = _pointwise(function, self.moved) if self.moved else None
        self.odd_function = _odd(odd_function, sign) if sign else None
        self.is_relu_and_tanh = function == "relu" and odd_function == "tanh"

    def check(self, x: Tensor) -> None:
        super().check(x if x.dim() == 3 else x.unsqueeze(-1))

    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        if self.odd_function is None:
            return self.function(x)
        if self.function is None:
            return self.odd_function(x)
        if self.is_relu_and_tanh and x.dim() == 3:
            return relu_and_tanh(x, self.moved)
        return _joined([self.function(x[:, : self.moved]), self.odd_function(x[:, self.moved :])])

    def export(self) -> nn.Module:
        function, odd_function = copy.deepcopy((self.function, self.odd_function))
        if function is None or odd_function is None:
            return function or odd_function
        return plain.SplitActivation(self.moved, function, odd_function)


class Gate(EquivariantModule):
    """A function on regular and trivial channels; sign channels times a gate each; (batch, in, L) to (batch, out, L).

    Each sign channel s comes with one more trivial channel g, and becomes s * gate(g). Reverse complement flips the
    positions of g, whatever function is taken of it, and flips and negates s, hence also their product: a +1 gate times
    a -1 channel is a -1 channel. Unlike with :class:`Activation`, no function needs to be odd, and the size of what
    passes may depend on other features. The gated nonlinearity of Weiler et al. (2018, 3D Steerable CNNs), as in e3nn
    and escnn, for the group of two elements.

    Parameters
    ----------
    out_type
        Feature type with sign channels. ``in_type`` is ``out_type + Representation(trivial=out_type.sign)``: the gates
        are its last trivial channels, one for each sign channel, in order.
    function
        For regular and trivial channels other than the gates, as in :class:`Activation`.
    gate
        For the gates: a name in :data:`FUNCTIONS`, or a callable, as for ``function``.

    Raises
    ------
    ValueError
        If there are no sign channels, and for functions as in :class:`Activation`.
    """

    def __init__(
        self, out_type: Representation, function: str | Pointwise = "relu", gate: str | Pointwise = "sigmoid"
    ) -> None:
        sign = _sign_channels(out_type)
        if not sign:
            raise ValueError(f"{out_type} has no sign channels to gate: take Activation, with any function")
        super().__init__(out_type + Representation(trivial=sign), out_type)
        self.parts = [out_type.size - sign, sign, sign]
        self.function = _pointwise(function, self.parts[0]) if self.parts[0] else None
        self.gate = _pointwise(gate, sign)

    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        moved, gates, sign = x.split(self.parts, 1)
        gated = sign * self.gate(gates)
        return gated if self.function is None else _joined([self.function(moved), gated])

    def export(self) -> nn.Module:
        function, gate = copy.deepcopy((self.function or nn.Identity(), self.gate))
        return plain.Gate(self.parts, function, gate)


def _sign_channels(feature_type: FeatureType) -> int:
    return int((feature_type.signs < 0).sum())


def _pointwise(function: str | Pointwise, channels: int) -> nn.Module:
    """The pointwise function that is meant, as a module."""
    if isinstance(function, str):
        return _named(function, tuple(FUNCTIONS), "a pointwise callable")
    require_pointwise(function, channels)
    return function if isinstance(function, nn.Module) else plain.Pointwise(function)


def _odd(function: str | Pointwise, channels: int) -> nn.Module:
    """The odd function that is meant, as a module."""
    if isinstance(function, str):
        return _named(function, ODD, "an odd callable: reverse complement negates -1 channels")
    module = _pointwise(function, channels)
    require_odd(function, channels)
    return module


def _named(name: str, allowed: tuple[str, ...], otherwise: str) -> nn.Module:
    if name not in allowed:
        raise ValueError(f"{name!r} is not a function for these channels: take {', '.join(allowed)}, or {otherwise}")
    return FUNCTIONS[name]()


def _joined(parts: list[Tensor]) -> Tensor:
    """Parts joined along channels by rows, as joining them as they are would lose the memory order."""
    return torch.cat([part.movedim(1, -1) for part in parts], -1).movedim(-1, 1)
