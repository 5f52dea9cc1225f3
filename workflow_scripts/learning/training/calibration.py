"""Calibration of logits on the validation split: one factor for all logits, and a shift for each class.

Training with replaced bases, joined windows or smoothed labels teaches probabilities that are not the shares of classes
among unchanged windows. The order of windows may be right while a probability of 0.5 is far from even odds.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from workflow_support.job import logger

from ..models.networks import innermost
from .platt import calibration_of


def calibrate(network: nn.Module, labels: np.ndarray, logits: np.ndarray) -> None:
    """Calibrate a network on windows of which these are labels and logits, in the weights of its last layer.

    The logits of both strands change alike. Those of a hyperbolic network, whose last layer is no affine map, and of a
    network whose last layer is frozen are left as they are.
    """
    classifier = innermost(network)
    if not classifier.can_rescale_logits:
        logger.info("The logits are not calibrated, because the last layer of the network is not affine, or frozen.")
        return
    scale, shift = calibration_of(labels, logits)
    classifier.rescale_logits(scale, torch.from_numpy(np.atleast_1d(shift)))
    logger.info("Calibrated on the validation split: logits times %.3f, plus %s.", scale, np.round(shift, 3).tolist())
