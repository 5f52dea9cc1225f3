"""Alternatives to equivariant layers: data augmentation, and averaging a network's outputs over both strands.

Zhou et al. (2022, "Towards a better understanding of reverse-complement equivariance for deep learning models in
genomics") compare them. Averages are taken over the outputs of the networks before any sigmoid or softmax: over logits
and over logarithms of totals.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from . import plain
from .encoding import KmerEncoding
from .layers.module import EquivariantModule, exported_action
from .representation import FeatureSpace


def with_reverse_complements(space: FeatureSpace, x: Tensor) -> Tensor:
    """Append the reverse complement of every sample to a batch, for data augmentation.

    Parameters
    ----------
    space
        Feature space of ``x``: the encoding of k-mers, or the feature type of a track or of targets.
    x
        Shape (batch, ...).

    Returns
    -------
    Tensor
        Shape (2 * batch, ...). The reverse complement of sample i is at ``batch + i``.
    """
    return torch.cat([x, space.act(x)])


class StrandAverage(EquivariantModule):
    """The mean of a network's outputs for both strands, expressed on the forward strand.

    The output is (f(x) + rho_out f(rho_in x)) / 2. It is equivariant for any network f (invariant if ``out_type`` is
    ordinary). Training in this form is conjoined (siamese) training; wrapping a network that was trained without it is
    post-hoc averaging (Zhou et al. 2022). Both average logits.

    Both strands pass through the network as one batch, so batch statistics are those of both strands together and do
    not depend on which strand is given. In training mode the mean is not exact if the network draws random numbers, as
    dropout does, because the draws differ between the strands.

    Parameters
    ----------
    network
        Any module with ``in_type`` and ``out_type``; these are tuples if it takes or returns several tensors.
    """

    def __init__(self, network: EquivariantModule) -> None:
        super().__init__(network.in_type, network.out_type)
        self.network = network

    def forward(self, *inputs: Tensor) -> Tensor | tuple[Tensor, ...]:
        in_types = _as_tuple(self.in_type)
        outputs = self.network(*map(with_reverse_complements, in_types, inputs))
        if isinstance(outputs, Tensor):
            return _mean_over_strands(self.out_type, outputs)
        return tuple(map(_mean_over_strands, self.out_type, outputs))

    def export(self) -> nn.Module:
        network = self.network.export()
        of_inputs, of_outputs = ([exported_action(t) for t in _as_tuple(ts)] for ts in (self.in_type, self.out_type))
        other_strand = plain.OtherStrand(network, of_inputs, of_outputs)
        weight = next(self.network.parameters(), None)
        if weight is not None:
            other_strand = other_strand.to(weight)
        return plain.NetworkMean([network, other_strand]).eval()


def _mean_over_strands(space: FeatureSpace, both: Tensor) -> Tensor:
    """Average the outputs for a batch with those for its reverse complement, which follow it in ``both``."""
    of_batch, of_reverse_complement = both.chunk(2)
    return (of_batch + space.act(of_reverse_complement)) / 2


class Ensemble(EquivariantModule):
    """The mean of the outputs of several networks, which may differ in k and in representation; logits are averaged.

    The input is the sequence as base codes, from which each member computes its own k-mers.

    Parameters
    ----------
    networks
        At least one network. The first input of each is k-mers. The types of all other inputs and of the outputs must
        be the same for all networks.

    Raises
    ------
    ValueError
        If there are no networks, or their types of inputs or outputs differ.
    """

    def __init__(self, networks: Sequence[EquivariantModule]) -> None:
        if not networks:
            raise ValueError("an ensemble needs at least one network")
        self._require_one_type("outputs", [network.out_type for network in networks])
        other_inputs = [_as_tuple(network.in_type)[1:] for network in networks]
        self._require_one_type("inputs beside the sequence", other_inputs)
        codes = KmerEncoding(1)
        super().__init__((codes, *other_inputs[0]) if other_inputs[0] else codes, networks[0].out_type)
        self.networks = nn.ModuleList(networks)

    @staticmethod
    def _require_one_type(what: str, types: Sequence[object]) -> None:
        for position, other in enumerate(types):
            if other != types[0]:
                raise ValueError(
                    f"networks of an ensemble must agree in their {what}: {_named(types[0])} in the first is "
                    f"{_named(other)} in number {position + 1}; average networks of one task alone"
                )

    def check(self, codes: Tensor, *others: Tensor) -> None:
        if codes.dim() != 2 or codes.is_floating_point():
            raise ValueError(
                f"an ensemble reads base codes (A, C, G, T = 0, 1, 2, 3): it needs integers (batch, window) but got "
                f"{codes.dtype} {tuple(codes.shape)}"
            )

    def forward(self, codes: Tensor, *others: Tensor) -> Tensor | tuple[Tensor, ...]:
        """Return the mean output; ``codes`` are integers, shape (batch, window), with 4 for unknown bases."""
        self.check(codes, *others)
        outputs = [network(_as_tuple(network.in_type)[0].indices(codes), *others) for network in self.networks]
        if isinstance(outputs[0], Tensor):
            return torch.stack(outputs).mean(0)
        return tuple(torch.stack(of_tensor).mean(0) for of_tensor in zip(*outputs, strict=True))

    def export(self) -> nn.Module:
        return plain.NetworkMean([network.export() for network in self.networks]).eval()


def _as_tuple(spaces: FeatureSpace | tuple[FeatureSpace, ...]) -> tuple[FeatureSpace, ...]:
    return spaces if isinstance(spaces, tuple) else (spaces,)


def _named(spaces: FeatureSpace | tuple[FeatureSpace, ...]) -> str:
    return ", ".join(map(str, _as_tuple(spaces))) or "none"
