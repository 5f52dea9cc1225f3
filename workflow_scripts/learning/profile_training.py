"""What training asks of a network that predicts profiles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from workflow_support.errors import InputError

from .batches import PassesInBatches
from .divergences import profile_divergence
from .forward import PROFILES_PER_BATCH, profile_tensors
from .profile_losses import count_loss, profile_loss
from .profile_windows import ProfileArrays
from .settings import ProfileTrainingSettings
from .strands import strand_loss
from .training_state import RandomStreams

#: Logits of profiles (batch, 2, position) and logarithms of totals (batch, 2).
Outputs = tuple[Tensor, Tensor]


@dataclass(frozen=True)
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
    centred.
    """

    def __init__(
        self,
        windows: ProfileTrainingWindows,
        settings: ProfileTrainingSettings,
        streams: RandomStreams,
        device: torch.device,
    ) -> None:
        self.patience = settings.patience
        self.windows_per_epoch = windows.train.size
        self._windows, self._settings, self._device = windows, settings, device
        self.batches = PassesInBatches(windows.train.size, settings.batch_size, streams.order)
        self._jitter = streams.jitter
        self.steps_per_epoch = self.batches.batches_per_pass

    def batch_loss(self, network: nn.Module) -> Tensor:
        rows = self._windows.train[next(self.batches)]
        shifts = self._jitter.integers(0, 2 * self._windows.arrays.margin + 1, rows.size)
        inputs, counts = profile_tensors(self._windows.arrays.shifted(rows, shifts), self._device)
        return strand_loss(network, inputs, counts, self._settings, self._task_loss, self._divergence)

    def _task_loss(self, outputs: Outputs, counts: Tensor) -> Tensor:
        logits, log_totals = outputs
        return profile_loss(logits, counts) + self._settings.count_weight * count_loss(log_totals, counts)

    def _divergence(self, one: Outputs, other: Outputs) -> Tensor:
        return profile_divergence(one, other, self._settings.count_weight)

    def validate(self, network: nn.Module) -> dict[str, float]:
        """Losses of the validation windows: ``loss``, and ``profile_loss`` and ``count_loss``, which make it up."""
        was_training = network.training
        network.eval()
        sums = np.zeros(2)
        rows = self._windows.validation
        for start in range(0, rows.size, PROFILES_PER_BATCH):
            batch = rows[start : start + PROFILES_PER_BATCH]
            inputs, counts = profile_tensors(self._windows.arrays.centred(batch), self._device)
            with torch.inference_mode():
                logits, log_totals = network(*inputs)
                losses = profile_loss(logits, counts), count_loss(log_totals, counts)
            sums += batch.size * np.array([float(loss) for loss in losses])
        network.train(was_training)
        of_profile, of_counts = (sums / rows.size).tolist()
        loss = of_profile + self._settings.count_weight * of_counts
        return {"loss": loss, "profile_loss": of_profile, "count_loss": of_counts}

    def quality(self, validation: dict[str, float]) -> float:
        return -validation["loss"]
