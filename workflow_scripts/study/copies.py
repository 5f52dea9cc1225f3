"""The section on copies of sequences as Markdown: what a network can know of a test split by heart."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from .formatting import count, markdown_table


def copies_text(
    duplicates: Mapping[str, pd.DataFrame], near_copies: pd.DataFrame, removed: Mapping[str, pd.DataFrame]
) -> str:
    """Copies of sequences in labelled tasks, for each pair of splits, and near-copies in all tasks; on either strand.

    Parameters
    ----------
    duplicates
        By task, ``between, strand, rows, same_label, other_label``.
    near_copies
        ``task, split, training_task, k, sequences, near_copies, share``.
    removed
        ``window_counts.tsv`` (``reason, rows``) of each task whose near-copies are left out of training.
    """
    parts = [_whole_copies_text(duplicates), _near_copies_text(near_copies), _removal_text(removed)]
    return "\n\n".join(filter(None, parts))


def _whole_copies_text(duplicates: Mapping[str, pd.DataFrame]) -> str:
    if not duplicates:
        return ""
    rows = [
        [task, pair.between, count(pair.rows), count(pair.same_label), count(pair.other_label)]
        for task, table in duplicates.items()
        for pair in table[(table["strand"] == "either") & (table["rows"] > 0)].itertuples()
    ]
    if not rows:
        return "No sequence occurs twice, on either strand."
    header = ["Task", "Copies between", "Sequences", "With the same class", "With another class"]
    return markdown_table(header, rows)


def _near_copies_text(near_copies: pd.DataFrame) -> str:
    """Every split of a task against its own training split, and against those of other tasks if anything is shared."""
    is_shown = (near_copies["training_task"] == near_copies["task"]) | (near_copies["near_copies"] > 0)
    rows = [
        [row.task, row.split, row.training_task, count(row.sequences), count(row.near_copies), f"{row.share:.1%}"]
        for row in near_copies[is_shown].itertuples()
    ]
    header = ["Task", "Split", "Training split of", "Sequences", "Near-copies", "Share"]
    shared = ", ".join(map(str, near_copies["k"].unique()))
    words = (
        f"A near-copy shares {shared} known bases in a row with a training sequence, or equals one, on either strand. "
        "Pairs of different tasks that are not listed have none."
    )
    return f"{words}\n\n{markdown_table(header, rows)}"


def _removal_text(removed: Mapping[str, pd.DataFrame]) -> str:
    """The numbers of windows left out of training as near-copies, as Markdown; empty without such tasks."""
    if not removed:
        return ""
    rows = [
        [task, "windows given" if row.reason == "in" else row.reason, count(row.rows)]
        for task, table in removed.items()
        for row in table.itertuples()
    ]
    words = (
        "With `remove_copies: true`, training windows that are near-copies of validation or test windows of their task "
        "were left out, and the validation and test splits stay as they are. Of folds, windows were left out that "
        "are near-copies of windows in an earlier fold."
    )
    return f"{words}\n\n{markdown_table(['Task', 'What happened', 'Windows'], rows)}"
