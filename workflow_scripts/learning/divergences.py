"""How far the answers of a network on two strands are apart.

Each is half the sum of the Kullback-Leibler divergences in both directions, sum over x of (p(x) - q(x)) (log p(x) - log
q(x)) / 2, in nats: 0 for equal answers alone. The mean over windows.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import log_softmax, mse_loss


def class_divergence(one: Tensor, other: Tensor) -> Tensor:
    """Of classes, given their logits (batch, classes), or (batch,) where there are two."""
    if one.dim() == 1:
        return ((one.sigmoid() - other.sigmoid()) * (one - other)).mean() / 2
    return _divergence(one, other)


def profile_divergence(one: tuple[Tensor, Tensor], other: tuple[Tensor, Tensor], count_weight: float) -> Tensor:
    """Of where reads start, the mean of the strands, plus the squared difference of the logarithms of totals.

    Parameters
    ----------
    one, other
        Logits of profiles (batch, 2, position) and logarithms of totals (batch, 2).
    count_weight
        Of the squared difference.
    """
    (one_profile, one_totals), (other_profile, other_totals) = one, other
    return _divergence(one_profile, other_profile) + count_weight * mse_loss(one_totals, other_totals)


def _divergence(one: Tensor, other: Tensor) -> Tensor:
    """Of the distributions over the last axis that logits stand for, the mean of all."""
    log_p, log_q = log_softmax(one, dim=-1), log_softmax(other, dim=-1)
    return ((log_p.exp() - log_q.exp()) * (log_p - log_q)).sum(-1).mean() / 2
