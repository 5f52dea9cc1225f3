"""Losses of batches that are read on one strand or on both."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from torch import Tensor, nn

from rc_equivariant import FeatureSpace, with_reverse_complements

from .settings import TrainingSettings

#: What networks give: one tensor, or one of each of the spaces in ``out_type``.
Outputs = TypeVar("Outputs", Tensor, tuple[Tensor, ...])


def strand_loss(
    network: nn.Module,
    inputs: tuple[Tensor, ...],
    targets: Tensor,
    settings: TrainingSettings,
    task_loss: Callable[[Outputs, Tensor], Tensor],
    divergence: Callable[[Outputs, Outputs], Tensor],
) -> Tensor:
    """The loss of a batch, a scalar, with augmentation and consistency as the settings ask for.

    With augmentation the task loss is over both strands. Consistency adds ``consistency`` times the divergence of the
    outputs f(x) and the outputs f(rc x) brought to the forward strand (RCCR 2025); the task loss is then over x alone,
    unless there is augmentation as well. Both strands go through the network as one batch.

    Parameters
    ----------
    network
        With ``in_type`` and ``out_type``, as modules of :mod:`rc_equivariant` have.
    targets
        Of the space of the network's first output.
    """
    if not (settings.reverse_complement_augmentation or settings.consistency):
        return task_loss(network(*inputs), targets)
    outputs = network(*map(with_reverse_complements, _as_tuple(network.in_type), inputs))
    forward, reverse = _halves(outputs)
    if settings.reverse_complement_augmentation:
        loss = task_loss(outputs, with_reverse_complements(_as_tuple(network.out_type)[0], targets))
    else:
        loss = task_loss(forward, targets)
    if settings.consistency:
        loss = loss + settings.consistency * divergence(forward, _other_strand(network.out_type, reverse))
    return loss


def _halves(outputs: Outputs) -> tuple[Outputs, Outputs]:
    """Outputs of a batch and of its reverse complement."""
    if isinstance(outputs, Tensor):
        return outputs.chunk(2)
    return tuple(zip(*(output.chunk(2) for output in outputs), strict=True))


def _other_strand(spaces: FeatureSpace | tuple[FeatureSpace, ...], outputs: Outputs) -> Outputs:
    if isinstance(outputs, Tensor):
        return spaces.act(outputs)
    return tuple(space.act(output) for space, output in zip(spaces, outputs, strict=True))


def _as_tuple(spaces: FeatureSpace | tuple[FeatureSpace, ...]) -> tuple[FeatureSpace, ...]:
    return spaces if isinstance(spaces, tuple) else (spaces,)
