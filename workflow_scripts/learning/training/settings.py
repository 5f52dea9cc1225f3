"""How a network is trained; the names are those of the configuration."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from workflow_support.errors import InputError

#: Share of a training's steps in which a schedule with a warm-up raises the learning rate.
WARM_UP = 0.05


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """Optimiser, length and device of one training, of a task of any kind.

    Parameters
    ----------
    learning_rate
        Of Adam.
    batch_size
        Windows a step.
    epochs
        At most; each ends with one look at the validation split.
    device, threads
        ``cpu`` or ``cuda``, and the threads that torch may use on the CPU.
    deterministic
        Whether a training repeats bit by bit on a GPU too, at the cost of time; on the CPU it always does.
    stacked_replicates
        How many replicates train together; None for all of them on a GPU, and for one by one on a CPU.
    reverse_complement_augmentation
        Join every batch by its reverse complement, which doubles it.
    consistency
        Weight of the divergence between the answers to a batch and to its reverse complement; 0 for none.
    """

    #: Of AdamW, decoupled from the gradient; 0 is Adam.
    weight_decay: ClassVar[float] = 0.0

    learning_rate: float
    batch_size: int
    epochs: int
    device: str
    threads: int
    deterministic: bool = False
    stacked_replicates: int | None = None
    reverse_complement_augmentation: bool = False
    consistency: float = 0.0

    def replicates_together(self, replicates: int) -> int:
        """How many of so many replicates train together."""
        if self.stacked_replicates is not None:
            return self.stacked_replicates
        # A CPU gains nothing from larger steps, and one by one a replicate has the same bits whatever is beside it.
        return replicates if self.device == "cuda" else 1

    def learning_rate_at(self, step: int, steps: int) -> float:
        """The learning rate of a step, counted from 0, in a training of ``steps``: constant, as published."""
        return self.learning_rate


@dataclass(frozen=True, kw_only=True)
class BinaryTrainingSettings(TrainingSettings):
    """Of a binary task.

    Parameters
    ----------
    positive_fraction
        The share of windows with label 1 in a batch (rounded to whole windows; both classes must occur).
    steps_per_epoch
        An epoch is a fixed number of steps.
    """

    positive_fraction: float
    steps_per_epoch: int

    def __post_init__(self) -> None:
        if not 0 < self.positives_per_batch < self.batch_size:
            raise InputError(
                "a batch must hold windows of both classes",
                found=f"batch_size {self.batch_size} with positive_fraction {self.positive_fraction}",
                allowed="1 <= round(batch_size x positive_fraction) < batch_size",
                mend="set training: positive_fraction between 0 and 1, or a larger batch_size",
            )

    @property
    def positives_per_batch(self) -> int:
        return round(self.batch_size * self.positive_fraction)

    @property
    def negatives_per_batch(self) -> int:
        return self.batch_size - self.positives_per_batch


@dataclass(frozen=True, kw_only=True)
class LabelledTrainingSettings(TrainingSettings):
    """Of a task of labelled sequences, whose epoch is one pass over them.

    The learning rate rises linearly to ``learning_rate`` and falls to 0 as half a cosine (Loshchilov & Hutter 2017).

    Parameters
    ----------
    patience
        Training ends after so many epochs without a better validation AUROC.
    weight_decay
        Of AdamW (Loshchilov & Hutter 2019).
    base_substitution
        Share of the bases in whose place any base is put at random, drawn anew for every batch.
    """

    patience: int
    weight_decay: float
    base_substitution: float

    def learning_rate_at(self, step: int, steps: int) -> float:
        warm_up = max(1, round(WARM_UP * steps))
        if step < warm_up:
            return self.learning_rate * (step + 1) / warm_up
        return self.learning_rate * (1 + math.cos(math.pi * (step - warm_up) / (steps - warm_up))) / 2


@dataclass(frozen=True, kw_only=True)
class ProfileTrainingSettings(TrainingSettings):
    """Of a profile task, whose epoch is one pass over the training windows.

    Parameters
    ----------
    patience
        Training ends after so many epochs without a better validation loss.
    count_weight
        Weight of the loss of the totals beside that of the profile; 0, as published, trains no totals.
    """

    patience: int
    count_weight: float
