"""The cost of one prediction of a network, in multiply-adds."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from .centring import Centred
from .layers.module import EquivariantModule
from .networks.network import Network
from .strategies import Ensemble, StrandAverage


def multiply_adds(network: nn.Module, *inputs: Tensor) -> int:
    """Count the multiply-adds of convolutions and linear layers when a network predicts one window.

    All arms are counted in the same way, as the plain form of their layers needs multiply-adds:

    - a convolution needs one for each output channel, output position, tap and input channel of the channel's group;
    - a linear layer needs one for each pair of output and input;
    - a convolution of k-mers needs one for each output channel, output position and tap, for any k, because the look-up
      adds one row of a table per tap. These are additions only;
    - a bag of k-mers looks up one row of each of its tables for each kind of k-mer in the window, as many as there can
      be, and needs one for each number of the row.

    Ties between parameters save memory but no arithmetic. The count leaves out bias, normalisation (which folds into a
    kernel), activation, gates, pooling, the merging of strands and the extra terms of hyperbolic layers. An average
    over strands counts both strands, and an ensemble counts all of its members. A centred network is counted for a
    sequence that fills its window; one that leaves an odd number of positions free costs twice as much.

    A layer states its cost by a method ``multiply_adds(inputs, output)``, which returns the multiply-adds of one call
    from the inputs (a tuple) and the output. It counts the layer's own arithmetic; the layers inside count their own
    when they are called. A layer of your own with such a method is counted like any other.

    Parameters
    ----------
    network
        A :class:`~rc_equivariant.Network`, or a :class:`~rc_equivariant.StrandAverage`,
        :class:`~rc_equivariant.Centred` or :class:`~rc_equivariant.Ensemble` of networks; any module if ``inputs`` are
        given. Its mode (training or evaluation) does not change.
    inputs
        A batch of inputs, the cost of which is divided by the batch; by default one window of the described network.

    Raises
    ------
    ValueError
        If a layer has weights but its cost is unknown.
    """
    _require_countable(network)
    inputs = inputs or _empty_window(network)
    total = 0

    def count(layer: nn.Module, given: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal total
        total += _cost_of(layer)(given, output)

    hooks = [layer.register_forward_hook(count) for layer in network.modules() if _cost_of(layer)]
    was_training = network.training
    try:
        # In evaluation mode a ConvBlock is one layer, and running statistics do not change.
        with torch.inference_mode():
            network.eval()(*inputs)
    finally:
        network.train(was_training)
        for hook in hooks:
            hook.remove()
    return total // len(inputs[0])


#: The multiply-adds of one call of a layer, given its inputs and its output.
Cost = Callable[[tuple[Tensor, ...], Tensor], int]


def _cost_of(layer: nn.Module) -> Cost | None:
    """Return the function for a layer's cost, its own if it states one; None if it is not counted."""
    own = getattr(layer, "multiply_adds", None)
    if own is not None:
        return own
    return next((cost(layer) for kind, cost in _OF_TORCH.items() if isinstance(layer, kind)), None)


#: The costs of torch's layers, which cannot state their own.
_OF_TORCH: dict[type[nn.Module], Callable[[nn.Module], Cost]] = {
    nn.Conv1d: lambda layer: (
        lambda _, output: output.numel() * math.prod(layer.kernel_size) * layer.in_channels // layer.groups
    ),
    nn.ConvTranspose1d: lambda layer: (
        lambda inputs, _: inputs[0].numel() * math.prod(layer.kernel_size) * layer.out_channels // layer.groups
    ),
    nn.Linear: lambda layer: lambda _, output: output.numel() * layer.in_features,
}


def _require_countable(network: nn.Module) -> None:
    for layer in network.modules():
        # Vectors of any shape are biases and scales, which are not counted.
        has_matrix = any(max(p.shape, default=1) < p.numel() for p in layer.parameters(recurse=False))
        if has_matrix and not _cost_of(layer):
            raise ValueError(
                f"the multiply-adds of {type(layer).__name__} are unknown: give the class a method "
                "multiply_adds(inputs, output) that returns those of one call"
            )


def _empty_window(network: EquivariantModule) -> list[Tensor]:
    """Return one window of As, and a control without reads if the network reads one."""
    in_types = network.in_type if isinstance(network.in_type, tuple) else (network.in_type,)
    encoding, *tracks = in_types
    description, device = _member(network).description, next(network.parameters()).device
    kmers = torch.zeros(1, description.window - encoding.k + 1, dtype=torch.int64, device=device)
    return [kmers, *(torch.zeros(1, track.size, description.output_length, device=device) for track in tracks)]


def _member(network: EquivariantModule) -> Network:
    """Return one of the averaged networks, which all read the same windows and tracks."""
    while isinstance(network, StrandAverage | Centred | Ensemble):
        network = network.networks[0] if isinstance(network, Ensemble) else network.network
    return network
