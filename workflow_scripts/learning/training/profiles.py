"""Training of networks that predict profiles: the reads at each position of each strand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from genome_data.folds import roles
from genome_data.windows.table import read_windows
from rc_equivariant.descriptions.heads import HEADS
from workflow_support.errors import InputError

from ..kinds import TaskFiles
from ..models.inputs import PROFILES_PER_BATCH
from ..models.networks import describe
from ..models.profile_arrays import ProfileArrays, ProfileTensors, load_profile_arrays
from .checkpoints import digest_of_arrays
from .losses import count_loss, profile_divergence, profile_loss, strand_loss
from .replicates import TrainingData
from .sampling import PassesInBatches
from .settings import Training
from .state import RandomStreams

#: Logits of profiles (batch, 2, position) and logarithms of totals (batch, 2).
Outputs = tuple[Tensor, Tensor]


def prepare(files: TaskFiles, settings: Training, network: Mapping[str, Any]) -> TrainingData:
    """The data of an arm, from windows, the k-mers that its network reads, ``counts`` and input tracks.

    Windows have a margin by which they are moved in training, so the description of the network says how many bases it
    reads, under ``window``.

    Raises
    ------
    InputError
        If a split has no windows, the arrays do not fit each other, or no network has this description.
    """
    read = HEADS[network["head"]["type"]].tracks
    tracks = {name: file for name, file in files.extras.items() if name in read}
    described = describe(network, window=network["window"], tracks=tuple(tracks))
    length = described.window - described.symmetry.kmer + 1
    arrays = load_profile_arrays(files.sequences, files.extras["counts"], tracks, length, described.output_length)
    role = roles(read_windows(files.windows)["split"].to_numpy(), files.fold)
    windows = ProfileTrainingWindows(arrays, *(np.flatnonzero(role == name) for name in ("train", "validation")))
    values = (arrays.sequences, arrays.counts, *arrays.tracks.values())
    digests = (digest_of_arrays(*values, rows=rows) for rows in (windows.train, windows.validation))
    # There are no classes, so all windows count alike where subsets are chosen.
    labels = np.zeros(windows.train.size, dtype=np.int64)
    return TrainingData(labels, " ".join(digests), partial(ProfileObjective, windows, settings), described)


@dataclass(frozen=True, eq=False)
class ProfileTrainingWindows:
    """The arrays of a task, whose sequences are k-mers, and the rows that training may see: none of the test split."""

    arrays: ProfileArrays
    train: np.ndarray
    validation: np.ndarray

    def __post_init__(self) -> None:
        for split, rows in (("train", self.train), ("validation", self.validation)):
            if rows.size == 0:
                raise InputError(
                    f"the {split} split holds no windows",
                    found="0 windows with reads",
                    allowed="at least one",
                    fix=f"give splits: {split} contigs or regions that hold peaks",
                )


class ProfileObjective:
    """Multinomial loss of the profile and squared error of the totals; the best epoch has the least validation loss.

    A window is moved within its margin each time it is drawn, with its sequence, reads and tracks together. Validation
    sees it centred. ``rows`` are positions among the training windows, those of a pass, all of them if it is None. All
    objectives on the same windows share their tensors.
    """

    def __init__(
        self,
        windows: ProfileTrainingWindows,
        settings: Training,
        streams: RandomStreams,
        device: torch.device,
        rows: np.ndarray | None = None,
    ) -> None:
        self.patience = settings.schedule.patience
        self._rows = np.arange(windows.train.size) if rows is None else rows
        self.windows_per_epoch = self._rows.size
        self._settings, self._margin = settings, windows.arrays.margin
        self._train, self._validation = _tensors_on(device, windows)
        self.batches = PassesInBatches(self._rows.size, settings.schedule.batch_size, streams.order)
        self._jitter = streams.jitter
        self.steps_per_epoch = self.batches.batches_per_pass

    def draw(self) -> tuple[np.ndarray, ...]:
        """Draw the rows of the next batch and their shifts, both (batch,)."""
        rows = self._rows[next(self.batches)]
        return rows, self._jitter.integers(0, 2 * self._margin + 1, rows.size)

    def loss(self, network: nn.Module, drawn: tuple[Tensor, ...]) -> Tensor:
        """The loss of a drawn batch, a scalar, with augmentation and consistency as the settings ask for."""
        inputs, counts = self._train.moved(*drawn)
        return strand_loss(network, inputs, counts, self._settings.strands, self._task_loss, self._divergence)

    def _task_loss(self, outputs: Outputs, counts: Tensor) -> Tensor:
        logits, log_totals = outputs
        return profile_loss(logits, counts) + self._settings.schedule.count_weight * count_loss(log_totals, counts)

    def _divergence(self, one: Outputs, other: Outputs) -> Tensor:
        return profile_divergence(one, other, self._settings.schedule.count_weight)

    def validate(self, network: nn.Module) -> dict[str, float]:
        """``loss`` of the validation windows, and its parts ``profile_loss`` and ``count_loss``."""
        was_training = network.training
        network.eval()
        sums = np.zeros(2)
        rows = torch.arange(len(self._validation.sequences), device=self._validation.sequences.device)
        for batch in rows.split(PROFILES_PER_BATCH):
            inputs, counts = self._validation.moved(batch, torch.full_like(batch, self._margin))
            with torch.inference_mode():
                logits, log_totals = network(*inputs)
                losses = profile_loss(logits, counts), count_loss(log_totals, counts)
            sums += len(batch) * np.array([float(loss) for loss in losses])
        network.train(was_training)
        of_profile, of_counts = (sums / len(rows)).tolist()
        loss = of_profile + self._settings.schedule.count_weight * of_counts
        return {"loss": loss, "profile_loss": of_profile, "count_loss": of_counts}

    def quality(self, validation: dict[str, float]) -> float:
        """The validation loss of an epoch with its sign changed."""
        return -validation["loss"]


# The windows of the arm that is trained.
@lru_cache(maxsize=1)
def _tensors_on(device: torch.device, windows: ProfileTrainingWindows) -> tuple[ProfileTensors, ProfileTensors]:
    """Windows of the training and of the validation split, once for all objectives on them."""
    train, validation = (
        ProfileTensors.of(windows.arrays, rows, device) for rows in (windows.train, windows.validation)
    )
    return train, validation
