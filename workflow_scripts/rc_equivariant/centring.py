"""Networks for sequences shorter than their window, as functions of the sequence alone."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from . import plain
from .encoding import KmerEncoding
from .layers.module import EquivariantModule


class Centred(EquivariantModule):
    """A network that reads every sequence in the middle of its window, wherever it lies in the input.

    The unknown k-mers at either end of a row are taken to lie outside of its sequence. If their number is even, the
    sequence is moved to the middle. If it is odd, no place is the middle: the output is then the mean of the outputs
    for the two places beside it. So the output depends only on the sequence, and the reverse complement of a sequence
    has the reverse complement of its output, even if the layers depend on the position. A network alone does not have
    this property: the reverse complement of a row with an odd number of unknown k-mers around it is a row in which the
    sequence has moved by one position. Rows without any known k-mer stay as they are.

    In evaluation mode only rows with an odd number are read twice, and a batch in which no row moves has the very
    output of the network. In training mode all rows are read twice, in one batch, because the shapes of a stack of
    networks (``torch.vmap``) must not depend on the data; batch statistics are those of both places together. The mean
    is then not exact if the network draws random numbers, as dropout does.

    Parameters
    ----------
    network
        Any module whose only input is k-mer indices, and whose only output has no positions. Logits are averaged,
        before any sigmoid or softmax.

    Raises
    ------
    ValueError
        If the network has several inputs or outputs, or its input is not k-mers.
    """

    def __init__(self, network: EquivariantModule) -> None:
        if not isinstance(network.in_type, KmerEncoding) or isinstance(network.out_type, tuple):
            raise ValueError(
                f"{type(network).__name__} maps {network.in_type} to {network.out_type}: a network can be centred if "
                "its only input is k-mer indices and it has one output, without positions"
            )
        super().__init__(network.in_type, network.out_type)
        self.network = network

    def forward(self, kmers: Tensor) -> Tensor:
        left, right = centred_rows(kmers, self.in_type)
        if self.training or torch.compiler.is_compiling():
            of_left, of_right = self.network(torch.cat([left, right])).chunk(2)
            return (of_left + of_right) / 2
        outputs = self.network(left)
        rows = (left != right).any(1).nonzero().flatten()
        if not len(rows):
            return outputs
        return outputs.index_copy(0, rows, (outputs[rows] + self.network(right[rows])) / 2)

    def export(self) -> nn.Module:
        """Return the network in a form that reads one-hot bases; it reads every row twice."""
        return plain.CentredMean(self.network.export(), self.in_type.k).eval()


def centred_rows(kmers: Tensor, encoding: KmerEncoding) -> tuple[Tensor, Tensor]:
    """Move the known k-mers of every row to the middle.

    Parameters
    ----------
    kmers
        K-mer indices (batch, positions).
    encoding
        Their encoding, which defines the index of an unknown k-mer.

    Returns
    -------
    left, right
        Rows with floor(u / 2) and ceil(u / 2) unknown k-mers on the left, for u unknown k-mers at both ends together.
        They are equal if u is even, or if all k-mers of a row are unknown.
    """
    left, right = plain.shifts_to_the_middle(kmers != encoding.size)
    return plain.shifted(kmers, left, encoding.size), plain.shifted(kmers, right, encoding.size)
