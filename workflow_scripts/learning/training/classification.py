"""What training asks of a network that tells classes of windows apart."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from ..models.classes import auroc, macro_auroc, require_both_classes, require_every_class
from ..models.inputs import as_integer_tensor, predict_logits
from ..models.networks import encoding_of
from .losses import class_divergence, strand_loss
from .sampling import BalancedBatches, Batches, PassesInBatches
from .settings import Training
from .state import RandomStreams


@dataclass(frozen=True, eq=False)
class LabelledKmers:
    """k-mer indices (windows, positions), base codes for k = 1, and labels, classes from 0 on, (windows,)."""

    kmers: np.ndarray
    labels: np.ndarray


class LabelledSplits(Protocol):
    """All that training may see. The test split has no place here, so that nothing can reach it by mistake."""

    train: LabelledKmers
    validation: LabelledKmers


class ClassificationObjective:
    """Cross-entropy of batches; the best epoch is that of the best validation AUROC.

    The network maps k-mer indices (batch, positions) to logits, (batch,) for two classes and (batch, classes) for more;
    of more than two, the AUROC is the mean of those of each class against all others. ``rows`` are the training windows
    that ``batches`` are of; the tensors of a split are shared by all objectives on it.
    """

    def __init__(
        self,
        windows: LabelledSplits,
        settings: Training,
        batches: Batches,
        steps_per_epoch: int,
        windows_per_epoch: int,
        device: torch.device,
        rows: np.ndarray,
    ) -> None:
        self.batches = batches
        self.steps_per_epoch, self.windows_per_epoch = steps_per_epoch, windows_per_epoch
        self._settings = settings
        self._rows = rows
        self._kmers, self._labels = _tensors_on(device, windows.train)
        self._validation_kmers, _ = _tensors_on(device, windows.validation)
        self._validation_labels = windows.validation.labels

    def draw(self) -> tuple[np.ndarray, ...]:
        return (self._rows[next(self.batches)],)

    def loss(self, network: nn.Module, drawn: tuple[Tensor, ...]) -> Tensor:
        rows, *changes = drawn
        inputs = (self._inputs(network, self._kmers[rows].long(), *changes),)
        return strand_loss(
            network, inputs, self._labels[rows], self._settings.strands, _cross_entropy, class_divergence
        )

    def validate(self, network: nn.Module) -> dict[str, float]:
        labels, logits = self._validation_labels, predict_logits(network, self._validation_inputs(network))
        if not np.isfinite(logits).all():
            return {"loss": math.nan, "auroc": math.nan}
        logits = logits.astype(np.float64)
        if logits.ndim == 1:
            return {"loss": float(np.mean(np.logaddexp(0.0, logits) - labels * logits)), "auroc": auroc(labels, logits)}
        log_probabilities = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
        loss = -log_probabilities[np.arange(labels.size), labels].mean()
        return {"loss": float(loss), "auroc": macro_auroc(labels, np.exp(log_probabilities))}

    def quality(self, validation: dict[str, float]) -> float:
        return validation["auroc"]

    def _validation_inputs(self, network: nn.Module) -> Tensor:
        """What the network reads of the validation split: k-mers (windows, positions)."""
        return self._validation_kmers

    def _inputs(self, network: nn.Module, kmers: Tensor) -> Tensor:
        """What the network reads of a batch in training: k-mers (batch, positions) as they are."""
        return kmers


# The two splits of the arm that is trained.
@lru_cache(maxsize=2)
def _tensors_on(device: torch.device, windows: LabelledKmers) -> tuple[Tensor, Tensor]:
    """k-mers and labels of a split, once for all objectives on it."""
    return as_integer_tensor(windows.kmers).to(device), torch.from_numpy(windows.labels.astype(np.int64)).to(device)


def _cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    if logits.dim() == 1:
        return binary_cross_entropy_with_logits(logits, labels.to(logits))
    return cross_entropy(logits, labels)


@dataclass(frozen=True)
class TrainingWindows:
    """Windows of a binary task, labelled 0 or 1, both in either split."""

    train: LabelledKmers
    validation: LabelledKmers

    def __post_init__(self) -> None:
        require_both_classes(self.train.labels, "train")
        require_both_classes(self.validation.labels, "validation")


class BinaryObjective(ClassificationObjective):
    """Binary cross-entropy on balanced batches, an epoch a fixed number of them; all epochs are trained.

    ``rows``: the training windows that batches are of, all of them where it is None.
    """

    patience = None

    def __init__(
        self,
        windows: TrainingWindows,
        settings: Training,
        streams: RandomStreams,
        device: torch.device,
        rows: np.ndarray | None = None,
    ) -> None:
        schedule = settings.schedule
        rows = np.arange(windows.train.labels.size) if rows is None else rows
        batches = BalancedBatches(
            windows.train.labels[rows], schedule.positives_per_batch, schedule.negatives_per_batch, streams.order
        )
        steps = schedule.steps_per_epoch
        super().__init__(windows, settings, batches, steps, steps * schedule.batch_size, device, rows)


#: In place of a base that is to stay as it is.
_KEPT = 255


@dataclass(frozen=True)
class LabelledSequences:
    """Base codes of a labelled task of so many ``classes``, each of them in either split."""

    train: LabelledKmers
    validation: LabelledKmers
    classes: int

    def __post_init__(self) -> None:
        require_every_class(self.train.labels, self.classes, "train")
        require_every_class(self.validation.labels, self.classes, "validation")


class LabelledObjective(ClassificationObjective):
    """Cross-entropy, binary for two classes; an epoch is a pass over the sequences, with bases substituted at random.

    The substitutions, drawn anew whenever a sequence is, keep a network from learning sequences by heart. ``rows``: the
    training sequences that a pass is over, all of them where it is None.
    """

    def __init__(
        self,
        windows: LabelledSequences,
        settings: Training,
        streams: RandomStreams,
        device: torch.device,
        rows: np.ndarray | None = None,
    ) -> None:
        self.patience = settings.schedule.patience
        rows = np.arange(windows.train.labels.size) if rows is None else rows
        batches = PassesInBatches(rows.size, settings.schedule.batch_size, streams.order)
        super().__init__(windows, settings, batches, batches.batches_per_pass, rows.size, device, rows)
        self._substitutions, self._bases = streams.jitter, windows.train.kmers.shape[1]

    def draw(self) -> tuple[np.ndarray, ...]:
        """Rows and, where bases are substituted, the bases put in place of theirs, (batch, bases)."""
        (rows,) = super().draw()
        share = self._settings.schedule.base_substitution
        if not share:
            return (rows,)
        shape = rows.size, self._bases
        is_replaced = self._substitutions.random(shape) < share
        bases = self._substitutions.integers(0, 4, shape)
        return rows, np.where(is_replaced, bases, _KEPT).astype(np.uint8)

    def _validation_inputs(self, network: nn.Module) -> Tensor:
        return encoding_of(network).indices(self._validation_kmers.long())

    def _inputs(self, network: nn.Module, codes: Tensor, substitutes: Tensor | None = None) -> Tensor:
        """k-mers (batch, positions) of base codes (batch, bases), some of them replaced."""
        if substitutes is not None:
            codes = torch.where(substitutes == _KEPT, codes, substitutes.long())
        return encoding_of(network).indices(codes)
