"""Layers between feature spaces; each commutes with reverse complement, or maps to features that it leaves alone.

Feature maps have the shape (batch, channel, position). They are kept in memory position by position (channels last),
which is where one-row convolutions are fastest; layers accept either order.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from .encoding import KmerEncoding
from .kernels import KernelTying
from .lookup import kmer_convolution
from .normalisation import normalise_batch
from .representation import FeatureType, Ordinary, Representation

#: The space of constants: one channel that reverse complement leaves alone.
_CONSTANTS = Representation(trivial=1)


class TypedLayer(nn.Module):
    """A layer that knows the feature spaces it maps between and refuses any other input."""

    def __init__(self, in_type: FeatureType, out_type: FeatureType) -> None:
        super().__init__()
        self.in_type, self.out_type = in_type, out_type

    def check(self, x: Tensor) -> None:
        if x.dim() != 3 or x.shape[1] != self.in_type.size:
            raise ValueError(
                f"{type(self).__name__} maps {self.in_type} ({self.in_type.size} channels): it needs a tensor "
                f"(batch, {self.in_type.size}, position) but got {tuple(x.shape)}"
            )

    def extra_repr(self) -> str:
        return f"{self.in_type} -> {self.out_type}"


class Conv1d(TypedLayer):
    """Valid convolution with an equivariant kernel and no bias; (batch, in, L) to (batch, out, L - width + 1).

    Any equivariant linear map that commutes with translations is of this form (Mallet & Vert 2021, theorem 1); the
    constraint is that of :class:`~rc_equivariant.kernels.KernelTying`. Even widths are allowed.
    """

    def __init__(self, in_type: FeatureType, out_type: FeatureType, width: int) -> None:
        super().__init__(in_type, out_type)
        self.tying = KernelTying(in_type, out_type, width)
        self.weight = nn.Parameter(self.tying.he_normal())

    def kernel(self) -> Tensor:
        """The expanded kernel, shape (out, in, width)."""
        return self.tying.expand(self.weight)

    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        row = x.unsqueeze(2).contiguous(memory_format=torch.channels_last)
        kernel = self.kernel().unsqueeze(2).contiguous(memory_format=torch.channels_last)
        return functional.conv2d(row, kernel).squeeze(2)


class KmerConv1d(nn.Module):
    """:class:`Conv1d` on one-hot k-mers, given as their indices; (batch, L) to (batch, out, L - width + 1).

    The same function as ``Conv1d(encoding.type, out_type, width)`` on ``encoding.one_hot(kmers)``, as a table look-up.
    """

    def __init__(self, encoding: KmerEncoding, out_type: FeatureType, width: int) -> None:
        super().__init__()
        self.in_type, self.out_type, self.width = encoding.type, out_type, width
        self.tying = KernelTying(encoding.type, out_type, width)
        self.weight = nn.Parameter(self.tying.he_normal())
        self.register_buffer("channel_of_kmer", torch.argsort(encoding.kmer_of_channel), persistent=False)

    def forward(self, kmers: Tensor) -> Tensor:
        kernel = self.tying.expand(self.weight)
        return kmer_convolution(kmers, kernel[:, self.channel_of_kmer].permute(2, 1, 0))

    def extra_repr(self) -> str:
        return f"{self.in_type} -> {self.out_type}, width {self.width}"


class BatchNorm1d(TypedLayer):
    """Batch normalisation that commutes with reverse complement; shape unchanged.

    The two channels of a regular copy share mean, variance, scale and shift; a trivial channel is normalised as usual;
    a sign channel, whose mean must be zero, is only divided by its root mean square and scaled (Mallet & Vert 2021,
    section 3.4).

    The running statistics are the plain average of the first ``1 / momentum`` batches and the exponential average from
    then on: their weights sum to one from the first step, so that they are never biased towards a starting value.
    """

    def __init__(self, in_type: FeatureType, momentum: float = 0.01, eps: float = 1e-5) -> None:
        super().__init__(in_type, in_type)
        self.momentum, self.eps = momentum, eps
        # Scales are tied but never forbidden, so to them a sign channel is like a trivial one.
        scaled = in_type
        if isinstance(in_type, Representation):
            scaled = Representation(in_type.regular, in_type.trivial + in_type.sign)
        constants = Ordinary(1) if isinstance(in_type, Ordinary) else _CONSTANTS
        self.scale_tying = KernelTying(constants, scaled, 1)
        self.shift_tying = KernelTying(constants, in_type, 1)
        self.scale = nn.Parameter(torch.ones(self.scale_tying.size))
        self.shift = nn.Parameter(torch.zeros(self.shift_tying.size))
        self.register_buffer("running_mean", torch.zeros(in_type.size))
        self.register_buffer("running_variance", torch.ones(in_type.size))
        self.register_buffer("batches", torch.zeros((), dtype=torch.int64))
        self.register_buffer("partner", in_type.partner, persistent=False)
        self.register_buffer("is_sign", in_type.signs < 0, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        scale, shift = self.scale_tying.expand(self.scale).flatten(), self.shift_tying.expand(self.shift).flatten()
        if self.training:
            y, mean, variance = normalise_batch(x, scale, shift, self.partner, self.is_sign, self.eps)
            self._update_running_statistics(mean, variance, x.shape[0] * x.shape[2])
            return y
        slope = scale * torch.rsqrt(self.running_variance + self.eps)
        return torch.addcmul((shift - self.running_mean * slope)[:, None], x, slope[:, None])

    @torch.no_grad()
    def _update_running_statistics(self, mean: Tensor, variance: Tensor, values: int) -> None:
        self.batches += 1
        weight = max(self.momentum, 1 / int(self.batches))
        pooled_values = torch.where(self.partner == torch.arange(len(mean), device=mean.device), values, 2 * values)
        unbiased = variance * torch.where(self.is_sign, 1.0, pooled_values / (pooled_values - 1))
        self.running_mean.lerp_(mean.to(self.running_mean), weight)
        self.running_variance.lerp_(unbiased.to(self.running_variance), weight)


class Activation(TypedLayer):
    """ReLU on regular and trivial channels, tanh on sign channels; shape unchanged.

    A pointwise function commutes with the action on sign channels if and only if it is odd; on regular and trivial
    channels any function does (Mallet & Vert 2021, section 3.3).
    """

    def __init__(self, in_type: FeatureType) -> None:
        super().__init__(in_type, in_type)
        self.sign_channels = int((in_type.signs < 0).sum())

    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        if not self.sign_channels:
            return torch.relu(x)
        others = self.in_type.size - self.sign_channels
        return torch.cat([torch.relu(x[:, :others]), torch.tanh(x[:, others:])], dim=1)


class StrandMerge(TypedLayer):
    """Invariant features: (x + RC x) / 2 on the first channel of each copy; (batch, in, L) to (batch, copies, L).

    ``y[c, t] = (x[c, t] + signs[c] * x[partner[c], L - 1 - t]) / 2`` is the same for x and RC x, position by position,
    so that ordinary layers may follow. This is the published merging of the binary networks. Ordinary features pass as
    they are.
    """

    def __init__(self, in_type: FeatureType) -> None:
        super().__init__(in_type, Ordinary(int((torch.arange(in_type.size) <= in_type.partner).sum())))
        if isinstance(in_type, Representation):
            self.register_buffer("signs_alone", in_type.signs[2 * in_type.regular :], persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        if isinstance(self.in_type, Ordinary):
            return x
        # On (batch, position, channel), so that neither this nor its gradient leaves the order of the memory.
        forward_strand, reverse_strand, alone = x.transpose(1, 2).split(
            (self.in_type.regular, self.in_type.regular, x.shape[1] - 2 * self.in_type.regular), dim=2
        )
        pairs = forward_strand + reverse_strand.flip(1, 2)
        merged = torch.cat([pairs, alone + self.signs_alone.to(x.dtype) * alone.flip(1)], dim=2) / 2
        return merged.transpose(1, 2)
