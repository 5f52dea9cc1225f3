"""Accounting of rows: how many an input has, why some are left out, and how many are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from workflow_support.job import logger

KEPT = "kept"


class Accounting:
    """The first reason against each row of an input, or ``kept``.

    Parameters
    ----------
    rows
        Number of rows of the input.
    reasons
        Every reason for which a row may be left out, in the order of the table.

    Attributes
    ----------
    reason : numpy.ndarray
        object (rows,).
    """

    def __init__(self, rows: int, reasons: Sequence[str]) -> None:
        self._reasons = reasons
        self.reason = np.full(rows, KEPT, dtype=object)

    @property
    def is_kept(self) -> np.ndarray:
        """The rows without a reason against them so far: bool (rows,)."""
        return self.reason == KEPT

    def drop(self, is_bad: np.ndarray | pd.Series, reason: str) -> None:
        """Leave out the bad rows (bool, (rows,)) that were still kept, for this reason."""
        assert reason in self._reasons, f"{reason} is missing from the reasons of the table"
        self.reason[np.asarray(is_bad, dtype=bool) & self.is_kept] = reason

    def drop_of_kept(self, is_bad: np.ndarray | pd.Series, reason: str) -> None:
        """Leave out the bad ones of the rows that are still kept: bool (kept rows,), in their order."""
        is_bad_row = self.is_kept
        is_bad_row[is_bad_row] = is_bad
        self.drop(is_bad_row, reason)

    def table(self) -> pd.DataFrame:
        """The table of :func:`accounting_table`."""
        dropped = {reason: int(np.sum(self.reason == reason)) for reason in self._reasons}
        return accounting_table(dropped, int(self.is_kept.sum()))


def accounting_table(dropped: Mapping[str, int], kept: int) -> pd.DataFrame:
    """The table ``reason, rows``: first ``in``, the number of rows of the input, then each reason, then ``kept``."""
    rows = [("in", sum(dropped.values()) + kept), *dropped.items(), (KEPT, kept)]
    return pd.DataFrame(rows, columns=["reason", "rows"])


def log_accounting(table: pd.DataFrame) -> None:
    """Write one line per reason to the log."""
    for reason, rows in table.itertuples(index=False):
        logger.info("%-28s %12s", reason, f"{rows:,}")


def describe_accounting(table: pd.DataFrame) -> str:
    """The reasons that hold for any row, and their rows, in one line for an error message."""
    return ", ".join(f"{rows:,} {reason}" for reason, rows in table.itertuples(index=False) if rows)
