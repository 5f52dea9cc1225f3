"""Small networks with random weights, whose contributions tests compare, and the methods that compute them."""

from __future__ import annotations

import torch

from learning.analysis.attribution import gradient_contributions, mutagenesis_contributions
from rc_equivariant import Network, NetworkDescription

BINARY_WINDOW, PROFILE_WINDOW = 60, 54
METHODS = {"gradient": gradient_contributions, "mutagenesis": mutagenesis_contributions}


def with_random_weights(network):
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=0.3)
    return network.eval()


def binary(representation, kmer, fraction=None):
    torch.manual_seed(0)
    sizes = {"kernel_widths": (5, 4), "pool_width": 10, "pool_stride": 5}
    description = NetworkDescription.named("binary", representation, kmer, 8, BINARY_WINDOW, fraction, **sizes)
    return with_random_weights(Network(description))


def profile(representation, kmer, fraction=None, control=True):
    torch.manual_seed(0)
    sizes = {"first_width": 9, "dilations": (2, 4), "profile_width": 11, "tracks": ("control",) * control}
    description = NetworkDescription.named("profile", representation, kmer, 8, PROFILE_WINDOW, fraction, **sizes)
    return with_random_weights(Network(description))
