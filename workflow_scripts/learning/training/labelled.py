"""Training of networks for labelled tasks, whose sequences have one of two or more classes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from rc_equivariant.centring import Centred
from rc_equivariant.encoding import UNKNOWN_BASE, KmerEncoding

from ..kinds import TaskFiles
from ..models.classes import require_every_class
from ..models.inputs import are_in_the_middle
from ..models.networks import describe, encoding_of
from .classification import ClassificationObjective, LabelledSplit, TrainingSplits, read_splits, training_data
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
    described = describe(network, window=splits.train.sequences.shape[1], classes=classes, centred=True)
    return training_data(splits, LabelledObjective, settings, described)


class LabelledObjective(ClassificationObjective):
    """Cross-entropy on base codes; an epoch is a pass over the sequences, with bases substituted at random.

    The substitutions, drawn afresh each time a sequence is drawn, keep a network from learning sequences by heart. Only
    known bases are substituted, so unknown ones and the padding of shorter sequences stay as they are. A draw takes one
    number and one base of the stream ``jitter`` for each position of the window, whether it is known or not.

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
        super().__init__(splits, settings, batches, batches.batches_per_pass, rows.size, device, rows)
        self._substitutions, self._training = streams.jitter, splits.train

    def draw(self) -> tuple[np.ndarray, ...]:
        """Draw rows (batch,) and, unless no base is substituted, the substitutes (batch, bases)."""
        (rows,) = super().draw()
        share = self._settings.schedule.base_substitution
        if not share:
            return (rows,)
        shape = rows.size, self._training.sequences.shape[1]
        is_replaced = self._substitutions.random(shape) < share
        bases = self._substitutions.integers(0, 4, shape)
        return rows, np.where(is_replaced, bases, _KEPT).astype(np.uint8)

    def loss(self, network: nn.Module, drawn: tuple[Tensor, ...]) -> Tensor:
        if isinstance(network, Centred) and _are_in_the_middle(self._training, encoding_of(network)):
            network = network.network
        return super().loss(network, drawn)

    def _validation_inputs(self, network: nn.Module) -> Tensor:
        return encoding_of(network).indices(self._validation_sequences.long())

    def _inputs(self, network: nn.Module, codes: Tensor, substitutes: Tensor | None = None) -> Tensor:
        """k-mers (batch, positions) of base codes (batch, bases) with their substitutes."""
        if substitutes is not None:
            is_kept = (substitutes == _KEPT) | (codes >= UNKNOWN_BASE)
            codes = torch.where(is_kept, codes, substitutes.long())
        return encoding_of(network).indices(codes)


# The training split and the encoding of the arm that is trained.
@lru_cache(maxsize=1)
def _are_in_the_middle(split: LabelledSplit, encoding: KmerEncoding) -> bool:
    """Return True if no training sequence, in a subset or not, is moved or read twice by a centred network."""
    return are_in_the_middle(split.sequences, encoding)
