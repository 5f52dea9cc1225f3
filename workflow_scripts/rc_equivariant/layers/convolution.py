"""Equivariant convolutions of feature maps and of k-mer indices, and linear maps of features without positions."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..encoding import KmerEncoding
from ..functional.lookup import kmer_convolution
from ..functional.rows import Steps, channels_last, row_convolution
from ..plain import kmers_of_one_hot
from ..representation import FeatureType, Ordinary
from .module import require_mirrored_grid
from .tied import TiedWeights, with_weights


class Conv1d(TiedWeights):
    """Convolution with an equivariant kernel; (batch, in, L) to (batch, out, L').

    L' = floor((L + 2 padding - dilation (kernel_size - 1) - 1) / stride) + 1. Every equivariant linear map that
    commutes with translations has this form (Mallet & Vert 2021). :class:`~rc_equivariant.kernels.KernelTying` states
    the constraint on the kernel; the constraint on the bias is b = rho_out b.

    Parameters
    ----------
    in_type, out_type
        Feature types.
    kernel_size
        Width of the kernel, even or odd.
    stride, dilation, groups, bias
        As in :class:`torch.nn.Conv1d`.
    padding
        Number of zeros on each side, ``"valid"`` for none, or ``"same"`` for the number that keeps the length.

    Raises
    ------
    ValueError
        At construction, if no such layer is equivariant: with ``"same"`` for an even
        ``dilation * (kernel_size - 1) + 1``, for which one side would get one more zero than the other, or with groups
        that reverse complement does not keep. At a call, if the stride leaves the last positions unread.
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
            raise ValueError(f'padding "same" needs stride 1, not {self.stride}: give the padding as a number')
        if reach % 2:
            raise ValueError(
                f'padding "same" with kernel size {self.kernel_size} and dilation {self.dilation} needs {reach} zeros, '
                "one more on one side than on the other, which reverse complement would exchange: use an odd kernel "
                "size or an even dilation, or give the padding of each side as a number"
            )
        return reach // 2

    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        return self.with_operands(x, *self.own_operands())

    def check(self, x: Tensor) -> None:
        super().check(x)
        require_mirrored_grid(self, x.shape[2], self.kernel_size, self.stride, self.padding, self.dilation)

    @property
    def steps(self) -> Steps:
        """The stride, padding, dilation and groups of the convolution."""
        return self.stride, self.padding, self.dilation, self.groups

    def convolve(self, x: Tensor, kernel: Tensor, bias: Tensor | None) -> Tensor:
        """Convolve ``x`` with an expanded kernel and bias, which may differ from those of the layer."""
        self.check(x)
        return self.with_operands(x, *self.operands(kernel, bias))

    def operands(self, kernel: Tensor, bias: Tensor | None) -> tuple[Tensor | None, ...]:
        return channels_last(kernel), bias

    def with_operands(self, x: Tensor, kernel: Tensor, bias: Tensor | None) -> Tensor:
        """Convolve ``x``, which was checked, with :meth:`operands`."""
        return row_convolution(x, kernel, bias, self.steps)

    def multiply_adds(self, inputs: tuple[Tensor, ...], output: Tensor) -> int:
        """Return the multiply-adds of one call: one for each output number, tap and input channel of its group."""
        return output.numel() * self.kernel_size * self.in_type.size // self.groups

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
        return with_weights(layer, self, self.kernel())

    def extra_repr(self) -> str:
        numbers = (f"{name}={getattr(self, name)}" for name in ("stride", "padding", "dilation", "groups"))
        return f"{super().extra_repr()}, kernel_size={self.kernel_size}, {', '.join(numbers)}"


class KmerConv1d(TiedWeights):
    """Convolution of one-hot k-mers, given as indices; (batch, L) to (batch, out, L - kernel_size + 1).

    It computes the same as ``Conv1d(encoding.type, out_type, kernel_size)`` with the same :meth:`kernel` on
    ``encoding.one_hot(kmers)``, but by table look-up. If the output type is ordinary, as in the first layer of a
    standard network, every entry of the kernel is free.

    The stored weights are smaller than the entries of the kernel by a constant ``gain``, the square root of 4^k. One
    k-mer of all is live at a position, so entries start larger by this factor than those of a kernel that reads all
    channels. Without the gain, a step of Adam would change them by a smaller share the longer the k-mers are, and
    networks of 3-mers learnt far more slowly.

    Parameters
    ----------
    encoding
        The encoding that produced the indices; indices out of its range count as unknown.
    out_type
        Feature type.
    kernel_size
        Width of the kernel in k-mers.
    bias
        If True, add a bias as far as equivariance allows one.

    Raises
    ------
    ValueError
        At a call, if the input is not a matrix of integers with at least ``kernel_size`` positions.
    """

    def __init__(self, encoding: KmerEncoding, out_type: FeatureType, kernel_size: int, bias: bool = True) -> None:
        one_hot = Ordinary(encoding.size) if isinstance(out_type, Ordinary) else encoding.type
        super().__init__(encoding, one_hot, out_type, kernel_size, 1, bias, gain=encoding.size**0.5)
        self.register_buffer("channel_of_kmer", torch.argsort(encoding.kmer_of_channel), persistent=False)

    @property
    def kernel_size(self) -> int:
        """Width of the kernel in k-mers."""
        return self.tying.shape[2]

    def live_inputs(self) -> Tensor:
        """Return the expected square sum of a row of ones on random bases, shape (out,): about one input per tap.

        A channel without a partner reads two mirrored taps by the same weights. Where their k-mers are reverse
        complements of each other, both read the same weight, which adds to the squares of +1 channels and is missing
        from those of -1 channels.
        """
        width, space = self.kernel_size, self.out_type
        if isinstance(space, Ordinary):
            return torch.full((space.size,), float(width))
        mirrored = [self.in_type.chance_of_mirror(abs(width - 1 - 2 * tap)) for tap in range(width)]
        # At the centre, a k-mer that is its own reverse complement reads one weight, which is zero in -1 channels.
        centre = mirrored.pop(width // 2) if width % 2 else 0.0
        is_alone = space.partner == torch.arange(space.size)
        return width + is_alone * torch.where(space.signs > 0, sum(mirrored), -sum(mirrored) - centre)

    def check(self, kmers: Tensor) -> None:
        if kmers.dim() != 2 or kmers.is_floating_point() or kmers.shape[1] < self.kernel_size:
            raise ValueError(
                f"{type(self).__name__} maps {self.in_type} to {self.out_type}: it needs integers (batch, position), "
                f"at least {self.kernel_size} positions, but got {kmers.dtype} {tuple(kmers.shape)}"
            )

    def forward(self, kmers: Tensor) -> Tensor:
        self.check(kmers)
        return self.with_operands(kmers, *self.own_operands())

    def convolve(self, kmers: Tensor, kernel: Tensor, bias: Tensor | None) -> Tensor:
        """Convolve one-hot k-mers with an expanded kernel and bias, which may differ from those of the layer."""
        self.check(kmers)
        return self.with_operands(kmers, *self.operands(kernel, bias))

    def operands(self, kernel: Tensor, bias: Tensor | None) -> tuple[Tensor | None, ...]:
        """Return the table of the look-up."""
        # The table has one more kind, the unknown k-mer, whose entries are zero.
        table = functional.pad(kernel[:, self.channel_of_kmer], (0, 0, 0, 1)).permute(2, 1, 0)
        if bias is not None:
            # Every position reads exactly one row of the first tap, so adding the bias there costs nothing.
            table = torch.cat([table[:1] + bias, table[1:]])
        return (table,)

    def with_operands(self, kmers: Tensor, table: Tensor) -> Tensor:
        """Convolve k-mers, which were checked, with :meth:`operands`."""
        kinds = self.in_type.size
        kmers = kmers.long()
        return kmer_convolution(kmers.masked_fill((kmers < 0) | (kmers > kinds), kinds), table)

    def multiply_adds(self, inputs: tuple[Tensor, ...], output: Tensor) -> int:
        """Return the multiply-adds of one call: one addition for each output number and tap, for any k."""
        return output.numel() * self.kernel_size

    def export(self) -> nn.Module:
        """Return a module that reads one-hot nucleotides (batch, 4, L), channels A, C, G, T, zeros at unknown bases."""
        convolution = nn.Conv1d(self.in_type.size, self.out_type.size, self.kernel_size, bias=self.bias is not None)
        of_kmers = self.kernel()[:, self.channel_of_kmer]
        convolution = with_weights(convolution, self, of_kmers)
        if self.in_type.k == 1:
            return convolution
        return nn.Sequential(*kmers_of_one_hot(self.in_type.k).to(self.weight), convolution)


class Linear(TiedWeights):
    """Linear map of features without positions; (batch, in) to (batch, out).

    Reverse complement acts on such features by rho alone, so the constraint is W = rho_out W rho_in and b = rho_out b,
    as for a convolution of width 1.
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
        kernel, bias = self.own_operands()
        return functional.linear(x, kernel.squeeze(2), bias)

    def multiply_adds(self, inputs: tuple[Tensor, ...], output: Tensor) -> int:
        """Return the multiply-adds of one call: one for each pair of output and input."""
        return output.numel() * self.in_type.size

    def export(self) -> nn.Module:
        layer = nn.Linear(self.in_type.size, self.out_type.size, bias=self.bias is not None)
        return with_weights(layer, self, self.kernel())
