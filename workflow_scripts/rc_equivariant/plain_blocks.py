"""Plain forms of blocks: branches that are added, multiplied or concatenated, group norm, and a module on both strands.

As in :mod:`.plain`, they know nothing of types, and TorchScript and ONNX can read them.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from .plain import centre_crop, kmers_of_one_hot


def aligned(features: list[Tensor]) -> list[Tensor]:
    """Crop feature maps (batch, channel, position) to the length of the shortest, equally on both sides.

    Features without positions (batch, channel) are repeated at every position, unless none has any.
    """
    # In the words that TorchScript knows.
    length = -1
    for x in features:
        if x.dim() == 3:
            length = x.shape[2] if length < 0 else min(length, x.shape[2])
    if length < 0:
        return features
    return [centre_crop(x, length) if x.dim() == 3 else x.unsqueeze(2).expand(-1, -1, length) for x in features]


class Branches(nn.Module):
    """The outputs of several modules for the same input, with the positions of :func:`aligned`."""

    def __init__(self, branches: Sequence[nn.Module]) -> None:
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x: Tensor) -> list[Tensor]:
        features: list[Tensor] = []
        # TorchScript has no comprehensions over modules.
        for branch in self.branches:
            features += [branch(x)]
        return aligned(features)


class Sum(nn.Module):
    """The sum of the outputs of several modules."""

    def __init__(self, branches: Sequence[nn.Module]) -> None:
        super().__init__()
        self.branches = Branches(branches)

    def forward(self, x: Tensor) -> Tensor:
        features = self.branches(x)
        total = features[0]
        for each in features[1:]:
            total = total + each
        return total


class Concatenation(nn.Module):
    """The channels of several modules' outputs, in the order that ``order`` (channel,) gives."""

    def __init__(self, branches: Sequence[nn.Module], order: Tensor) -> None:
        super().__init__()
        self.branches = Branches(branches)
        self.register_buffer("order", order.clone())

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat(self.branches(x), 1).index_select(1, self.order)


class Product(nn.Module):
    """The product of two modules' outputs, channel by channel as ``multiply`` pairs them."""

    def __init__(self, first: nn.Module, second: nn.Module, multiply: ChannelProduct) -> None:
        super().__init__()
        self.branches, self.multiply = Branches([first, second]), multiply

    def forward(self, x: Tensor) -> Tensor:
        features = self.branches(x)
        return self.multiply(features[0], features[1])


class ChannelProduct(nn.Module):
    """The products factor[c] * x[:, first[c]] * y[:, second[c]]; shapes (batch, channel, ...).

    A single channel multiplies all others without being repeated in memory.
    """

    def __init__(self, first: Tensor, second: Tensor, factor: Tensor) -> None:
        super().__init__()
        for name, index in (("first", first), ("second", second)):
            is_whole = bool((index == torch.arange(len(index))).all() or (index == 0).all())
            self.register_buffer(name, None if is_whole else index.clone(), persistent=False)
        self.register_buffer("factor", None if bool((factor == 1).all()) else factor.clone(), persistent=False)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        first, second, factor = self.first, self.second, self.factor
        if first is not None:
            x = _channels(x, first)
        if second is not None:
            y = _channels(y, second)
        z = x * y
        if factor is not None:
            z = (z.movedim(1, -1) * factor.to(z.dtype)).movedim(-1, 1)
        return z


def _channels(x: Tensor, index: Tensor) -> Tensor:
    """Return chosen channels; doing it by rows keeps the order in memory."""
    rows = x.movedim(1, -1)
    return rows.index_select(rows.dim() - 1, index).movedim(-1, 1)


class ChannelScale(nn.Module):
    """A factor for each channel, and each position if there is more than one, of features (batch, channel, position).

    ``scale`` has the shape (channel, 1) or (channel, position).
    """

    def __init__(self, scale: Tensor) -> None:
        super().__init__()
        self.scale = nn.Parameter(scale.clone())

    def forward(self, x: Tensor) -> Tensor:
        return self.scale * x


class GroupNorm(nn.Module):
    """Normalisation over the positions and channels of each group, sample by sample; shape unchanged.

    ``members`` and ``centred`` (group, channel) are 1 at the channels of a group, and at those of them that the mean is
    taken over and subtracted from; 0 elsewhere.
    """

    def __init__(self, members: Tensor, centred: Tensor, scale: Tensor, shift: Tensor, eps: float) -> None:
        super().__init__()
        self.eps = eps
        self.register_buffer("members", members.clone())
        self.register_buffer("centred", centred.clone())
        self.scale, self.shift = nn.Parameter(scale[:, None].clone()), nn.Parameter(shift[:, None].clone())

    def forward(self, x: Tensor) -> Tensor:
        return self.shift + self.scale * group_normalised(x, self.members, self.centred, self.eps)


def group_normalised(x: Tensor, members: Tensor, centred: Tensor, eps: float) -> Tensor:
    """Normalise as :class:`GroupNorm` does, before scale and shift."""
    mean = (x.mean(2) @ centred.t() / centred.sum(1).clamp(min=1)) @ centred
    x = x - mean.unsqueeze(2)
    variance = (x.square().mean(2) @ members.t() / members.sum(1)) @ members
    return x / (variance + eps).sqrt().unsqueeze(2)


class BothStrands(nn.Module):
    """A module applied to both strands; its outputs for the other strand follow with channels and positions reversed.

    ``act`` reverse complements the input.
    """

    def __init__(self, module: nn.Module, act: nn.Module) -> None:
        super().__init__()
        self.module, self.act = module, act

    def forward(self, x: Tensor) -> Tensor:
        first, second = self.module(x), self.module(self.act(x))
        turned = second.flip(1) if second.dim() == 2 else second.flip(1, 2)
        return torch.cat([first, turned], 1)


def damped(counts: Tensor) -> Tensor:
    """The square root of counts. Between 0 and 1, where there are no counts, it is linear and has a finite gradient."""
    return torch.where(counts > 1, counts.clamp(min=1).sqrt(), counts)


class CountedKmers(nn.Module):
    """Square roots of the counts of k-mers, summed over those of one kind; (batch, 4, L) to (batch, kinds).

    ``spelled`` lists lengths and gaps of the k-mers, as :func:`kmers_of_one_hot` takes them. ``kinds`` holds the kind
    of each of their k-mers in turn; one or two of them are of the same kind.
    """

    def __init__(self, spelled: Sequence[tuple[int, int]], kinds: Tensor) -> None:
        super().__init__()
        self.kmers = nn.ModuleList(kmers_of_one_hot(*each) for each in spelled)
        order = torch.argsort(kinds, stable=True)
        last = torch.bincount(kinds).cumsum(0) - 1
        is_pair = torch.bincount(kinds) == 2
        self.register_buffer("last", order[last])
        self.register_buffer("other", order[last - is_pair.long()])
        self.register_buffer("share", is_pair.float())

    def forward(self, one_hot: Tensor) -> Tensor:
        counts: list[Tensor] = []
        for kmers in self.kmers:
            counts += [kmers(one_hot).sum(2)]
        of_kmers = torch.cat(counts, 1)
        return damped(of_kmers.index_select(1, self.last) + self.share * of_kmers.index_select(1, self.other))
