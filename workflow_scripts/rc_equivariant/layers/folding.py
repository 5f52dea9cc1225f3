"""Batch norm folded into the convolution before it, in evaluation mode."""

from __future__ import annotations

from torch import Tensor

from ..functional.remembered import Remembered
from .convolution import Conv1d, KmerConv1d
from .normalisation import BatchNorm1d

#: Convolutions that do nothing but convolve.
FOLDABLE = (Conv1d, KmerConv1d)


class FoldedNorm:
    """A convolution and the batch norm after it as one convolution, whose kernel inference keeps between batches."""

    def __init__(self) -> None:
        self._remembered = Remembered()

    def __call__(self, convolution: Conv1d | KmerConv1d, norm: BatchNorm1d, x: Tensor) -> Tensor:
        """Return ``norm(convolution(x))`` with the running statistics of the norm."""

        def fold() -> tuple[Tensor, ...]:
            slope, constant = norm.evaluation_affine()
            bias = convolution.channel_bias()
            kernel = convolution.kernel() * slope[:, None, None]
            return convolution.operands(kernel, constant if bias is None else constant + slope * bias)

        convolution.check(x)
        of_norm = (norm.scale, norm.shift, norm.running_mean, norm.running_variance)
        operands = self._remembered.of(fold, convolution.weight, convolution.bias, *of_norm)
        return convolution.with_operands(x, *operands)
