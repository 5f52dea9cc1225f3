"""What one answer of a network costs, in multiply-adds."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from .layers import convolution as tied
from .layers.blocks import ConvBlock
from .layers.flatten import FlattenLinear
from .layers.module import EquivariantModule
from .networks.network import Network
from .strategies import Ensemble, StrandAverage


def multiply_adds(network: EquivariantModule) -> int:
    """Multiply-adds of convolutions and linear layers for one answer of a network, about one window.

    Counted alike for all arms, as the plain form of the layers needs them, each for the positions that it gives:

    - a convolution: one for each output channel, position, tap and input channel of the channel's group;
    - a linear layer: one for each output and input;
    - a convolution of k-mers: one for each output channel, position and tap, whatever k, since a look-up adds up a row
      of a table a tap. These are additions alone.

    Ties between parameters save memory but no arithmetic. Bias, normalisation (which folds into a kernel), activation,
    pooling, the merging of strands and what hyperbolic layers do beside are not counted. An average over strands counts
    both, an ensemble all of its members.

    Parameters
    ----------
    network
        A :class:`~rc_equivariant.Network`, or a :class:`~rc_equivariant.StrandAverage` or
        :class:`~rc_equivariant.Ensemble` of them; left in its mode.

    Raises
    ------
    ValueError
        For a layer with weights that none of this counts.
    """
    _require_countable(network)
    total = 0

    def count(layer: nn.Module, _: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal total
        total += output.numel() * _of_one_output(layer)

    hooks = [layer.register_forward_hook(count) for layer in network.modules() if _cost_of(layer)]
    was_training = network.training
    try:
        # In evaluation mode, where a ConvBlock is one layer and nothing is learned from the window.
        with torch.inference_mode():
            network.eval()(*_empty_window(network))
    finally:
        network.train(was_training)
        for hook in hooks:
            hook.remove()
    return total


def _of_one_output(layer: nn.Module) -> int:
    return _cost_of(layer)(layer)


def _cost_of(layer: nn.Module) -> Callable[[nn.Module], int] | None:
    """What a number of the layer costs; that of a hyperbolic layer is that of its Euclidean base."""
    return next((cost for kind, cost in _COSTS.items() if isinstance(layer, kind)), None)


def _of_convolution(layer: tied.Conv1d) -> int:
    return layer.kernel_size * layer.in_type.size // layer.groups


def _of_plain_convolution(layer: nn.Conv1d) -> int:
    return math.prod(layer.kernel_size) * layer.in_channels // layer.groups


#: Multiply-adds of a number that a layer gives.
_COSTS: dict[type[nn.Module], Callable[[nn.Module], int]] = {
    tied.Conv1d: _of_convolution,
    tied.KmerConv1d: lambda layer: layer.kernel_size,
    tied.Linear: lambda layer: layer.in_type.size,
    FlattenLinear: lambda layer: layer.in_type.size * layer.length,
    ConvBlock: lambda layer: _of_one_output(layer.convolution),
    nn.Conv1d: _of_plain_convolution,
    nn.Linear: lambda layer: layer.in_features,
}


def _require_countable(network: nn.Module) -> None:
    for layer in network.modules():
        has_matrix = any(parameter.dim() > 1 for parameter in layer.parameters(recurse=False))
        if has_matrix and not _cost_of(layer):
            raise ValueError(f"{type(layer).__name__} is no layer whose multiply-adds are known: count it in cost.py")


def _empty_window(network: EquivariantModule) -> list[Tensor]:
    """One window of As, and a control without reads where the network reads one."""
    in_types = network.in_type if isinstance(network.in_type, tuple) else (network.in_type,)
    encoding, *tracks = in_types
    description, device = _member(network).description, next(network.parameters()).device
    kmers = torch.zeros(1, description.window - encoding.k + 1, dtype=torch.int64, device=device)
    return [kmers, *(torch.zeros(1, track.size, description.output_length, device=device) for track in tracks)]


def _member(network: EquivariantModule) -> Network:
    """One of the networks that are averaged, which all read the same windows and tracks."""
    while isinstance(network, StrandAverage | Ensemble):
        network = network.network if isinstance(network, StrandAverage) else network.networks[0]
    return network
