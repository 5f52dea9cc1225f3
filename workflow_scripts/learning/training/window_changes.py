"""Random changes of windows in training, alike on both strands: substituted bases, moved windows, crossed windows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from rc_equivariant.encoding import UNKNOWN_BASE

from .options import ClassificationTrainingSettings

#: Marks a base that is not substituted.
_KEPT = 255


class WindowChanges:
    """The changes that the settings ask for, drawn afresh for every batch.

    What is drawn depends on the shape of a batch alone, not on its sequences, and its distribution is the same for the
    reverse complements of the windows.

    Parameters
    ----------
    generator
        The stream from which all changes are drawn; nothing is drawn for a change that is not asked for.
    bases
        Bases of a window.
    classes
        Number of classes.
    """

    def __init__(
        self, settings: ClassificationTrainingSettings, generator: np.random.Generator, bases: int, classes: int
    ) -> None:
        self._settings, self._generator, self._bases, self._classes = settings, generator, bases, classes
        self._reach = round(settings.jitter * bases)

    def draw(self, windows: int) -> tuple[np.ndarray, ...]:
        """Draw the changes of a batch, arrays (windows, ...); none if nothing is to be changed."""
        settings, generator, drawn = self._settings, self._generator, []
        if self._reach:
            drawn.append(generator.integers(-self._reach, self._reach + 1, windows))
        if settings.crossover:
            is_crossed = generator.random(windows) < settings.crossover
            cuts = generator.integers(1, self._bases, windows)
            drawn += [generator.permutation(windows), np.where(is_crossed, cuts, self._bases)]
        if settings.base_substitution:
            shape = windows, self._bases
            is_replaced = generator.random(shape) < settings.base_substitution
            drawn.append(np.where(is_replaced, generator.integers(0, 4, shape), _KEPT).astype(np.uint8))
        return tuple(drawn)

    def applied(self, codes: Tensor, labels: Tensor, drawn: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Changed base codes (batch, bases), and labels (batch,) or what crossed windows have in place of them.

        These are probabilities of classes (batch, classes), or those of the second one (batch,) for two classes.
        """
        changes = iter(drawn)
        if self._reach:
            codes = moved(codes, next(changes))
        if self._settings.crossover:
            partners, cuts = next(changes), next(changes)
            codes, own = crossed(codes, partners, cuts)
            labels = self._mixed(labels, labels[partners], own)
        if self._settings.base_substitution:
            codes = substituted(codes, next(changes))
        return codes, labels

    def _mixed(self, labels: Tensor, others: Tensor, own: Tensor) -> Tensor:
        if self._classes == 2:
            return own * labels + (1 - own) * others
        own = own[:, None]
        return own * one_hot(labels, self._classes) + (1 - own) * one_hot(others, self._classes)


def moved(codes: Tensor, shifts: Tensor) -> Tensor:
    """Base codes (batch, bases) of windows that move right along the sequence by ``shifts`` (batch,), left if negative.

    So bases move left within the window by as much, and those that enter it are unknown.
    """
    bases = codes.shape[1]
    positions = torch.arange(bases, device=codes.device) + shifts[:, None]
    is_inside = (positions >= 0) & (positions < bases)
    return codes.gather(1, positions.clamp(0, bases - 1)).where(is_inside, UNKNOWN_BASE)


def crossed(codes: Tensor, partners: Tensor, cuts: Tensor) -> tuple[Tensor, Tensor]:
    """The left parts of windows, joined to the right parts of others in the batch (Yun et al. 2019, CutMix).

    Windows keep their places, so each base stays at its distance from both ends of its window.

    Parameters
    ----------
    codes
        Base codes (batch, bases).
    partners
        Rows (batch,) of the windows that give the right parts.
    cuts
        Bases (batch,) of the left parts.

    Returns
    -------
    codes
        Shape (batch, bases).
    own
        Share (batch,) of the known bases that come from the left parts, 1 if no base is known.
    """
    is_left = torch.arange(codes.shape[1], device=codes.device) < cuts[:, None]
    joined = torch.where(is_left, codes, codes[partners])
    is_known = joined < UNKNOWN_BASE
    known, of_left = is_known.sum(1), (is_known & is_left).sum(1)
    return joined, torch.where(known > 0, of_left / known.clamp(min=1), 1.0)


def substituted(codes: Tensor, substitutes: Tensor) -> Tensor:
    """Base codes (batch, bases) with substitutes for known bases; unknown ones and padding stay as they are."""
    is_kept = (substitutes == _KEPT) | (codes >= UNKNOWN_BASE)
    return torch.where(is_kept, codes, substitutes.long())
