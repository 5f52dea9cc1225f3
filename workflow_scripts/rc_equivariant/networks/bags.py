"""Networks of the counts of k-mers, whatever their positions."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from .. import plain_blocks
from ..descriptions.networks import NetworkDescription
from ..encoding import KmerEncoding
from ..layers.containers import Sequential
from ..layers.counts import CountsLinear, KmerCounts
from ..layers.normalisation import BatchNorm1d
from ..representation import Ordinary
from .parts import LogitsHead, TrunkLayers


class Bag(TrunkLayers):
    """A trunk that counts k-mers; those of an equivariant network are counted together with their reverse complements.

    ``live`` is the largest number of counts of a window that are not zero.
    """

    def __init__(self, encoding: KmerEncoding, description: NetworkDescription) -> None:
        trunk = description.trunk
        counts = KmerCounts(encoding, trunk.lengths, trunk.gaps, merged=description.symmetry.is_equivariant)
        super().__init__(encoding, counts.out_type)
        self.features = Sequential(counts)
        self.live = counts.most_kinds(description.window)


class BagLogits(LogitsHead):
    """The head that maps counts to logits by two hidden layers, beside which the logits have a linear part.

    The weights of the first hidden layer are the embeddings of the k-mers.
    """

    def __init__(self, trunk: Bag, description: NetworkDescription) -> None:
        super().__init__(trunk.out_type, Ordinary(description.logits))
        head, kinds, embedding = description.head, trunk.out_type.size, Ordinary(description.symmetry.channels)
        self.embedding = CountsLinear(kinds, embedding.size, trunk.live, head.embedding_decay)
        self.linear = CountsLinear(kinds, description.logits, trunk.live, head.linear_decay)
        self.norm = BatchNorm1d(embedding)
        self.hidden = nn.Sequential(
            nn.ReLU(), nn.Dropout(head.dropout), nn.Linear(embedding.size, head.dense), nn.ReLU()
        )
        self.classify = nn.Linear(head.dense + description.logits, description.logits)
        with torch.no_grad():
            # The linear part starts at zero, and is added to the logits as it is.
            self.linear.weight.zero_()
            self.classify.weight[:, head.dense :] = torch.eye(description.logits)

    @property
    def last_layer(self) -> nn.Module:
        return self.classify

    def embed(self, features: Tensor) -> Tensor:
        normalised = self.norm(self.embedding(features).unsqueeze(2)).squeeze(2)
        return torch.cat([self.hidden(normalised), self.linear(features)], 1)

    def exported_layers(self) -> list[nn.Module]:
        embedding, linear, hidden, classify = copy.deepcopy([self.embedding, self.linear, self.hidden, self.classify])
        deep = nn.Sequential(_as_plain(embedding), self.norm.export(), hidden)
        order = torch.arange(classify.in_features, device=classify.weight.device)
        return [plain_blocks.Concatenation([deep, _as_plain(linear)], order), classify]


def _as_plain(layer: CountsLinear) -> nn.Linear:
    """Return an ordinary linear layer with the same weights."""
    plain = nn.Linear(layer.in_features, layer.out_features, bias=False).to(layer.weight)
    plain.weight = layer.weight
    return plain
