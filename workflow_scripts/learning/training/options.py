"""Options of `trainings:` for each kind of task, importable without torch; the names are those of the configuration.

The configuration's schema, defaults and documentation derive from these classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rc_equivariant.descriptions.options import check_options, option
from workflow_support.errors import InputError

from .schedules import SCHEDULES

#: Arithmetic of the convolutions and matrix products of a training.
PRECISIONS = ("float32", "tf32", "bf16", "float16")


def _schedule(default: str) -> Any:
    return option(
        default,
        "Learning rate after the warm-up: constant, falling to 0 as half a cosine (cosine), or falling to 1/250,000 of "
        "learning_rate from the peak of one_cycle.",
        choices=tuple(SCHEDULES),
    )


def _warm_up(default: float) -> Any:
    return option(
        default,
        "Share of all steps in which the learning rate rises to learning_rate: from 0 in a line or, with one_cycle, "
        "from 1/25 of it as half a cosine, for which 0.3 is common.",
        minimum=0,
        below=1,
    )


def _weight_decay(default: float) -> Any:
    return option(default, "Weight decay of AdamW (Loshchilov & Hutter 2019); 0 is Adam.", minimum=0)


def _patience(default: int | None) -> Any:
    return option(
        default,
        "Epochs without a better validation split after which training ends; null trains all epochs.",
        unit="epochs",
        minimum=1,
    )


def _base_substitution(default: float) -> Any:
    return option(
        default,
        "Share of the known bases of a sequence that random ones replace in training, drawn afresh for every batch; 0 "
        "for none. A quarter of the random ones are the same as before.",
        minimum=0,
        below=1,
    )


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """Optimiser and schedule of a task of any kind; each kind has a subclass, with its own defaults and options.

    Each epoch ends with one look at the validation split.
    """

    learning_rate: float = option(0.001, "Largest step size of Adam.", above=0, maximum=1)
    schedule: str = _schedule("constant")
    warm_up: float = _warm_up(0.0)
    weight_decay: float = _weight_decay(0.0)
    weight_average: float = option(
        0.0,
        "Decay, in each step, of an exponential average of the weights, which is then validated, stored and evaluated "
        "in place of the last weights; 0 for none, 0.999 is common.",
        minimum=0,
        below=1,
    )
    gradient_clipping: float = option(
        0.0,
        "Norm to which a longer gradient of a step is scaled down, over all weights of a network, or of each network "
        "that is trained apart; 0 for none.",
        minimum=0,
    )
    batch_size: int = option(64, "Windows in a step, before augmentation.", unit="windows", minimum=1)
    epochs: int = option(80, "Passes over the training windows, at most.", minimum=1)
    patience: int | None = _patience(None)
    precision: str = option(
        "float32",
        "Arithmetic of convolutions and matrix products in training steps: tf32 (NVIDIA GPUs only), bf16 and float16 "
        "are faster on GPUs made for them. All else, validation and every later use of the network are in float32.",
        choices=PRECISIONS,
    )

    #: Whether the answers of the best epoch are calibrated on the validation split.
    calibrated = False

    def __post_init__(self) -> None:
        check_options(self)

    def learning_rate_at(self, step: int, steps: int) -> float:
        """The learning rate of a step, counted from 0, in a training of ``steps``."""
        return SCHEDULES[self.schedule](self.learning_rate, step, steps, self.warm_up)


@dataclass(frozen=True, kw_only=True)
class ClassificationTrainingSettings(TrainingSettings):
    """Optimiser and schedule of a task with classes; binary and labelled tasks have subclasses."""

    label_smoothing: float = option(
        0.0,
        "Share of the probability in each target of training that is spread evenly over all classes (Szegedy et al. "
        "2016); 0 for none.",
        minimum=0,
        below=1,
    )
    class_weights: str = option(
        "none",
        "Weights of classes in the loss of training: none, or balanced, the inverse of their shares in the batches, so "
        "that all classes count alike.",
        choices=("none", "balanced"),
    )
    base_substitution: float = _base_substitution(0.0)
    crossover: float = option(
        0.0,
        "Share of the windows of a training batch that are made of two, the left part of one and the right part of "
        "another, with both classes by the shares of their bases (CutMix, Yun et al. 2019); 0 for none.",
        minimum=0,
        maximum=1,
    )
    calibrated: bool = option(
        False,
        "Scale and shift the logits of the best epoch so that probabilities suit the validation split (Platt 1999), "
        "whose shares of classes they then assume. The order of windows by a logit does not change. Networks that are "
        "trained apart get a weight each.",
    )
    #: Share of its width by which a window is moved at most.
    jitter = 0.0


@dataclass(frozen=True, kw_only=True)
class BinaryTrainingSettings(ClassificationTrainingSettings):
    """Optimiser and schedule of a binary task: Adam on balanced batches, an epoch a fixed number of them."""

    batch_size: int = option(100, "Windows in a step, before augmentation.", unit="windows", minimum=2)
    epochs: int = option(160, "Looks at the validation split, at most.", minimum=1)
    positive_fraction: float = option(0.2, "Share of bound windows in every batch.", above=0, below=1)
    jitter: float = option(
        0.0,
        "Share of its width by which a window is moved at most in training, either way, drawn afresh for every batch; "
        "bases that enter the window are unknown.",
        minimum=0,
        below=0.5,
    )
    steps_per_epoch: int = option(50, "Steps between two looks at the validation split.", unit="steps", minimum=1)

    def __post_init__(self) -> None:
        if not 0 < self.positives_per_batch < self.batch_size:
            raise InputError(
                "a batch must hold windows of both classes",
                found=f"batch_size {self.batch_size} with positive_fraction {self.positive_fraction}",
                allowed="1 <= round(batch_size x positive_fraction) < batch_size",
                fix="set positive_fraction between 0 and 1, or a larger batch_size",
            )
        super().__post_init__()

    @property
    def positives_per_batch(self) -> int:
        """Windows with label 1 in a batch: the fraction, rounded to whole windows."""
        return round(self.batch_size * self.positive_fraction)

    @property
    def negatives_per_batch(self) -> int:
        """Windows with label 0 in a batch."""
        return self.batch_size - self.positives_per_batch


@dataclass(frozen=True, kw_only=True)
class LabelledTrainingSettings(ClassificationTrainingSettings):
    """Optimiser and schedule of a task of labelled sequences: AdamW, an epoch a pass over the sequences."""

    learning_rate: float = option(0.004, "Largest step size of AdamW.", above=0, maximum=1)
    schedule: str = _schedule("cosine")
    warm_up: float = _warm_up(0.05)
    weight_decay: float = _weight_decay(0.01)
    batch_size: int = option(256, "Sequences in a step, before augmentation.", unit="sequences", minimum=1)
    epochs: int = option(20, "Passes over the training sequences, at most.", minimum=1)
    patience: int | None = _patience(20)
    base_substitution: float = _base_substitution(0.05)


@dataclass(frozen=True, kw_only=True)
class ProfileTrainingSettings(TrainingSettings):
    """Optimiser and schedule of a profile task: Adam, an epoch a pass over the training windows."""

    patience: int | None = _patience(10)
    count_weight: float = option(
        10,
        "Weight of the loss of the totals beside that of the profile; 0, as published, trains no totals.",
        minimum=0,
    )


#: Options of each kind of task, of which the defaults are those of the published training, if there is one.
TRAININGS: dict[str, type[TrainingSettings]] = {
    "binary": BinaryTrainingSettings,
    "labelled": LabelledTrainingSettings,
    "profile": ProfileTrainingSettings,
}

#: Trainings to begin with; docs/recipes.md has what they give on peaks.
TUNED: dict[str, TrainingSettings] = {
    "default_binary": BinaryTrainingSettings(
        learning_rate=0.004,
        schedule="cosine",
        warm_up=0.1,
        weight_average=0.99,
        batch_size=64,
        positive_fraction=0.5,
        epochs=24,
        steps_per_epoch=25,
        base_substitution=0.1,
        calibrated=True,
        jitter=0.1,
    ),
    "default_labelled": LabelledTrainingSettings(weight_average=0.99, batch_size=64, calibrated=True),
}
