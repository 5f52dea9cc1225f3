"""Pointwise nonlinearities that commute with reverse complement."""

from __future__ import annotations

import copy

from torch import Tensor, nn

from .. import plain
from ..functional.activation import relu_and_tanh
from ..representation import FeatureType, Representation
from ..sums_and_products import join_channels
from .module import EquivariantModule
from .pointwise import Pointwise, require_odd, require_pointwise

#: The functions that can be given by name.
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
    """A pointwise function on regular and trivial channels and an odd one on sign channels; shape unchanged.

    The input has the shape (batch, channel, position), or (batch, channel) without positions.

    A pointwise function f commutes with the action on sign channels if and only if f(-x) = -f(x). On regular and
    trivial channels, which reverse complement only moves, any function does (Mallet & Vert 2021).

    Parameters
    ----------
    in_type
        Feature type.
    function
        Function for regular and trivial channels: a name in :data:`FUNCTIONS`, or a callable that maps a tensor to one
        of the same shape.
    odd_function
        Function for sign channels: a name in :data:`ODD`, or a callable that is odd.

    Raises
    ------
    ValueError
        If a name is unknown, or a callable, tried on numbers, is not pointwise, differs from call to call or, on sign
        channels, is not odd. A function for channels that ``in_type`` lacks is neither called nor checked.
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
        return join_channels([self.function(x[:, : self.moved]), self.odd_function(x[:, self.moved :])])

    def export(self) -> nn.Module:
        function, odd_function = copy.deepcopy((self.function, self.odd_function))
        if function is None or odd_function is None:
            return function or odd_function
        return plain.SplitActivation(self.moved, function, odd_function)


class Gate(EquivariantModule):
    """A gated nonlinearity: each sign channel is multiplied by a gate of its own; (batch, in, L) to (batch, out, L).

    A function acts on the regular and trivial channels. Each sign channel s comes with one more trivial channel g and
    becomes s * gate(g). Reverse complement flips the positions of gate(g), and flips and negates s, so it also flips
    and negates their product, which is a -1 channel again. Unlike in :class:`Activation`, no function needs to be odd,
    and other features can decide how much of s passes.

    This is the gated nonlinearity of Weiler et al. (2018, 3D Steerable CNNs), as in e3nn and escnn, for the group of
    two elements.

    Parameters
    ----------
    out_type
        Feature type with sign channels. ``in_type`` is ``out_type + Representation(trivial=out_type.sign)``; its last
        trivial channels are the gates, one per sign channel, in order.
    function
        Function for regular and trivial channels other than the gates, as in :class:`Activation`.
    gate
        Function for the gates: a name in :data:`FUNCTIONS`, or a callable, as for ``function``.

    Raises
    ------
    ValueError
        If there are no sign channels, or a function is refused as in :class:`Activation`.
    """

    def __init__(
        self, out_type: Representation, function: str | Pointwise = "relu", gate: str | Pointwise = "sigmoid"
    ) -> None:
        sign = _sign_channels(out_type)
        if not sign:
            raise ValueError(f"{out_type} has no sign channels to gate: use Activation, with any function")
        super().__init__(out_type + Representation(trivial=sign), out_type)
        self.parts = [out_type.size - sign, sign, sign]
        self.function = _pointwise(function, self.parts[0]) if self.parts[0] else None
        self.gate = _pointwise(gate, sign)

    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        moved, gates, sign = x.split(self.parts, 1)
        gated = sign * self.gate(gates)
        return gated if self.function is None else join_channels([self.function(moved), gated])

    def export(self) -> nn.Module:
        function, gate = copy.deepcopy((self.function or nn.Identity(), self.gate))
        return plain.Gate(self.parts, function, gate)


def _sign_channels(feature_type: FeatureType) -> int:
    return int((feature_type.signs < 0).sum())


def _pointwise(function: str | Pointwise, channels: int) -> nn.Module:
    """Return a pointwise function, given by name or as a callable, as a module."""
    if isinstance(function, str):
        return _named(function, tuple(FUNCTIONS), "a pointwise callable")
    require_pointwise(function, channels)
    return function if isinstance(function, nn.Module) else plain.Pointwise(function)


def _odd(function: str | Pointwise, channels: int) -> nn.Module:
    """Return an odd function, given by name or as a callable, as a module."""
    if isinstance(function, str):
        return _named(function, ODD, "an odd callable: reverse complement negates -1 channels")
    module = _pointwise(function, channels)
    require_odd(function, channels)
    return module


def _named(name: str, allowed: tuple[str, ...], otherwise: str) -> nn.Module:
    if name not in allowed:
        raise ValueError(f"{name!r} is not a function for these channels: take {', '.join(allowed)}, or {otherwise}")
    return FUNCTIONS[name]()
