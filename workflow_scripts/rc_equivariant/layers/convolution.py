"""Equivariant convolutions, on feature maps and on k-mer indices, and the linear map of features without positions."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..encoding import KmerEncoding
from ..functional.lookup import kmer_convolution
from ..functional.rows import Steps, row_convolution
from ..kernels import KernelTying, constants_of
from ..plain import kmers_of_one_hot
from ..representation import FeatureType, Ordinary
from .module import EquivariantModule, require_mirrored_grid


class _TiedWeights(EquivariantModule):
    """A kernel and a bias, stored as their free parameters."""

    def __init__(self, in_type, kernel_type: FeatureType, out_type: FeatureType, width: int, groups: int, bias: bool):
        super().__init__(in_type, out_type)
        self.tying = KernelTying(kernel_type, out_type, width, groups)
        if not self.tying.size:
            raise ValueError(
                f"the one equivariant kernel of width {width} from {kernel_type} to {out_type} is zero: "
                f"{type(self).__name__} would give zeros whatever it reads; take a wider kernel or other types"
            )
        self.weight = nn.Parameter(self.tying.he_normal())
        self.bias_tying = self.bias = None
        if bias:
            self.bias_tying = KernelTying(constants_of(out_type), out_type, 1)
            self.bias = nn.Parameter(torch.zeros(self.bias_tying.size))

    def kernel(self) -> Tensor:
        """The expanded kernel, shape (out, in / groups, width)."""
        return self.tying.expand(self.weight)

    def channel_bias(self) -> Tensor | None:
        """The bias of each channel, shape (out,): alike on partners, zero on -1 channels. None without bias."""
        return None if self.bias is None else self.bias_tying.expand(self.bias).flatten()


class Conv1d(_TiedWeights):
    """Convolution with an equivariant kernel; (batch, in, L) to (batch, out, L').

    L' = floor((L + 2 padding - dilation (kernel_size - 1) - 1) / stride) + 1. Any equivariant linear map that commutes
    with translations is of this form (Mallet & Vert 2021); the constraint on the kernel is that of
    :class:`~rc_equivariant.kernels.KernelTying`, that on the bias is b = rho_out b.

    Parameters
    ----------
    in_type, out_type
        Feature types.
    kernel_size
        Width, even or odd.
    stride, dilation, groups, bias
        As in :class:`torch.nn.Conv1d`.
    padding
        Zeros on both sides, ``"valid"`` for none, or ``"same"`` for as many as keep the length.

    Raises
    ------
    ValueError
        At construction, where no such layer is equivariant: ``"same"`` for an even ``dilation * (kernel_size - 1) + 1``
        (one side would get a zero more than the other), groups that reverse complement does not keep. At a call, where
        the length leaves the last positions unread by a stride.
    """

    def __init__(
        self,
        in_type: FeatureType,
        out_type: FeatureType,
        kernel_size: int,
        stride: int = 1,
        padding: int | str = 0,
        dilation: int = 1,
        groups: int = 1,
        bias: bool = True,
    ) -> None:
        super().__init__(in_type, in_type, out_type, kernel_size, groups, bias)
        if stride < 1 or dilation < 1:
            raise ValueError(f"stride {stride} and dilation {dilation} must be 1 or more")
        self.kernel_size, self.stride, self.dilation, self.groups = kernel_size, stride, dilation, groups
        self.padding = self._zeros_on_a_side(padding)

    def _zeros_on_a_side(self, padding: int | str) -> int:
        if padding == "same":
            return self._same_padding()
        if padding == "valid":
            return 0
        if not isinstance(padding, int) or padding < 0:
            raise ValueError(f'padding {padding!r} is neither a number from 0 on, nor "valid", nor "same"')
        return padding

    def _same_padding(self) -> int:
        reach = self.dilation * (self.kernel_size - 1)
        if self.stride != 1:
            raise ValueError(f'padding "same" goes with stride 1, not {self.stride}: give the padding as a number')
        if reach % 2:
            raise ValueError(
                f'padding "same" with kernel size {self.kernel_size} and dilation {self.dilation} needs {reach} zeros, '
                "one more on one side than on the other, which reverse complement would exchange: take an odd kernel "
                "size or an even dilation, or give the padding of each side as a number"
            )
        return reach // 2

    def forward(self, x: Tensor) -> Tensor:
        return self.convolve(x, self.kernel(), self.channel_bias())

    def check(self, x: Tensor) -> None:
        super().check(x)
        require_mirrored_grid(self, x.shape[2], self.kernel_size, self.stride, self.padding, self.dilation)

    @property
    def steps(self) -> Steps:
        """Stride, padding, dilation and groups."""
        return self.stride, self.padding, self.dilation, self.groups

    def convolve(self, x: Tensor, kernel: Tensor, bias: Tensor | None) -> Tensor:
        """The convolution of ``x`` by an expanded kernel and bias, which may be other than the layer's own."""
        self.check(x)
        return row_convolution(x, kernel, bias, self.steps)

    def export(self) -> nn.Module:
        layer = nn.Conv1d(
            self.in_type.size,
            self.out_type.size,
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            self.groups,
            bias=self.bias is not None,
        )
        return _with_weights(layer, self, self.kernel())

    def extra_repr(self) -> str:
        numbers = (f"{name}={getattr(self, name)}" for name in ("stride", "padding", "dilation", "groups"))
        return f"{super().extra_repr()}, kernel_size={self.kernel_size}, {', '.join(numbers)}"


class KmerConv1d(_TiedWeights):
    """:class:`Conv1d` on one-hot k-mers, given as their indices; (batch, L) to (batch, out, L - kernel_size + 1).

    The same function as ``Conv1d(encoding.type, out_type, kernel_size)`` on ``encoding.one_hot(kmers)``, as a table
    look-up. To an ordinary type, where no symmetry is asked for, every entry of the kernel is free: the first layer of
    a standard network.

    Parameters
    ----------
    encoding
        How sequences became the indices; those out of its range are taken for unknown.
    out_type
        Feature type.
    kernel_size
        Width in k-mers.
    bias
        Whether to add what equivariance allows.

    Raises
    ------
    ValueError
        At a call with anything but integers of two dimensions, of at least ``kernel_size`` positions.
    """

    def __init__(self, encoding: KmerEncoding, out_type: FeatureType, kernel_size: int, bias: bool = True) -> None:
        one_hot = Ordinary(encoding.size) if isinstance(out_type, Ordinary) else encoding.type
        super().__init__(encoding, one_hot, out_type, kernel_size, 1, bias)
        self.kernel_size = kernel_size
        self.register_buffer("channel_of_kmer", torch.argsort(encoding.kmer_of_channel), persistent=False)

    def check(self, kmers: Tensor) -> None:
        if kmers.dim() != 2 or kmers.is_floating_point() or kmers.shape[1] < self.kernel_size:
            raise ValueError(
                f"{type(self).__name__} maps {self.in_type} to {self.out_type}: it needs integers (batch, position), "
                f"at least {self.kernel_size} positions, but got {kmers.dtype} {tuple(kmers.shape)}"
            )

    def forward(self, kmers: Tensor) -> Tensor:
        return self.convolve(kmers, self.kernel(), self.channel_bias())

    def convolve(self, kmers: Tensor, kernel: Tensor, bias: Tensor | None) -> Tensor:
        """The convolution of one-hot k-mers by an expanded kernel and bias, which may be other than the layer's own."""
        self.check(kmers)
        # One more kind, the unknown k-mer, whose entries are zero.
        table = functional.pad(kernel[:, self.channel_of_kmer], (0, 0, 0, 1)).permute(2, 1, 0)
        if bias is not None:
            # Every position reads one row of the first tap, so that is where the bias costs nothing.
            table = torch.cat([table[:1] + bias, table[1:]])
        kinds = self.in_type.size
        kmers = kmers.long()
        return kmer_convolution(kmers.masked_fill((kmers < 0) | (kmers > kinds), kinds), table)

    def export(self) -> nn.Module:
        """Reads one-hot nucleotides (batch, 4, L), channels A, C, G, T, zeros at unknown bases, instead of indices."""
        convolution = nn.Conv1d(self.in_type.size, self.out_type.size, self.kernel_size, bias=self.bias is not None)
        of_kmers = self.kernel()[:, self.channel_of_kmer]
        convolution = _with_weights(convolution, self, of_kmers)
        if self.in_type.k == 1:
            return convolution
        return nn.Sequential(*kmers_of_one_hot(self.in_type.k).to(self.weight), convolution)


class Linear(_TiedWeights):
    """Linear map of features without positions; (batch, in) to (batch, out).

    Reverse complement acts on them by rho alone, so the constraint is W = rho_out W rho_in, b = rho_out b: that of a
    convolution of width 1.
    """

    def __init__(self, in_type: FeatureType, out_type: FeatureType, bias: bool = True) -> None:
        super().__init__(in_type, in_type, out_type, 1, 1, bias)

    def check(self, x: Tensor) -> None:
        if x.dim() != 2 or x.shape[1] != self.in_type.size:
            raise ValueError(
                f"{type(self).__name__} maps {self.in_type} ({self.in_type.size} channels) to {self.out_type}: it "
                f"needs a tensor (batch, {self.in_type.size}) but got {tuple(x.shape)}"
            )

    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        return functional.linear(x, self.kernel().squeeze(2), self.channel_bias())

    def export(self) -> nn.Module:
        layer = nn.Linear(self.in_type.size, self.out_type.size, bias=self.bias is not None)
        return _with_weights(layer, self, self.kernel())


@torch.no_grad()
def _with_weights(plain: nn.Module, tied: _TiedWeights, kernel: Tensor) -> nn.Module:
    """``plain`` with ``kernel``, the expanded one of ``tied``, and its bias."""
    plain.to(tied.weight)
    plain.weight.copy_(kernel.view_as(plain.weight))
    if tied.bias is not None:
        plain.bias.copy_(tied.channel_bias())
    return plain
