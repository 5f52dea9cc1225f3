"""A convolution, batch norm and an activation as one module, which moves less memory than the three layers."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..functional.activation import overwrite_with_relu_and_tanh
from .activation import Activation
from .convolution import Conv1d, KmerConv1d
from .folding import FOLDABLE, FoldedNorm
from .module import EquivariantModule
from .normalisation import BatchNorm1d


class ConvBlock(EquivariantModule):
    """A faster ``Sequential(convolution, BatchNorm1d, activation)``: the same function of the same parameters.

    ReLU and tanh overwrite the features that they are applied to. In evaluation mode, batch norm is folded into kernel
    and bias, so that only one convolution and the activation are left.

    Parameters
    ----------
    convolution
        The convolution, best without bias, since batch norm subtracts it again.
    activation, norm
        Layers on the convolution's ``out_type``; by default ReLU and tanh, and batch norm with its defaults.

    Raises
    ------
    ValueError
        If the types do not fit, or the convolution is of another class, which might do more than convolve.

    Notes
    -----
    Forward hooks on the three parts are not always called as in a Sequential; use ``export()`` for tools that rely on
    hooks. The shapes are those of the convolution.
    """

    def __init__(
        self,
        convolution: Conv1d | KmerConv1d,
        activation: Activation | None = None,
        norm: BatchNorm1d | None = None,
    ) -> None:
        super().__init__(convolution.in_type, convolution.out_type)
        if type(convolution) not in FOLDABLE:
            raise ValueError(
                f"batch norm cannot be folded into {type(convolution).__name__}: use Conv1d or KmerConv1d, or a "
                "Sequential of the three layers"
            )
        self.convolution = convolution
        self._folded = FoldedNorm()
        self.norm = BatchNorm1d(convolution.out_type) if norm is None else norm
        self.activation = Activation(convolution.out_type) if activation is None else activation
        for follower in (self.norm, self.activation):
            if follower.in_type != convolution.out_type:
                raise ValueError(
                    f"the convolution gives {convolution.out_type} but {type(follower).__name__} takes "
                    f"{follower.in_type}: give both the same type"
                )

    def check(self, x: Tensor) -> None:
        self.convolution.check(x)

    def forward(self, x: Tensor) -> Tensor:
        if self.norm.training:
            if self.activation.is_relu_and_tanh:
                return self.norm.normalise(self.convolution(x), relu_channels=self.activation.moved)
            return self.activation(self.norm(self.convolution(x)))
        y = self._folded(self.convolution, self.norm, x)
        if torch.is_grad_enabled() or not self.activation.is_relu_and_tanh:
            return self.activation(y)
        overwrite_with_relu_and_tanh(y.transpose(1, 2), self.activation.moved)
        return y

    def multiply_adds(self, inputs: tuple[Tensor, ...], output: Tensor) -> int:
        """Return the multiply-adds of one call in evaluation mode: those of the convolution."""
        return self.convolution.multiply_adds(inputs, output)

    def export(self) -> nn.Module:
        return nn.Sequential(self.convolution.export(), self.norm.export(), self.activation.export())
