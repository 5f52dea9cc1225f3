"""What training asks of a network that tells classes of sequences apart."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .architectures import encoding_of
from .batches import PassesInBatches
from .classes import require_every_class
from .classification import ClassificationObjective, LabelledKmers
from .settings import LabelledTrainingSettings
from .training_state import RandomStreams


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

    The substitutions, drawn anew whenever a sequence is, keep a network from learning sequences by heart.
    """

    def __init__(
        self,
        windows: LabelledSequences,
        settings: LabelledTrainingSettings,
        streams: RandomStreams,
        device: torch.device,
    ) -> None:
        self.patience = settings.patience
        size = windows.train.labels.size
        batches = PassesInBatches(size, settings.batch_size, streams.order)
        super().__init__(windows, settings, batches, batches.batches_per_pass, size, device)
        self._substitutions = streams.jitter

    def _validation_inputs(self, network: nn.Module) -> Tensor:
        return encoding_of(network).indices(self._validation_kmers.long())

    def _inputs(self, network: nn.Module, codes: Tensor) -> Tensor:
        """k-mers (batch, positions) of base codes (batch, bases), some of them replaced."""
        share = self._settings.base_substitution
        if share:
            replaced = torch.from_numpy(self._substitutions.random(codes.shape) < share).to(codes.device)
            bases = torch.from_numpy(self._substitutions.integers(0, 4, codes.shape)).to(codes)
            codes = torch.where(replaced, bases, codes)
        return encoding_of(network).indices(codes)
