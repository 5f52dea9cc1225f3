"""The cost of one prediction of a network, in multiply-adds."""

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
    """Count the multiply-adds of convolutions and linear layers when a network predicts one window.

    All arms are counted in the same way, as the plain form of their layers needs multiply-adds:

    - a convolution needs one for each output channel, output position, tap and input channel of the channel's group;
    - a linear layer needs one for each pair of output and input;
    - a convolution of k-mers needs one for each output channel, output position and tap, for any k, because the look-up
      adds one row of a table per tap. These are additions only.

    Ties between parameters save memory but no arithmetic. The count leaves out bias, normalisation (which folds into a
    kernel), activation, pooling, the merging of strands and the extra terms of hyperbolic layers. An average over
    strands counts both strands, and an ensemble counts all of its members.

    Parameters
    ----------
    network
        A :class:`~rc_equivariant.Network`, or a :class:`~rc_equivariant.StrandAverage` or
        :class:`~rc_equivariant.Ensemble` of networks. Its mode (training or evaluation) does not change.

    Raises
    ------
    ValueError
        If a layer has weights but its cost is unknown.
    """
    _require_countable(network)
    total = 0

    def count(layer: nn.Module, _: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal total
        total += output.numel() * _of_one_output(layer)

    hooks = [layer.register_forward_hook(count) for layer in network.modules() if _cost_of(layer)]
    was_training = network.training
    try:
        # In evaluation mode a ConvBlock is one layer, and running statistics do not change.
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
    """Return the function for a layer's cost per output number; a hyperbolic layer costs as its Euclidean base does."""
    return next((cost for kind, cost in _COSTS.items() if isinstance(layer, kind)), None)


def _of_convolution(layer: tied.Conv1d) -> int:
    return layer.kernel_size * layer.in_type.size // layer.groups


def _of_plain_convolution(layer: nn.Conv1d) -> int:
    return math.prod(layer.kernel_size) * layer.in_channels // layer.groups


#: Functions that return the multiply-adds per number that a layer outputs.
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
            raise ValueError(f"the multiply-adds of {type(layer).__name__} are unknown: add the layer to cost.py")


def _empty_window(network: EquivariantModule) -> list[Tensor]:
    """Return one window of As, and a control without reads if the network reads one."""
    in_types = network.in_type if isinstance(network.in_type, tuple) else (network.in_type,)
    encoding, *tracks = in_types
    description, device = _member(network).description, next(network.parameters()).device
    kmers = torch.zeros(1, description.window - encoding.k + 1, dtype=torch.int64, device=device)
    return [kmers, *(torch.zeros(1, track.size, description.output_length, device=device) for track in tracks)]


def _member(network: EquivariantModule) -> Network:
    """Return one of the averaged networks, which all read the same windows and tracks."""
    while isinstance(network, StrandAverage | Ensemble):
        network = network.network if isinstance(network, StrandAverage) else network.networks[0]
    return network
