"""Normalisation over the batch, over channels and over groups of them, with statistics that both strands share."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .. import plain, plain_blocks
from ..functional.normalisation import inverse_deviation, normalise_batch, unbiased_variance
from ..representation import FeatureType
from .affine import TiedAffine
from .module import EquivariantModule


def values_a_channel(module: EquivariantModule, x: Tensor) -> int:
    """Count the values per channel of a batch (batch, channel, position); raise a ValueError for fewer than two."""
    values = x.shape[0] * x.shape[2]
    if values < 2:
        raise ValueError(
            f"{type(module).__name__} {module.in_type} needs more than {values} value per channel in training mode: "
            "give a larger batch, or call .eval()"
        )
    return values


def weight_of_a_batch(batches: Tensor, momentum: float) -> Tensor:
    """Return the weight of the newest batch in running statistics: 1 / ``batches``, but at least ``momentum``.

    The number of batches is a tensor on the device, since reading it would make the GPU wait at every step.
    """
    return batches.reciprocal().clamp_min(momentum)


class BatchNorm1d(TiedAffine):
    """Batch normalisation that commutes with reverse complement; shape unchanged.

    The two channels of a regular copy share mean, variance, scale and shift. A trivial channel is normalised as usual.
    A sign channel, whose mean must be zero, is only divided by its root mean square and scaled (Mallet & Vert 2021).

    The running statistics are the plain average of the first ``1 / momentum`` batches and an exponential average from
    then on. Their weights sum to one from the first step, so they are never biased towards a starting value.

    Parameters
    ----------
    in_type
        Feature type.
    momentum
        Weight of a batch in the running statistics in the long run.
    eps
        Number added to the variance.
    eps_on_deviation
        If True, add ``eps`` to the (unbiased) standard deviation instead, as the published layers do, with 1e-4.
    """

    def __init__(
        self, in_type: FeatureType, momentum: float = 0.01, eps: float = 1e-5, eps_on_deviation: bool = False
    ) -> None:
        super().__init__(in_type)
        self.momentum, self.eps, self.eps_on_deviation = momentum, eps, eps_on_deviation
        self.register_buffer("running_mean", torch.zeros(in_type.size))
        self.register_buffer("running_variance", torch.ones(in_type.size))
        self.register_buffer("batches", torch.zeros((), dtype=torch.int64))
        self.register_buffer("partner", in_type.partner, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            return self.normalise(x)
        self.check(x)
        slope, constant = self.evaluation_affine()
        return torch.addcmul(constant[:, None], x, slope[:, None]).to(x.dtype)

    def normalise(self, x: Tensor, relu_channels: int | None = None) -> Tensor:
        """Normalise with the statistics of the batch and update the running statistics.

        If ``relu_channels`` is given, ReLU is then applied to this many first channels and tanh to the others, without
        extra memory.
        """
        self.check(x)
        values = values_a_channel(self, x)
        y, mean, variance = normalise_batch(
            x, *self.affine(), self.partner, self.is_sign, self.eps, self.eps_on_deviation, relu_channels
        )
        self._update_running_statistics(mean, variance, values)
        return y

    def evaluation_affine(self) -> tuple[Tensor, Tensor]:
        """Return slope and constant of each channel in evaluation mode, each of shape (channel,)."""
        scale, shift = self.affine()
        slope = scale * inverse_deviation(self.running_variance, self.eps, self.eps_on_deviation)[0]
        return slope, shift - self.running_mean * slope

    @torch.no_grad()
    def _update_running_statistics(self, mean: Tensor, variance: Tensor, values: int) -> None:
        self.batches += 1
        weight = weight_of_a_batch(self.batches.to(self.running_mean.dtype), self.momentum)
        unbiased = unbiased_variance(variance, self.partner, self.is_sign, values)
        for running, of_batch in ((self.running_mean, mean), (self.running_variance, unbiased)):
            # lerp_ would not work here, because torch.vmap decomposes it.
            running.copy_(running.lerp(of_batch.to(running), weight))

    @torch.no_grad()
    def export(self) -> nn.Module:
        layer = nn.BatchNorm1d(self.in_type.size, eps=self.eps).to(self.running_variance)
        slope, constant = self.evaluation_affine()
        layer.running_mean.copy_(self.running_mean)
        layer.running_var.copy_(self.running_variance)
        layer.weight.copy_(slope * (self.running_variance + self.eps).sqrt())
        layer.bias.copy_(constant + self.running_mean * slope)
        return layer.eval()


class LayerNorm(TiedAffine):
    """Normalisation over the channels of each position; shape unchanged.

    The mean over the regular and +1 channels, which is the same on both strands, is subtracted from these channels
    only. All channels are then divided by their common root mean square, so -1 channels keep their size relative to the
    others. Scale and shift are tied. On ordinary features this is :class:`torch.nn.LayerNorm` over the channels.

    Parameters
    ----------
    in_type
        Feature type.
    eps
        Number added to the variance.
    """

    def __init__(self, in_type: FeatureType, eps: float = 1e-5) -> None:
        super().__init__(in_type)
        self.eps = eps
        is_centred = ~self.is_sign
        self.centred_channels = max(int(is_centred.sum()), 1)
        self.register_buffer("is_centred", is_centred.float(), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        # Squares of 16-bit numbers would overflow.
        wide = x.to(torch.promote_types(x.dtype, torch.float32))
        is_centred = self.is_centred.to(wide.dtype)[:, None]
        mean = (wide * is_centred).sum(1, keepdim=True) / self.centred_channels
        centred = wide - is_centred * mean
        deviation = (centred.square().mean(1, keepdim=True) + self.eps).sqrt()
        scale, shift = self.affine()
        return torch.addcmul(shift[:, None], centred / deviation, scale[:, None]).to(x.dtype)

    @torch.no_grad()
    def export(self) -> nn.Module:
        return plain.ChannelNorm(self.is_centred.to(self.scale), *self.affine(), self.eps)


class GroupNorm(TiedAffine):
    """Normalisation over the positions and channels of each group of copies, sample by sample; shape unchanged.

    The copies of ``in_type`` in order (regular, trivial, sign) fall into groups of equally many, so that both channels
    of a regular copy are in one group. The mean over a group's regular and +1 channels, which is the same on both
    strands, is subtracted from these channels only. All channels of the group are then divided by their common root
    mean square. Scale and shift are tied. On ordinary features this is :class:`torch.nn.GroupNorm`; with one copy in
    each group it is instance norm.

    Parameters
    ----------
    in_type
        Feature type.
    groups
        Number of groups; it divides the number of copies.
    eps
        Number added to the variance.

    Raises
    ------
    ValueError
        If the groups cannot have equally many copies.
    """

    def __init__(self, in_type: FeatureType, groups: int, eps: float = 1e-5) -> None:
        super().__init__(in_type)
        first_of_copy = torch.minimum(torch.arange(in_type.size), in_type.partner)
        copies, copy_of_channel = first_of_copy.unique(return_inverse=True)
        if groups < 1 or len(copies) % groups:
            divisors = [number for number in range(1, len(copies) + 1) if len(copies) % number == 0]
            raise ValueError(
                f"GroupNorm on {in_type} cannot have {groups} groups: its {len(copies)} copies fall into equal groups "
                f"if the number of groups is one of {', '.join(map(str, divisors))}"
            )
        self.groups, self.eps = groups, eps
        members = torch.arange(groups)[:, None] == copy_of_channel // (len(copies) // groups)
        self.register_buffer("members", members.float(), persistent=False)
        self.register_buffer("centred", (members & ~self.is_sign).float(), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        # Squares of 16-bit numbers would overflow.
        wide = x.to(torch.promote_types(x.dtype, torch.float32))
        members, centred = self.members.to(wide.dtype), self.centred.to(wide.dtype)
        scale, shift = self.affine()
        normalised = plain_blocks.group_normalised(wide, members, centred, self.eps)
        return torch.addcmul(shift[:, None], normalised, scale[:, None]).to(x.dtype)

    @torch.no_grad()
    def export(self) -> nn.Module:
        return plain_blocks.GroupNorm(self.members, self.centred, *self.affine(), self.eps)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, groups={self.groups}"
