"""Training of networks for binary tasks, whose windows are bound or not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from ..kinds import TaskFiles
from ..models.classes import require_both_classes
from ..models.networks import describe
from .classification import ClassificationObjective, TrainingSplits, read_splits, training_data
from .replicates import TrainingData
from .sampling import BalancedBatches
from .settings import Training
from .state import RandomStreams


def prepare(files: TaskFiles, settings: Training, network: Mapping[str, Any]) -> TrainingData:
    """The data of an arm, from windows and the k-mers that its network reads.

    Raises
    ------
    InputError
        If a split lacks a class, or no network has this description.
    """
    splits = read_splits(files, network["kmer"])
    require_both_classes(splits.train.labels, "train")
    require_both_classes(splits.validation.labels, "validation")
    window = splits.train.sequences.shape[1] + network["kmer"] - 1
    return training_data(splits, BinaryObjective, settings, describe(network, window=window))


class BinaryObjective(ClassificationObjective):
    """Binary cross-entropy on balanced batches; an epoch is a fixed number of them.

    ``rows`` are the training windows of the batches, all of them if it is None.
    """

    def __init__(
        self,
        splits: TrainingSplits,
        settings: Training,
        streams: RandomStreams,
        device: torch.device,
        rows: np.ndarray | None = None,
    ) -> None:
        schedule = settings.schedule
        rows = np.arange(splits.train.labels.size) if rows is None else rows
        batches = BalancedBatches(
            splits.train.labels[rows], schedule.positives_per_batch, schedule.negatives_per_batch, streams.order
        )
        steps = schedule.steps_per_epoch
        super().__init__(splits, settings, streams, batches, steps, steps * schedule.batch_size, device, rows)

    def _class_shares(self, labels: np.ndarray) -> np.ndarray:
        """Shares of both classes in every batch."""
        schedule = self._settings.schedule
        return np.array([schedule.negatives_per_batch, schedule.positives_per_batch]) / schedule.batch_size
