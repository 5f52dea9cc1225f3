"""How a network is trained."""

from __future__ import annotations

from dataclasses import dataclass

from workflow_support.errors import InputError


@dataclass(frozen=True)
class TrainingSettings:
    """Optimiser, schedule and device of one training; the names are those of the configuration.

    Parameters
    ----------
    learning_rate
        Of Adam.
    batch_size, positive_fraction
        Windows a step, and the share of them with label 1 (rounded to whole windows; both classes must occur).
    epochs, steps_per_epoch
        An epoch is a fixed number of steps and ends with one look at the validation split.
    device, threads
        ``cpu`` or ``cuda``, and the threads that torch may use on the CPU.
    reverse_complement_augmentation
        Join every batch by its reverse complement, which doubles it.
    """

    learning_rate: float
    batch_size: int
    positive_fraction: float
    epochs: int
    steps_per_epoch: int
    device: str
    threads: int
    reverse_complement_augmentation: bool = False

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
