"""What training asks of a network that tells classes of sequences apart."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from .batches import PassesInBatches
from .classes import require_every_class
from .classification import ClassificationObjective, LabelledKmers
from .settings import LabelledTrainingSettings
from .training_state import RandomStreams


@dataclass(frozen=True)
class LabelledSequences:
    """Sequences of a labelled task of so many ``classes``, each of them in either split."""

    train: LabelledKmers
    validation: LabelledKmers
    classes: int

    def __post_init__(self) -> None:
        require_every_class(self.train.labels, self.classes, "train")
        require_every_class(self.validation.labels, self.classes, "validation")


class LabelledObjective(ClassificationObjective):
    """Cross-entropy, binary for two classes; an epoch is a pass over the sequences."""

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
