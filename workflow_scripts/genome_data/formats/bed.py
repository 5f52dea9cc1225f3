"""Readers of tables of intervals: BED, narrowPeak and every other format that is recognised, always as 0-based rows."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_support.job import logger

from ..intervals.contigs import place
from .delimited import DelimitedFile
from .interval_format import IntervalFormat
from .recognition import recognise


class IntervalFile:
    """A table of intervals in any format of `genome_data.formats.recognition`, plain or compressed.

    Attributes
    ----------
    format : IntervalFormat
    intervals : pandas.DataFrame
        ``contig, start, end`` (0-based, half open) and ``line``, one row per interval in the order of the file.

    Raises
    ------
    InputError
        If a line cannot be used (the first one is named), or the whole file cannot.
    """

    def __init__(self, path: str | Path) -> None:
        self._file = DelimitedFile(path)
        self.format: IntervalFormat = recognise(self._file)
        self.intervals = _intervals(self._file, self.format)
        logger.info("%s: read as %s", path, self.format)

    def names(self, otherwise: Sequence[str]) -> np.ndarray:
        """The names of the intervals, or those of ``otherwise`` where there is none: object (rows,)."""
        substitutes = np.array(otherwise, dtype=object)
        if self.format.label is None:
            return substitutes
        names = self._file.texts(self.format.label)
        if self.format.label_pattern:
            found = [re.search(self.format.label_pattern, text) for text in names]
            names = np.array([match[1] if match else "" for match in found], dtype=object)
        return np.where((names == ".") | (names == ""), substitutes, names)

    def strengths(self) -> np.ndarray:
        """The strengths of the intervals, NaN for none: float64 (rows,)."""
        column = self.format.strength
        if column is None:
            return np.full(len(self._file), np.nan)
        return self._file.numbers(column, self.format.titles[column - 1])

    def centres(self) -> np.ndarray:
        """0-based centres of the intervals, by the rule of the format: int64 (rows,)."""
        return self.format.centre.positions(self._file, self.intervals)

    def other_numbers(self) -> list[str]:
        """The columns, in words, that hold numbers that differ, other than positions and the strength."""
        used = {self.format.contig, self.format.start, self.format.end, self.format.strength, self.format.label}
        used.add(getattr(self.format.centre, "column", None))
        found = []
        for column in sorted(set(range(1, self._file.columns + 1)) - used):
            values = pd.to_numeric(pd.Series(self._file.texts(column)), errors="coerce")
            if values.notna().all() and values.nunique() > 1:
                found.append(self.format.column_words(column))
        return found


def read_intervals(path: str | Path) -> pd.DataFrame:
    """Read where the intervals of a table lie: ``contig, start, end, line``; see :class:`IntervalFile`."""
    return IntervalFile(path).intervals


def read_mask(path: str | Path, sizes: Mapping[str, int]) -> pd.DataFrame:
    """Read regions to be avoided, with the names of the genome; an `InputError` if none can lie on the genome."""
    return place(read_intervals(path), sizes, path, "intervals", is_mask=True).intervals


def _intervals(file: DelimitedFile, layout: IntervalFormat) -> pd.DataFrame:
    contigs = _contigs(file, layout.contig)
    starts = file.whole_numbers(layout.start, "start", lowest=layout.first_base) - layout.first_base
    ends = file.whole_numbers(layout.end, "end")
    rule = "start <= end, both counted from 1" if layout.first_base else "start < end (0-based start, end not included)"
    for bad, problem, allowed in (
        (contigs == "", "the contig has no name", f"a name in column {layout.contig}"),
        (starts >= ends, "the interval is empty or backwards", rule),
    ):
        if bad.any():
            row = int(np.argmax(bad))
            raise file.error(
                row,
                problem,
                found=f"{contigs[row]!r} {starts[row] + layout.first_base}-{ends[row]}",
                allowed=allowed,
                fix="correct or remove the line; in BED, a single base at position p is p, p + 1",
            )
    return pd.DataFrame({"contig": contigs, "start": starts, "end": ends, "line": file.lines}).astype({"contig": "str"})


def _contigs(file: DelimitedFile, column: int) -> np.ndarray:
    """The contigs without spaces around them; an `InputError` names the first with a blank or invisible character."""
    texts = file.texts(column)
    cleaned = {text: text.strip(" ") for text in pd.unique(texts)}
    for text, name in cleaned.items():
        invisible = next((letter for letter in name if letter.isspace() or not letter.isprintable()), None)
        if invisible is not None:
            character = unicodedata.name(invisible, f"U+{ord(invisible):04X}").lower()
            raise file.error(
                int(np.argmax(texts == text)),
                "the name of a contig holds a character that cannot be seen",
                found=f"{name!a}, with a {character} (U+{ord(invisible):04X})",
                allowed="names as in the genome, without blanks",
                fix="replace it in the whole file; it often comes with text copied from a web page or a document",
            )
    if any(text != name for text, name in cleaned.items()):
        logger.info("%s: read with spaces around names of contigs", file.path)
        return np.array([cleaned[text] for text in texts], dtype=object)
    return texts
