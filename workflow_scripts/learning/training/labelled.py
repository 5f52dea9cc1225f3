"""Training of networks for labelled tasks, whose sequences have one of two or more classes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..kinds import TaskFiles
from ..models.classes import require_every_class
from ..models.networks import describe, encoding_of
from .classification import ClassificationObjective, TrainingSplits, read_splits, training_data
from .replicates import TrainingData
from .sampling import PassesInBatches
from .settings import Training
from .state import RandomStreams

#: Marks a base that is not substituted.
_KEPT = 255


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
    described = describe(network, window=splits.train.sequences.shape[1], classes=classes)
    return training_data(splits, LabelledObjective, settings, described)


class LabelledObjective(ClassificationObjective):
    """Cross-entropy on base codes; an epoch is a pass over the sequences, with bases substituted at random.

    The substitutions, drawn afresh each time a sequence is drawn, keep a network from learning sequences by heart.
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
        super().__init__(splits, settings, batches, batches.batches_per_pass, rows.size, device, rows)
        self._substitutions, self._bases = streams.jitter, splits.train.sequences.shape[1]

    def draw(self) -> tuple[np.ndarray, ...]:
        """Draw rows (batch,) and, unless no base is substituted, the substitutes (batch, bases)."""
        (rows,) = super().draw()
        share = self._settings.schedule.base_substitution
        if not share:
            return (rows,)
        shape = rows.size, self._bases
        is_replaced = self._substitutions.random(shape) < share
        bases = self._substitutions.integers(0, 4, shape)
        return rows, np.where(is_replaced, bases, _KEPT).astype(np.uint8)

    def _validation_inputs(self, network: nn.Module) -> Tensor:
        return encoding_of(network).indices(self._validation_sequences.long())

    def _inputs(self, network: nn.Module, codes: Tensor, substitutes: Tensor | None = None) -> Tensor:
        """k-mers (batch, positions) of base codes (batch, bases) with their substitutes."""
        if substitutes is not None:
            codes = torch.where(substitutes == _KEPT, codes, substitutes.long())
        return encoding_of(network).indices(codes)
