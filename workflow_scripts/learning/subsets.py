"""Nested training subsets: the same for every arm, each in the next larger one."""

from __future__ import annotations

import numpy as np

from workflow_support.errors import InputError

from .seeds import streams_of

ALL = "all"


def training_subset(labels: np.ndarray, size: str, seed: int) -> np.ndarray:
    """Which training windows a replicate sees; the seed and the labels alone decide.

    Each class is permuted, the window at position i of a class of m gets the rank (i + 1/2) / m, and the windows of
    least rank are taken: subsets of one seed are nested, and each class keeps its share.

    Parameters
    ----------
    labels
        Classes (windows,) of the training windows; all equal where there are none.
    size
        ``all``, how many windows (``1000``), or which share of them (``0.5``).

    Returns
    -------
    Rows (size,), sorted.

    Raises
    ------
    InputError
        Where there are fewer windows than asked for, or a class would be left without any.
    """
    if size == ALL:
        return np.arange(labels.size)
    wanted = _count(size, labels.size)
    rows = np.sort(_nested_order(labels, seed)[:wanted])
    classes, kept = np.unique(labels).size, np.unique(labels[rows]).size
    if wanted > labels.size or kept < classes:
        raise InputError(
            f"no {wanted} training windows can be chosen",
            found=f"size {size} of {labels.size} windows of {classes} classes",
            allowed=f"at most {labels.size}, and so many that every class keeps one",
            mend="take this size out of the study, or give the task more windows",
        )
    return rows


def _count(size: str, windows: int) -> int:
    try:
        number = float(size)
    except ValueError:
        number = 0.0
    if 0 < number < 1:
        return round(number * windows)
    if number >= 2 and number.is_integer():
        return int(number)
    raise InputError(
        "not a training size",
        found=size,
        allowed=f"{ALL}, a whole number of windows from 2 on, or a share between 0 and 1",
        mend="change the sizes of the study",
    )


def _nested_order(labels: np.ndarray, seed: int) -> np.ndarray:
    """All rows, in the order in which growing subsets take them up."""
    generator = np.random.default_rng(streams_of(seed).subset)
    rank = np.empty(labels.size)
    for label in np.unique(labels):
        of_class = generator.permutation(np.flatnonzero(labels == label))
        rank[of_class] = (np.arange(of_class.size) + 0.5) / of_class.size
    return np.lexsort((labels, rank))
