"""The mean logits of networks, with which tests compare what was written."""

from collections.abc import Sequence

import numpy as np
from torch import nn

from learning.evaluation.predict import answers_of_each


def mean_logits(networks: Sequence[nn.Module], codes: np.ndarray, **options: bool) -> np.ndarray:
    """The mean logits of networks, (windows,), for base codes (windows, width)."""
    return answers_of_each(networks, codes, **options).mean(axis=0)
