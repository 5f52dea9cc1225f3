"""What training asks of a network that predicts profiles."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor, nn

from workflow_support.errors import InputError

from ..models.inputs import PROFILES_PER_BATCH, as_integer_tensor, as_reads
from ..models.profile_arrays import ProfileArrays
from .losses import count_loss, profile_divergence, profile_loss, strand_loss
from .sampling import PassesInBatches
from .settings import Training
from .state import RandomStreams

#: Logits of profiles (batch, 2, position) and logarithms of totals (batch, 2).
Outputs = tuple[Tensor, Tensor]


@dataclass(frozen=True, eq=False)
class ProfileTrainingWindows:
    """Arrays of a task, whose sequences are k-mers, and the rows that training may see: none of the test split."""

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
                    mend=f"give splits: {split} contigs or regions that hold peaks",
                )


class ProfileObjective:
    """Multinomial loss of the profile and squared error of the totals; the best epoch has the least validation loss.

    A window is moved within its margin whenever it is drawn, sequence, reads and control together; validation sees it
    centred. ``rows``: places among the training windows that a pass is over, all of them where it is None. The tensors
    are shared by all objectives on the same windows.
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
        """Rows and their shifts, (batch,)."""
        rows = self._rows[next(self.batches)]
        return rows, self._jitter.integers(0, 2 * self._margin + 1, rows.size)

    def loss(self, network: nn.Module, drawn: tuple[Tensor, ...]) -> Tensor:
        inputs, counts = self._train.shifted(*drawn)
        return strand_loss(network, inputs, counts, self._settings.strands, self._task_loss, self._divergence)

    def _task_loss(self, outputs: Outputs, counts: Tensor) -> Tensor:
        logits, log_totals = outputs
        return profile_loss(logits, counts) + self._settings.schedule.count_weight * count_loss(log_totals, counts)

    def _divergence(self, one: Outputs, other: Outputs) -> Tensor:
        return profile_divergence(one, other, self._settings.schedule.count_weight)

    def validate(self, network: nn.Module) -> dict[str, float]:
        """Losses of the validation windows: ``loss``, and ``profile_loss`` and ``count_loss``, which make it up."""
        was_training = network.training
        network.eval()
        sums = np.zeros(2)
        rows = torch.arange(len(self._validation.sequences), device=self._validation.sequences.device)
        for batch in rows.split(PROFILES_PER_BATCH):
            inputs, counts = self._validation.shifted(batch, torch.full_like(batch, self._margin))
            with torch.inference_mode():
                logits, log_totals = network(*inputs)
                losses = profile_loss(logits, counts), count_loss(log_totals, counts)
            sums += len(batch) * np.array([float(loss) for loss in losses])
        network.train(was_training)
        of_profile, of_counts = (sums / len(rows)).tolist()
        loss = of_profile + self._settings.schedule.count_weight * of_counts
        return {"loss": loss, "profile_loss": of_profile, "count_loss": of_counts}

    def quality(self, validation: dict[str, float]) -> float:
        return -validation["loss"]


# Those of the arm that is trained.
@lru_cache(maxsize=1)
def _tensors_on(device: torch.device, windows: ProfileTrainingWindows) -> tuple[ProfileTensors, ProfileTensors]:
    """Windows of the training and of the validation split, once for all objectives on them."""
    train, validation = (
        ProfileTensors.of(windows.arrays, rows, device) for rows in (windows.train, windows.validation)
    )
    return train, validation


@dataclass(frozen=True)
class ProfileTensors:
    """Tensors of some windows, with the margin in which they can be moved.

    Parameters
    ----------
    sequences
        Base codes or k-mer indices, (windows, length + 2 margin).
    tracks
        Reads, and the control if there is one, float32, each (windows, 2, output + 2 margin).
    length, output
        Positions that a network reads, and those that it predicts.
    """

    sequences: Tensor
    tracks: tuple[Tensor, ...]
    length: int
    output: int

    @classmethod
    def of(cls, arrays: ProfileArrays, rows: np.ndarray, device: torch.device) -> ProfileTensors:
        """Those of ``rows``, in their order."""
        tracks = [each for each in (arrays.counts, arrays.control) if each is not None]
        return cls(
            as_integer_tensor(arrays.sequences[rows]).to(device),
            tuple(as_reads(each[rows], device) for each in tracks),
            arrays.length,
            arrays.output,
        )

    def shifted(self, rows: Tensor, shifts: Tensor) -> tuple[tuple[Tensor, ...], Tensor]:
        """What a network reads of windows (batch,), each moved by its shift, and their reads (batch, 2, output)."""
        kmers = self.sequences.unfold(1, self.length, 1)[rows, shifts].long()
        counts, *control = (each.unfold(2, self.output, 1).transpose(1, 2)[rows, shifts] for each in self.tracks)
        return (kmers, *control), counts
