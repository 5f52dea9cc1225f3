"""What a page says of sequences that occur more than once, above all on both sides of a split."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from .formatting import count, markdown_table

EITHER = "either"


def copies_text(duplicates: Mapping[str, pd.DataFrame]) -> str:
    """Rows of labelled tasks that have a copy, on either strand, by pair of splits; nothing without such tasks.

    Parameters
    ----------
    duplicates
        By task, ``between, strand, rows, same_label, other_label``.
    """
    if not duplicates:
        return ""
    rows = [
        [task, pair.between, count(pair.rows), count(pair.same_label), count(pair.other_label)]
        for task, table in duplicates.items()
        for pair in table[(table["strand"] == EITHER) & (table["rows"] > 0)].itertuples()
    ]
    if not rows:
        return "No sequence occurs twice, on either strand."
    header = ["Task", "Copies between", "Sequences", "With the same class", "With another class"]
    return markdown_table(header, rows)
