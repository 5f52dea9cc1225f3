"""What training asks of a network that tells bound windows from unbound ones."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from rc_equivariant import with_reverse_complements

from .batches import BalancedBatches
from .inference import as_integer_tensor, predict_logits
from .metrics import auroc, require_both_classes
from .settings import BinaryTrainingSettings
from .training import RandomStreams


@dataclass(frozen=True)
class LabelledKmers:
    """k-mer indices (windows, positions) and labels 0 or 1 (windows,)."""

    kmers: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True)
class TrainingWindows:
    """All that training may see. The test split has no place here, so that nothing can reach it by mistake."""

    train: LabelledKmers
    validation: LabelledKmers

    def __post_init__(self) -> None:
        require_both_classes(self.train.labels, "train")
        require_both_classes(self.validation.labels, "validation")


class BinaryObjective:
    """Binary cross-entropy on balanced batches; the best epoch is that of the best validation AUROC.

    The network maps k-mer indices (batch, positions) to logits (batch,); ``encoding`` is theirs.
    """

    patience = None

    def __init__(
        self, windows: TrainingWindows, settings: BinaryTrainingSettings, streams: RandomStreams, device: torch.device
    ) -> None:
        self.steps_per_epoch = settings.steps_per_epoch
        self.windows_per_epoch = settings.steps_per_epoch * settings.batch_size
        self._augment = settings.reverse_complement_augmentation
        self._kmers, self._labels = _on_device(windows.train, device)
        self._validation_kmers, _ = _on_device(windows.validation, device)
        self._validation_labels = windows.validation.labels
        self._batches = BalancedBatches(
            windows.train.labels, settings.positives_per_batch, settings.negatives_per_batch, streams.order
        )

    def batch_loss(self, network: nn.Module) -> Tensor:
        rows = torch.from_numpy(next(self._batches)).to(self._kmers.device)
        kmers, labels = self._kmers[rows].long(), self._labels[rows]
        if self._augment:
            kmers, labels = with_reverse_complements(network.encoding, kmers), labels.repeat(2)
        return binary_cross_entropy_with_logits(network(kmers), labels)

    def validate(self, network: nn.Module) -> dict[str, float]:
        labels, logits = self._validation_labels, predict_logits(network, self._validation_kmers)
        if not np.isfinite(logits).all():
            return {"loss": math.nan, "auroc": math.nan}
        return {"loss": _cross_entropy(labels, logits), "auroc": auroc(labels, logits)}

    def quality(self, validation: dict[str, float]) -> float:
        return validation["auroc"]


def _on_device(windows: LabelledKmers, device: torch.device) -> tuple[Tensor, Tensor]:
    labels = torch.from_numpy(windows.labels.astype(np.float32))
    return as_integer_tensor(windows.kmers).to(device), labels.to(device)


def _cross_entropy(labels: np.ndarray, logits: np.ndarray) -> float:
    """Mean over windows of log(1 + exp(z)) - yz, the binary cross-entropy of label y and logit z."""
    logits = logits.astype(np.float64)
    return float(np.mean(np.logaddexp(0.0, logits) - labels * logits))
