"""Folds: parts of the windows of a task that take turns at being tested, each by networks that have not seen it.

Windows of a task with folds have the name of their fold, such as ``fold2``, where others have ``train``, ``validation``
or ``test``. The networks of a fold are tested on this fold, choose epochs and thresholds on the next one, the first
after the last, and learn from the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from . import SPLITS

if TYPE_CHECKING:
    import numpy as np

FEWEST_FOLDS = 3
"""One to test, one to validate and one to train on."""

_NAME = "fold"

KeyPath = tuple[str | int, ...]


def fold_name(fold: int) -> str:
    """The name of a fold, counted from 1."""
    return f"{_NAME}{fold}"


def is_fold(split: str) -> bool:
    """Return True if the split of a window is a fold."""
    return split.startswith(_NAME)


def split_names(splits: Iterable[str]) -> list[str]:
    """The splits of a task in order: all folds up to the last that occurs, or training, validation and test."""
    last = max((int(split.removeprefix(_NAME)) for split in set(splits) if is_fold(split)), default=0)
    return [fold_name(fold) for fold in range(1, last + 1)] or list(SPLITS)


def folds_of(splits: Iterable[str]) -> list[int | None]:
    """The folds that networks are trained for, counted from 1; None stands for the one training of other tasks."""
    names = split_names(splits)
    return list(range(1, len(names) + 1)) if is_fold(names[0]) else [None]


def roles(splits: np.ndarray, fold: int | None) -> np.ndarray:
    """The use that the networks of a fold make of each window: ``train``, ``validation`` or ``test``, (windows,).

    Parameters
    ----------
    splits
        The split of each window (windows,).
    fold
        One of :func:`folds_of`. Without folds, the splits are the roles.
    """
    if fold is None:
        return splits
    count = len(split_names(splits))
    found = splits.astype(object)
    found[:] = "train"
    found[splits == fold_name(fold % count + 1)] = "validation"
    found[splits == fold_name(fold)] = "test"
    return found


def held_out(splits: np.ndarray) -> dict[str, np.ndarray]:
    """Masks (windows,) of the windows that some network is not trained on: those of validation and test, or all folds.

    Every window of a fold is a test window.
    """
    if folds_of(splits) == [None]:
        return {split: splits == split for split in ("validation", "test")}
    return {"test": splits != ""}


def is_tested(splits: np.ndarray) -> np.ndarray:
    """A mask (windows,) of the windows that some network is tested on: those of test, or of any fold."""
    return held_out(splits)["test"]


def is_trained_on(splits: np.ndarray) -> np.ndarray:
    """A mask (windows,) of the windows that some network is trained on: those of training, or of any fold."""
    return splits == "train" if folds_of(splits) == [None] else is_tested(splits)


def given_regions(splits: Mapping[str, Any]) -> Iterator[tuple[KeyPath, str]]:
    """Yield every region that configured splits name, with its key."""
    for split, regions in splits.items():
        if isinstance(regions, int):
            continue
        for index, region in enumerate(regions):
            if isinstance(region, str):
                yield (split, index), region
            else:
                yield from (((split, index, place), each) for place, each in enumerate(region))


def number_of_folds(splits: Mapping[str, int | Sequence[Sequence[str]]]) -> int:
    """The number of folds that configured splits ask for; 0 if they ask for none."""
    folds = splits.get("folds", 0)
    return folds if isinstance(folds, int) else len(folds)
