"""Training of networks for labelled tasks, whose sequences have one of two or more classes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from rc_equivariant.centring import Centred
from rc_equivariant.encoding import KmerEncoding

from ..kinds import TaskFiles
from ..models.classes import require_every_class
from ..models.inputs import are_in_the_middle
from ..models.networks import describe, encoding_of
from .classification import ClassificationObjective, LabelledSplit, TrainingSplits, read_splits, training_data
from .replicates import TrainingData
from .sampling import PassesInBatches
from .settings import Training
from .state import RandomStreams


def prepare(files: TaskFiles, settings: Training, network: Mapping[str, Any]) -> TrainingData:
    """The data of an arm, from windows, their base codes and the names of the classes.

    Raises
    ------
    InputError
        If a split lacks a class, or no network has this description.
    """
    splits = read_splits(files)
    classes = len(json.loads(files.extras["classes"].read_text(encoding="utf-8")))
    require_every_class(splits.train.labels, classes, "train")
    require_every_class(splits.validation.labels, classes, "validation")
    described = describe(network, window=splits.train.sequences.shape[1], classes=classes, centred=True)
    return training_data(splits, LabelledObjective, settings, described)


class LabelledObjective(ClassificationObjective):
    """Cross-entropy on base codes; an epoch is a pass over the sequences.

    A centred network reads each sequence twice in training. If every training sequence fills its window, or lies
    exactly in the middle, both readings are the same, and the network inside it is trained without the second one.

    ``rows`` are the training sequences of a pass, all of them if it is None.
    """

    def __init__(
        self,
        splits: TrainingSplits,
        settings: Training,
        streams: RandomStreams,
        device: torch.device,
        rows: np.ndarray | None = None,
    ) -> None:
        rows = np.arange(splits.train.labels.size) if rows is None else rows
        batches = PassesInBatches(rows.size, settings.schedule.batch_size, streams.order)
        super().__init__(splits, settings, streams, batches, batches.batches_per_pass, rows.size, device, rows)
        self._training = splits.train

    def loss(self, network: nn.Module, drawn: tuple[Tensor, ...]) -> Tensor:
        if isinstance(network, Centred) and _are_in_the_middle(self._training, encoding_of(network)):
            network = network.network
        return super().loss(network, drawn)

    def _validation_inputs(self, network: nn.Module) -> Tensor:
        return encoding_of(network).indices(self._validation_sequences.long())

    def _read(
        self, network: nn.Module, sequences: Tensor, labels: Tensor, changes: Sequence[Tensor]
    ) -> tuple[Tensor, Tensor]:
        codes, labels = self._changes.applied(sequences, labels, changes)
        return encoding_of(network).indices(codes), labels


# The training split and the encoding of the arm that is trained.
@lru_cache(maxsize=1)
def _are_in_the_middle(split: LabelledSplit, encoding: KmerEncoding) -> bool:
    """Return True if no training sequence, in a subset or not, is moved or read twice by a centred network."""
    return are_in_the_middle(split.sequences, encoding)
