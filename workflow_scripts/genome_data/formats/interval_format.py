"""The description of a table of intervals: which column holds what, what positions count from, where centres lie."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workflow_support.job import logger

from .delimited import DelimitedFile

_NO_SUMMIT = -1
_LARGEST_BAD_SHARE = 0.01
"""Largest share of summits outside their peaks for which these are counted instead of refused."""


@dataclass(frozen=True)
class Midpoint:
    """The middle of each interval."""

    def positions(self, file: DelimitedFile, intervals: pd.DataFrame) -> np.ndarray:
        """0-based centres of intervals, ``start, end`` (0-based, half open): int64 (rows,)."""
        return ((intervals["start"] + intervals["end"]) // 2).to_numpy()

    def __str__(self) -> str:
        return "midpoints"


@dataclass(frozen=True)
class Offset:
    """A summit that a column gives as its distance from the start of the interval, or -1 for none."""

    column: int

    def positions(self, file: DelimitedFile, intervals: pd.DataFrame) -> np.ndarray:
        """See :meth:`Midpoint.positions`; an `InputError` if more than a few summits lie outside their intervals."""
        offsets = file.whole_numbers(self.column, "summit (peak offset)", lowest=_NO_SUMMIT)
        widths = (intervals["end"] - intervals["start"]).to_numpy()
        has_none, beyond = offsets == _NO_SUMMIT, offsets > widths
        if beyond.mean() > _LARGEST_BAD_SHARE:
            row = int(np.argmax(beyond))
            starts, ends = intervals["start"].to_numpy(), intervals["end"].to_numpy()
            fix = f"write the summit relative to the start (narrowPeak column 10), or -1; remove column {self.column} "
            fix += "if it is none of narrowPeak, and peaks are then centred on their midpoint"
            if (((starts <= offsets) & (offsets <= ends)) | has_none).all():
                fix = f"column {self.column} holds positions on the contig: subtract the start from them"
            raise file.error(
                row,
                "the summit lies outside its peak",
                found=f"offset {offsets[row]} in a peak of {widths[row]} bp; {np.count_nonzero(beyond):,} such peaks",
                allowed=f"0 to {widths[row] - 1}, counted from the peak's start, or -1 for none",
                fix=fix,
            )
        _report(file, has_none, "without a summit are centred on their midpoint")
        # Published ENCODE peaks that were trimmed to their summit give an offset one past their last base.
        _report(file, offsets == widths, "with the summit one base past their end are centred on their last base")
        _report(file, beyond, "with the summit outside of them are centred on their midpoint", is_warning=True)
        summits = intervals["start"] + np.minimum(offsets, widths - 1)
        return np.where(has_none | beyond, Midpoint().positions(file, intervals), summits)

    def __str__(self) -> str:
        return f"summits (column {self.column})"


@dataclass(frozen=True)
class Position:
    """A summit that a column gives as a position on the contig; the first base has the number ``first_base``."""

    column: int
    first_base: int

    def positions(self, file: DelimitedFile, intervals: pd.DataFrame) -> np.ndarray:
        """See :meth:`Midpoint.positions`; an `InputError` names the first summit outside its interval."""
        summits = file.whole_numbers(self.column, "summit") - self.first_base
        outside = ((summits < intervals["start"]) | (summits >= intervals["end"])).to_numpy()
        if outside.any():
            row = int(np.argmax(outside))
            first, last = (
                intervals["start"].iloc[row] + self.first_base,
                intervals["end"].iloc[row] - 1 + self.first_base,
            )
            raise file.error(
                row,
                "the summit lies outside its peak",
                found=f"position {summits[row] + self.first_base} in column {self.column}",
                allowed=f"{first} to {last}, from the first base of the peak to its last",
                fix="give positions on the contig, counted as start and end are, or remove the column",
            )
        return summits

    def __str__(self) -> str:
        return f"summits (column {self.column})"


@dataclass(frozen=True)
class Thick:
    """The middle of the part that a viewer draws thickly (BED columns 7 and 8), or of the interval if there is none."""

    start: int
    end: int

    def positions(self, file: DelimitedFile, intervals: pd.DataFrame) -> np.ndarray:
        """See :meth:`Midpoint.positions`; an `InputError` names the first thick part outside its interval."""
        starts, ends = (file.numbers(column, f"thick part (column {column})") for column in (self.start, self.end))
        is_empty = ~(starts < ends)
        outside = ~is_empty & ((starts < intervals["start"]) | (ends > intervals["end"])).to_numpy()
        if outside.any():
            row = int(np.argmax(outside))
            raise file.error(
                row,
                "the thick part lies outside its interval",
                found=f"{starts[row]:.0f}-{ends[row]:.0f} in columns {self.start} and {self.end}",
                allowed=f"{intervals['start'].iloc[row]}-{intervals['end'].iloc[row]} or a part of it",
                fix="correct the columns, or give the first three columns alone",
            )
        _report(file, is_empty, "without a thick part are centred on their midpoint")
        middles = (np.where(is_empty, 0, starts) + np.where(is_empty, 0, ends)).astype(np.int64) // 2
        return np.where(is_empty, Midpoint().positions(file, intervals), middles)

    def __str__(self) -> str:
        return f"the middle of the thick part (columns {self.start} and {self.end})"


@dataclass(frozen=True)
class Place:
    """The middle of a region that a column gives as ``contig:start-end`` (0-based, half open)."""

    column: int

    def positions(self, file: DelimitedFile, intervals: pd.DataFrame) -> np.ndarray:
        """See :meth:`Midpoint.positions`; an `InputError` names the first region that is not in its interval."""
        places = [re.fullmatch(r"(.+):(\d{1,18})-(\d{1,18})", text) for text in file.texts(self.column)]
        starts, ends = (np.array([int(each[part]) if each else -1 for each in places]) for part in (2, 3))
        bad = ((starts < intervals["start"]) | (ends > intervals["end"]) | (starts > ends)).to_numpy()
        if bad.any():
            row = int(np.argmax(bad))
            raise file.error(
                row,
                "the region of the maximum does not lie in its interval",
                found=f"{file.texts(self.column)[row]!r} in column {self.column}",
                allowed=f"contig:start-end within {intervals['start'].iloc[row]}-{intervals['end'].iloc[row]}",
                fix="correct or remove the line, or give the first three columns alone",
            )
        return np.minimum((starts + ends) // 2, intervals["end"].to_numpy() - 1)

    def __str__(self) -> str:
        return f"the middle of the maximum (column {self.column})"


Centre = Midpoint | Offset | Position | Thick | Place


@dataclass(frozen=True)
class IntervalFormat:
    """A format of tables of intervals.

    Attributes
    ----------
    name
        Name for logs, tables and pages.
    contig, start, end
        Columns, numbered from 1.
    first_base
        Number of the first base of a contig. 0: the end is not included (BED). 1: it is (GFF, R).
    label, label_pattern
        Column of names, and a pattern whose first group is the name, for columns that hold more.
    strength
        Column of numbers that are larger for stronger intervals.
    titles
        Titles of the columns.
    centre
        Where the centre of an interval lies.
    remark
        What else was decided about the table, in words.
    """

    name: str
    contig: int = 1
    start: int = 2
    end: int = 3
    first_base: int = 0
    label: int | None = None
    label_pattern: str | None = None
    strength: int | None = None
    titles: tuple[str, ...] = ()
    centre: Centre = Midpoint()
    remark: str = ""

    def __str__(self) -> str:
        counted = ", counted from 1" if self.first_base else ""
        words = f"{self.name}{counted}, centred on {self.centre}, strength: {self.column_words(self.strength)}"
        return f"{words}; {self.remark}" if self.remark else words

    def column_words(self, column: int | None) -> str:
        """The number and the title of a column."""
        if column is None:
            return "none"
        title = self.titles[column - 1] if column <= len(self.titles) else ""
        return f"{title} (column {column})" if title else f"column {column}"


def _report(file: DelimitedFile, concerned: np.ndarray, what: str, *, is_warning: bool = False) -> None:
    if concerned.any():
        log = logger.warning if is_warning else logger.info
        log("%s: %s peaks %s", file.path, f"{np.count_nonzero(concerned):,}", what)
