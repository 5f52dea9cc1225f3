"""Losses of profile tasks: where the reads of a window start, and how many there are."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import log_softmax, mse_loss


def profile_loss(logits: Tensor, counts: Tensor) -> Tensor:
    """Multinomial negative log-likelihood of the reads of each strand, given how many there are.

    Summed over the strands, mean over windows (Avsec et al. 2021, BPNet). The multinomial coefficient, which no weight
    of a network changes, is left out. A strand without reads contributes 0.

    Parameters
    ----------
    logits, counts
        Shape (batch, 2, position), the strands' reads counted at each position.
    """
    return -(counts * log_softmax(logits, dim=2)).sum((1, 2)).mean()


def count_loss(log_totals: Tensor, counts: Tensor) -> Tensor:
    """Mean squared error of the logarithm of 1 + the reads of a strand, over windows and strands.

    Parameters
    ----------
    log_totals
        Predicted, shape (batch, 2).
    counts
        Shape (batch, 2, position).
    """
    return mse_loss(log_totals, torch.log1p(counts.sum(2)))
