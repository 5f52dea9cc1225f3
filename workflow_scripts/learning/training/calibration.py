"""Calibration of logits on the validation split: one factor for all logits of a network, and a shift for each class.

Training with replaced bases, joined windows or smoothed labels teaches probabilities that are not the shares of classes
among unchanged windows. The order of windows may be right while a probability of 0.5 is far from even odds.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from workflow_support.job import logger

from ..models.networks import innermost, trained_apart
from .platt import calibration_of


def can_be_calibrated(network: nn.Module) -> bool:
    """Return True if the last layers of a network take factors and shifts.

    That of a hyperbolic network is no affine map, and a frozen one keeps its weights.
    """
    return innermost(network).can_rescale_logits


def calibrate(network: nn.Module, labels: np.ndarray, *logits: np.ndarray) -> None:
    """Calibrate a network on windows of which these are labels and logits, in the weights of its last layers.

    There are logits of each network that was trained apart. The logits of both strands change alike. A network that
    cannot be calibrated is left as it is.
    """
    if not can_be_calibrated(network):
        logger.info("The logits are not calibrated, because the last layer of the network is not affine, or frozen.")
        return
    factors, shift = calibration_of(labels, *logits)
    members = trained_apart(network)
    for member, factor in zip(members, factors.tolist(), strict=True):
        # The network takes the mean of its members.
        innermost(member).rescale_logits(len(members) * factor, torch.from_numpy(np.atleast_1d(shift)))
    listed = ", ".join(f"{factor:.3f}" for factor in factors)
    logger.info("Calibrated on the validation split: logits times %s, plus %s.", listed, np.round(shift, 3).tolist())
