"""Training of networks that tell classes of windows apart: the part that binary and labelled tasks share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
import torch
from torch import Tensor, nn

from genome_data.folds import roles
from genome_data.windows.table import read_windows
from rc_equivariant.descriptions.networks import NetworkDescription

from ..kinds import TaskFiles
from ..models.classes import auroc, macro_auroc
from ..models.inputs import predict_logits
from ..models.kmers import as_integer_tensor
from ..models.networks import encoding_of, trained_apart
from .calibration import calibrate, can_be_calibrated
from .checkpoints import digest_of_arrays
from .losses import class_divergence, class_loss, strand_loss
from .platt import calibration_of
from .replicates import TrainingData
from .sampling import Batches
from .settings import Training
from .state import RandomStreams
from .window_changes import WindowChanges


@dataclass(frozen=True, eq=False)
class LabelledSplit:
    """The windows of one split.

    ``sequences`` are k-mer indices or base codes (windows, positions), ``labels`` classes from 0 on (windows,).
    """

    sequences: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True)
class TrainingSplits:
    """All that training may see. The test split has no place here, so that nothing can reach it by mistake.

    ``kmer`` is the length of the k-mers whose indices the sequences are; base codes are those of 1-mers.
    """

    train: LabelledSplit
    validation: LabelledSplit
    kmer: int = 1


def read_splits(files: TaskFiles, kmer: int = 1) -> TrainingSplits:
    """The training and validation windows of a task, whose sequences are ``kmer``-mers."""
    table, sequences = read_windows(files.windows), np.load(files.sequences, mmap_mode="r")
    labels, role = table["label"].to_numpy(), roles(table["split"].to_numpy(), files.fold)
    rows_of_splits = (np.flatnonzero(role == name) for name in ("train", "validation"))
    return TrainingSplits(*(LabelledSplit(sequences[rows], labels[rows]) for rows in rows_of_splits), kmer=kmer)


def training_data(
    splits: TrainingSplits, objective: type[ClassificationObjective], settings: Training, network: NetworkDescription
) -> TrainingData:
    """The data of an arm whose replicates have an objective of this class on these splits."""
    both = (splits.train, splits.validation)
    digests = (digest_of_arrays(each.sequences, each.labels, rows=np.arange(each.labels.size)) for each in both)
    return TrainingData(splits.train.labels, " ".join(digests), partial(objective, splits, settings), network)


class ClassificationObjective:
    """Cross-entropy of batches; the best epoch is the one with the best validation AUROC.

    The network maps k-mer indices (batch, positions) to logits, (batch,) for two classes and (batch, classes) for more.
    For more than two classes, the AUROC is the mean over classes of each one against all others. ``rows`` are the
    training windows that the batches index. All objectives on a split share its tensors.

    Windows of training are changed as the settings ask for, by draws from the stream ``jitter``.
    """

    def __init__(
        self,
        splits: TrainingSplits,
        settings: Training,
        streams: RandomStreams,
        batches: Batches,
        steps_per_epoch: int,
        windows_per_epoch: int,
        device: torch.device,
        rows: np.ndarray,
    ) -> None:
        self.batches = batches
        self.steps_per_epoch, self.windows_per_epoch = steps_per_epoch, windows_per_epoch
        self.patience = settings.schedule.patience
        self._settings = settings
        self._rows = rows
        self._sequences, self._labels = _tensors_on(device, splits.train)
        self._validation_sequences, _ = _tensors_on(device, splits.validation)
        self._validation_labels = splits.validation.labels
        bases, classes = splits.train.sequences.shape[1] + splits.kmer - 1, np.unique(splits.train.labels).size
        self._changes = WindowChanges(settings.schedule, streams.jitter, bases, classes)
        self._class_weights = None
        if settings.schedule.class_weights == "balanced":
            shares = self._class_shares(splits.train.labels)
            self._class_weights = torch.from_numpy(1 / (shares.size * shares)).to(device, torch.float32)

    def draw(self) -> tuple[np.ndarray, ...]:
        """Draw the rows of the next batch (batch,), and the changes of its windows, if there are any."""
        rows = self._rows[next(self.batches)]
        return rows, *self._changes.draw(rows.size)

    def loss(self, network: nn.Module, drawn: tuple[Tensor, ...]) -> Tensor:
        """The cross-entropy of a drawn batch, a scalar, with augmentation and consistency as the settings ask for.

        For networks that are trained apart it is the sum of their own, so each has the gradient of its own.
        """
        rows, *changes = drawn
        kmers, labels = self._read(network, self._sequences[rows].long(), self._labels[rows], changes)
        smoothing = self._settings.schedule.label_smoothing
        task_loss = partial(class_loss, smoothing=smoothing, weights=self._class_weights)
        losses = [
            strand_loss(each, (kmers,), labels, self._settings.strands, task_loss, class_divergence)
            for each in trained_apart(network)
        ]
        return torch.stack(losses).sum()

    def validate(self, network: nn.Module) -> dict[str, float]:
        """``loss`` and ``auroc`` of the validation windows; both are NaN if a logit is not finite.

        If networks that are trained apart will be calibrated, the metrics are those of the calibrated answer, because
        the factors of the networks change the order of windows.
        """
        labels, of_members = self._validation_labels, self._validation_logits(network)
        if not np.isfinite(of_members).all():
            return {"loss": math.nan, "auroc": math.nan}
        if len(of_members) > 1 and self._settings.schedule.calibrated and can_be_calibrated(network):
            logits = calibration_of(labels, *of_members).applied(*of_members)
        else:
            logits = np.mean(of_members, axis=0, dtype=np.float64)
        if logits.ndim == 1:
            return {"loss": float(np.mean(np.logaddexp(0.0, logits) - labels * logits)), "auroc": auroc(labels, logits)}
        log_probabilities = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
        loss = -log_probabilities[np.arange(labels.size), labels].mean()
        return {"loss": float(loss), "auroc": macro_auroc(labels, np.exp(log_probabilities))}

    def calibrate(self, network: nn.Module) -> None:
        """Calibrate the logits of a network on the validation windows."""
        calibrate(network, self._validation_labels, *self._validation_logits(network))

    def quality(self, validation: dict[str, float]) -> float:
        """The AUROC of an epoch."""
        return validation["auroc"]

    def _validation_logits(self, network: nn.Module) -> list[np.ndarray]:
        """The logits of the validation windows by each network that is trained apart, or by the network itself."""
        inputs = self._validation_inputs(network)
        return [predict_logits(member, inputs) for member in trained_apart(network)]

    def _validation_inputs(self, network: nn.Module) -> Tensor:
        """The validation windows as the network reads them, k-mers (windows, positions)."""
        return self._validation_sequences

    def _read(
        self, network: nn.Module, sequences: Tensor, labels: Tensor, changes: Sequence[Tensor]
    ) -> tuple[Tensor, Tensor]:
        """A training batch with its changes as the network reads it, k-mers (batch, positions), and its labels."""
        if not changes:
            return sequences, labels
        encoding = encoding_of(network)
        codes, labels = self._changes.applied(encoding.bases(sequences), labels, changes)
        return encoding.indices(codes), labels

    def _class_shares(self, labels: np.ndarray) -> np.ndarray:
        """Shares of the classes in the batches, on average: those in the training split, which subsets keep."""
        return np.bincount(labels) / labels.size


# The two splits of the arm that is trained.
@lru_cache(maxsize=2)
def _tensors_on(device: torch.device, split: LabelledSplit) -> tuple[Tensor, Tensor]:
    """Sequences and labels of a split, once for all objectives on it."""
    return as_integer_tensor(split.sequences).to(device), torch.from_numpy(split.labels.astype(np.int64)).to(device)
