"""The linear map of whole feature maps, over all positions at once."""

from __future__ import annotations

from typing import Self

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..functional.strands import irreducible_parts
from ..kernels import KernelTying, constants_of, he_deviation
from ..representation import FeatureType, Ordinary, Representation
from .module import EquivariantModule, warn_of_idle_outputs


class FlattenLinear(EquivariantModule):
    """Linear map of all positions of all channels; (batch, in, length) to (batch, out).

    It is a :class:`~rc_equivariant.Conv1d` as wide as the feature map and has as many parameters, but stores them for
    the irreducible parts of input and output. By Schur's lemma, an equivariant map is any pair of a map between +1
    parts and a map between -1 parts. Between regular features this needs half of the weights and half of the arithmetic
    of an ordinary layer, and no kernel is expanded.

    Parameters
    ----------
    in_type, out_type
        Feature types: both representations or both ordinary.
    length
        Number of positions of the input.
    bias
        If True, add a bias as far as equivariance allows one.

    Raises
    ------
    ValueError
        If only one type is ordinary or the map can only be zero, or, at a call, if the input has another length.
    """

    def __init__(self, in_type: FeatureType, out_type: FeatureType, length: int, bias: bool = True) -> None:
        super().__init__(in_type, out_type)
        self.bias_tying = KernelTying(constants_of(out_type), out_type, 1)
        if isinstance(in_type, Ordinary) != isinstance(out_type, Ordinary):
            raise ValueError(f"no linear map from {in_type} to {out_type} is equivariant: use two representations")
        if length < 1:
            raise ValueError(f"a feature map of {length} positions has nothing to map: use 1 or more")
        self.length = length
        of_plus, of_minus = self._parts(torch.empty(1, in_type.size, length))
        #: Numbers of outputs in the +1 and in the -1 part.
        self.rows = (out_type.size, 0)
        if isinstance(out_type, Representation):
            self.rows = (out_type.irreducible.trivial, out_type.irreducible.sign)
        self.plus = _parameter(_he_normal(self.rows[0], of_plus.shape[1]))
        self.minus = _parameter(_he_normal(self.rows[1], of_minus.shape[1]))
        if self.plus is None and self.minus is None:
            raise ValueError(
                f"the only equivariant map of {length} positions from {in_type} to {out_type} is zero: "
                f"{type(self).__name__} would give zeros for any input; use more positions or other types"
            )
        is_alone = out_type.partner == torch.arange(out_type.size)
        reads = torch.where(out_type.signs > 0, of_plus.shape[1], of_minus.shape[1])
        warn_of_idle_outputs(self, is_alone & (reads == 0))
        self.bias = nn.Parameter(torch.zeros(self.bias_tying.size)) if bias else None

    def live_inputs(self) -> Tensor:
        """Return the number of inputs that each output reads, shape (out,)."""
        return torch.full((self.out_type.size,), float(self.in_type.size * self.length))

    @torch.no_grad()
    def initialise(self, beside: Tensor | float = 0.0) -> None:
        """Draw the weights again, as :meth:`Conv1d.initialise`; ``beside`` is equal on partners."""
        share = (self.live_inputs() / (self.live_inputs() + beside)).sqrt()
        regular = self.out_type.regular if isinstance(self.out_type, Representation) else 0
        pairs, alone = share[:regular], share[2 * regular :]
        trivial = self.rows[0] - regular
        for weight, others in ((self.plus, alone[:trivial]), (self.minus, alone[trivial:])):
            if weight is not None:
                weight.copy_(_he_normal(*weight.shape) * torch.cat([pairs, others])[:, None])

    @torch.no_grad()
    def from_kernel(self, kernel: Tensor, bias: Tensor | None = None) -> Self:
        """Take weights from elsewhere, as :meth:`Conv1d.from_kernel`; the kernel has the shape (out, in, length)."""
        shape = (self.out_type.size, self.in_type.size, self.length)
        if kernel.shape != shape:
            raise ValueError(f"a kernel of shape {tuple(kernel.shape)} does not fit: give one of shape {shape}")
        if bias is not None and self.bias is None:
            raise ValueError(f"{type(self).__name__} has no bias to take: build it with bias=True, or give no bias")
        of_plus, of_minus = self._parts(kernel.to(self._weight()))
        if isinstance(self.out_type, Representation):
            basis = self.out_type.change_of_basis.to(of_plus)
            of_plus, of_minus = (basis @ of_plus)[: self.rows[0]], (basis @ of_minus)[self.rows[0] :]
        for weight, given in ((self.plus, of_plus), (self.minus, of_minus)):
            if weight is not None:
                weight.copy_(given)
        if self.bias is not None:
            given = kernel.new_zeros(self.out_type.size) if bias is None else bias
            self.bias.copy_(self.bias_tying.project(given.to(self.bias)[:, None, None]))
        return self

    def check(self, x: Tensor) -> None:
        super().check(x)
        if x.shape[2] != self.length:
            raise ValueError(f"{type(self).__name__} maps {self.length} positions, but got {x.shape[2]}")

    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        y = self._mapped(x)
        return y if self.bias is None else y + self.bias_tying.expand(self.bias).flatten()

    def _weight(self) -> Tensor:
        """Return one of the parameters, for its data type and its device."""
        return self.minus if self.plus is None else self.plus

    def _parts(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the +1 and the -1 part of the input; ordinary features are a +1 part only."""
        if isinstance(self.in_type, Ordinary):
            return x.flatten(1), x.new_empty(len(x), 0)
        return irreducible_parts(x, self.in_type)

    def _mapped(self, x: Tensor) -> Tensor:
        """Apply the map without its bias; the output's parts are in the order of ``Representation.change_of_basis``."""
        of_plus, of_minus = self._parts(x)
        if isinstance(self.out_type, Ordinary):
            return functional.linear(of_plus, self.plus)
        plus, minus = (
            part.new_zeros(len(x), rows) if weight is None else functional.linear(part, weight)
            for part, weight, rows in zip((of_plus, of_minus), (self.plus, self.minus), self.rows, strict=True)
        )
        pairs = self.out_type.regular
        sums, differences = plus[:, :pairs] * 0.5**0.5, minus[:, :pairs] * 0.5**0.5
        paired = [sums + differences, (sums - differences).flip(1)]
        return torch.cat([*paired, plus[:, pairs:], minus[:, pairs:]], 1)

    def multiply_adds(self, inputs: tuple[Tensor, ...], output: Tensor) -> int:
        """Return the multiply-adds of one call: one for each pair of output and input."""
        return output.numel() * self.in_type.size * self.length

    @torch.no_grad()
    def export(self) -> nn.Module:
        size = self.in_type.size * self.length
        layer = nn.Linear(size, self.out_type.size, bias=self.bias is not None).to(self._weight())
        basis = torch.eye(size).to(layer.weight).view(size, self.in_type.size, self.length)
        layer.weight.copy_(self._mapped(basis).T)
        if self.bias is not None:
            layer.bias.copy_(self.bias_tying.expand(self.bias).flatten())
        return nn.Sequential(nn.Flatten(), layer)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, length={self.length}"


def _he_normal(rows: int, columns: int) -> Tensor:
    """Draw weights as He et al. (2015); the change of basis is orthogonal, so the parts keep the features' variance."""
    return torch.randn(rows, columns) * he_deviation(torch.tensor(float(columns)))


def _parameter(values: Tensor) -> nn.Parameter | None:
    """Return values as a parameter, None if there are none: distributed training waits for a gradient of each."""
    return nn.Parameter(values) if values.numel() else None
