"""Losses of batches, read on one strand or on both."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, log_softmax, mse_loss

from rc_equivariant.representation import FeatureSpace
from rc_equivariant.strategies import with_reverse_complements

from .settings import StrandSettings

#: The outputs of a network: one tensor, or one for each of the spaces in ``out_type``.
Outputs = TypeVar("Outputs", Tensor, tuple[Tensor, ...])


def strand_loss(
    network: nn.Module,
    inputs: tuple[Tensor, ...],
    targets: Tensor,
    strands: StrandSettings,
    task_loss: Callable[[Outputs, Tensor], Tensor],
    divergence: Callable[[Outputs, Outputs], Tensor],
) -> Tensor:
    """The loss of a batch, a scalar, with augmentation and consistency as ``strands`` asks for.

    With augmentation the task loss is over both strands. Consistency adds ``consistency`` times the divergence between
    the outputs f(x) and the outputs f(rc x) as seen on the forward strand (RCCR 2025); the task loss is then over x
    alone, unless there is augmentation as well. Both strands go through the network as one batch.

    Parameters
    ----------
    network
        A network with ``in_type`` and ``out_type``, like the modules of :mod:`rc_equivariant`.
    targets
        Targets in the space of the network's first output.
    """
    if not (strands.reverse_complement_augmentation or strands.consistency):
        return task_loss(_widened(network(*inputs)), targets)
    outputs = _widened(network(*map(with_reverse_complements, _as_tuple(network.in_type), inputs)))
    forward, reverse = _halves(outputs)
    if strands.reverse_complement_augmentation:
        loss = task_loss(outputs, with_reverse_complements(_as_tuple(network.out_type)[0], targets))
    else:
        loss = task_loss(forward, targets)
    if strands.consistency:
        loss = loss + strands.consistency * divergence(forward, _other_strand(network.out_type, reverse))
    return loss


def _widened(outputs: Outputs) -> Outputs:
    """The outputs in float32, in which losses are computed, if mixed precision gave 16 bits."""
    if isinstance(outputs, Tensor):
        return outputs.to(torch.promote_types(outputs.dtype, torch.float32))
    return tuple(map(_widened, outputs))


def _halves(outputs: Outputs) -> tuple[Outputs, Outputs]:
    """The outputs of a batch and those of its reverse complement."""
    if isinstance(outputs, Tensor):
        return outputs.chunk(2)
    return tuple(zip(*(output.chunk(2) for output in outputs), strict=True))


def _other_strand(spaces: FeatureSpace | tuple[FeatureSpace, ...], outputs: Outputs) -> Outputs:
    if isinstance(outputs, Tensor):
        return spaces.act(outputs)
    return tuple(space.act(output) for space, output in zip(spaces, outputs, strict=True))


def _as_tuple(spaces: FeatureSpace | tuple[FeatureSpace, ...]) -> tuple[FeatureSpace, ...]:
    return spaces if isinstance(spaces, tuple) else (spaces,)


def class_loss(logits: Tensor, labels: Tensor, smoothing: float = 0.0, weights: Tensor | None = None) -> Tensor:
    """The mean cross-entropy of classes over the windows of a batch, a scalar.

    Parameters
    ----------
    logits
        Shape (batch, classes), or (batch,) for two classes.
    labels
        Classes from 0 on, shape (batch,), or probabilities: of the classes (batch, classes) or, for two classes, of the
        second one (batch,).
    smoothing
        Share of each target's probability that is spread evenly over all classes (Szegedy et al. 2016).
    weights
        Weights of the classes, by which the losses of their windows are multiplied; None for 1. The sum is divided by
        the number of windows, not by that of weights, so a batch without a rare class does not count for more.
    """
    reduction = "mean" if weights is None else "none"
    if logits.dim() == 1:
        targets = labels.to(logits)
        if smoothing:
            targets = (1 - smoothing) * targets + smoothing / 2
        losses = binary_cross_entropy_with_logits(logits, targets, reduction=reduction)
    else:
        targets = labels.to(logits) if labels.is_floating_point() else labels
        losses = cross_entropy(logits, targets, label_smoothing=smoothing, reduction=reduction)
    return losses if weights is None else (_weights_of_windows(labels, weights).to(losses) * losses).mean()


def _weights_of_windows(labels: Tensor, weights: Tensor) -> Tensor:
    """The mean weight of the classes of each window, shape (batch,)."""
    if not labels.is_floating_point():
        return weights[labels]
    return labels @ weights if labels.dim() == 2 else (1 - labels) * weights[0] + labels * weights[1]


def class_divergence(one: Tensor, other: Tensor) -> Tensor:
    """The divergence between classes with logits (batch, classes), or (batch,) for two classes."""
    if one.dim() == 1:
        return ((one.sigmoid() - other.sigmoid()) * (one - other)).mean() / 2
    return _divergence(one, other)


def profile_divergence(one: tuple[Tensor, Tensor], other: tuple[Tensor, Tensor], count_weight: float) -> Tensor:
    """The divergence between profiles, the mean of the strands, plus the squared difference of logarithms of totals.

    Parameters
    ----------
    one, other
        Logits of profiles (batch, 2, position) and logarithms of totals (batch, 2).
    count_weight
        Weight of the squared difference.
    """
    (one_profile, one_totals), (other_profile, other_totals) = one, other
    return _divergence(one_profile, other_profile) + count_weight * mse_loss(one_totals, other_totals)


def _divergence(one: Tensor, other: Tensor) -> Tensor:
    """The mean divergence between the distributions over the last axis that have these logits."""
    log_p, log_q = log_softmax(one, dim=-1), log_softmax(other, dim=-1)
    return ((log_p.exp() - log_q.exp()) * (log_p - log_q)).sum(-1).mean() / 2


def profile_loss(logits: Tensor, counts: Tensor) -> Tensor:
    """Multinomial negative log-likelihood of the reads of each strand, given their number.

    The sum over the strands, and the mean over windows (Avsec et al. 2021, BPNet). The multinomial coefficient, which
    no weight of a network changes, is left out. A strand without reads contributes 0.

    Parameters
    ----------
    logits, counts
        Shape (batch, 2, position); counts are the reads of each strand at each position.
    """
    return -(counts * log_softmax(logits, dim=2)).sum((1, 2)).mean()


def count_loss(log_totals: Tensor, counts: Tensor) -> Tensor:
    """Mean squared error of the logarithm of 1 + the reads of a strand, over windows and strands.

    Parameters
    ----------
    log_totals
        Predictions, shape (batch, 2).
    counts
        Shape (batch, 2, position).
    """
    return mse_loss(log_totals, torch.log1p(counts.sum(2)))
