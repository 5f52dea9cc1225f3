"""Recognition of tables of intervals by their content: BED and its relatives, GFF, HOMER, SEACR and tables of R."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import pandas as pd

from .cells import is_number_or_dot, is_whole_number
from .delimited import DelimitedFile
from .interval_format import IntervalFormat, Offset, Place, Position, Thick
from .tables import MISSING
from .titled_tables import by_titles, with_titles

Rows = Sequence[Sequence[str]]

_STRANDS = {"+", "-", ".", "*", "?", ""}
_STRANDS_OF_R = {"+", "-", "*"}
_ROWS_WITH_WIDTHS, _ROWS_WITH_SUMMITS = 5, 3
"""Rows from which widths alone, or with summits, show a table of R or MACS: names of fewer could be so by chance."""
_BED_TITLES = ("chrom", "chromStart", "chromEnd", "name", "score", "strand")
_PEAK_TITLES = (*_BED_TITLES, "signalValue", "pValue", "qValue", "peak")
_BED12_TITLES = (
    *_BED_TITLES, "thickStart", "thickEnd", "itemRgb", "blockCount", "blockSizes", "blockStarts",
)  # fmt: skip
_GFF_NAME = r'(?:^|; *)(?:ID|Name|peak_id|gene_id)[= ]"?([^";]+)'
_SUMMIT_TITLES = {"", "peak", "summit", "pointsource", "point_source"}


def recognise(file: DelimitedFile) -> IntervalFormat:
    """The format of a table of intervals, from its header if it has one that says enough, and else from its content.

    Most rows decide, so that a faulty row is later refused by its line and does not turn the file into another format.

    Raises
    ------
    InputError
        If the table is of pairs of intervals, or if it does not say whether positions count from 0 or from 1.
    """
    rows = file.sample()
    found = by_titles(file, rows)
    # A header without more to say has contig, start and end in the order of BED, in the columns 1 to 3.
    recognisers = iter(_OF_BED_ORDER if file.titles else _RECOGNISERS)
    while found is None:
        found = next(recognisers)(file, rows)
        if found is not None and file.titles:
            found = with_titles(found, file.titles, rows)
    return found


def _refuse_pairs(file: DelimitedFile, rows: Rows) -> None:
    contigs = {row[0] for row in rows}
    if file.columns >= 6 and _most(rows, lambda row: row[3] in contigs and all(map(is_whole_number, row[4:6]))):
        raise file.error(
            0,
            "the table holds pairs of regions",
            found=f"contig, start and end in columns 1 to 3 and again in columns 4 to 6: {rows[0][:6]}",
            allowed="one region per line",
            fix="write the two regions of a pair into two lines, or keep the first three columns: cut -f 1-3",
        )


def _gff(file: DelimitedFile, rows: Rows) -> IntervalFormat | None:
    if file.columns not in (8, 9) or not _most(
        rows, lambda row: all(map(is_whole_number, row[3:5])) and row[6] in _STRANDS and row[7] in {".", "0", "1", "2"}
    ):
        return None
    label = 9 if file.columns == 9 else None
    titles = ("seqid", "source", "type", "start", "end", "score", "strand", "phase", "attributes")
    return IntervalFormat("GFF or GTF", 1, 4, 5, 1, label, _GFF_NAME, 6, titles)


def _homer(file: DelimitedFile, rows: Rows) -> IntervalFormat | None:
    def fits(row: Sequence[str]) -> bool:
        is_in_order = all(map(is_whole_number, row[2:4])) and int(row[2]) <= int(row[3])
        strands = {"+", "-"} if is_whole_number(row[1]) else {"+", "-", "0", "1", "."}
        return is_in_order and row[4] in strands

    if file.columns < 5 or not _most(rows, fits):
        return None
    return IntervalFormat("HOMER peaks", 2, 3, 4, 1, label=1, titles=("PeakID", "chr", "start", "end", "strand"))


def _from_r(file: DelimitedFile, rows: Rows) -> IntervalFormat | None:
    """A table of R or MACS whose header is lost, known by widths of end − start + 1 in every row.

    A few rows need more: strands, or summits, beside the widths. BED has its strands elsewhere.
    """
    for contig in (1, 2):
        start, end, width = contig + 1, contig + 2, contig + 3
        if file.columns < width or not _most(rows, lambda row: all(map(is_whole_number, row[start - 1 : width]))):  # noqa: B023
            continue
        starts, ends, widths = (
            pd.to_numeric(pd.Series(file.texts(column)), errors="coerce") for column in (start, end, width)
        )
        if not (widths == ends - starts + 1).all():
            continue
        if file.columns > width and len(file) >= _ROWS_WITH_SUMMITS:
            summits = pd.to_numeric(pd.Series(file.texts(width + 1)), errors="coerce")
            if ((summits >= starts) & (summits <= ends)).all():
                centre = Position(width + 1, 1)
                return IntervalFormat(
                    "table with widths and summits, as MACS writes it", contig, start, end, 1, centre=centre
                )
        has_strands = file.columns > width and _most(rows, lambda row: row[width] in _STRANDS_OF_R)  # noqa: B023
        if has_strands or len(file) >= _ROWS_WITH_WIDTHS:
            return IntervalFormat("table with widths, as R writes it", contig, start, end, 1)
    return None


def _seacr(file: DelimitedFile, rows: Rows) -> IntervalFormat | None:
    def fits(row: Sequence[str]) -> bool:
        place = re.fullmatch(r"(.+):\d+-\d+", row[5])
        return place is not None and place[1] == row[0]

    if file.columns < 6 or not _most(rows, fits):
        return None
    titles = ("chrom", "start", "end", "total signal", "maximum signal", "region of the maximum")
    return IntervalFormat("SEACR peaks", strength=4, titles=titles, centre=Place(6))


def _bed12(file: DelimitedFile, rows: Rows) -> IntervalFormat | None:
    def fits(row: Sequence[str]) -> bool:
        if not is_whole_number(row[9], 1):
            return False
        lists = (text.rstrip(",").split(",") for text in row[10:12])
        return all(len(each) == int(row[9]) and all(map(is_whole_number, each)) for each in lists)

    if file.columns < 12 or not _most(rows, fits):
        return None
    if file.columns >= 15 and _most(rows, lambda row: all(map(_is_value, row[12:15]))):
        titles = (*_BED12_TITLES, "signalValue", "pValue", "qValue")
        return IntervalFormat("gappedPeak" + _more(file, 15), label=4, strength=13, titles=titles, centre=Thick(7, 8))
    return IntervalFormat("BED12" + _more(file, 12), label=4, strength=5, titles=_BED12_TITLES)


def _bed9(file: DelimitedFile, rows: Rows) -> IntervalFormat | None:
    def fits(row: Sequence[str]) -> bool:
        places = [row[1], *row[6:8], row[2]]
        is_within = all(map(is_whole_number, places)) and sorted(places, key=int) == places
        return is_within and re.fullmatch(r"0|\.|\d{1,3},\d{1,3},\d{1,3}", row[8]) is not None

    if file.columns < 9 or not _is_bed(rows) or not _most(rows, fits):
        return None
    return IntervalFormat("BED9" + _more(file, 9), label=4, strength=5, titles=_BED12_TITLES)


def _narrow_or_broad_peak(file: DelimitedFile, rows: Rows) -> IntervalFormat | None:
    def fits(row: Sequence[str]) -> bool:
        return all(map(_is_value, [row[4], *row[6:9]]))

    if file.columns < 9 or not _is_bed(rows) or not _most(rows, fits):
        return None
    title = file.titles[9] if len(file.titles) > 9 else ""
    has_summits = file.columns > 9 and _most(rows, lambda row: is_whole_number(row[9], -1))
    if not has_summits or file.track_type.lower() == "broadpeak" or title not in _SUMMIT_TITLES:
        return IntervalFormat("broadPeak" + _more(file, 9), label=4, strength=7, titles=_PEAK_TITLES[:9])
    # bdgpeakcall of MACS writes its score and zeros in the place of the three values.
    has_score_alone = all(
        float(cell) == 0 for row in rows for cell in row[6:9] if is_number_or_dot(cell) and cell != "."
    )
    has_score_alone &= len({row[4] for row in rows}) > 1
    name = "narrowPeak of bdgpeakcall" if has_score_alone else "narrowPeak"
    strength = 5 if has_score_alone else 7
    return IntervalFormat(name + _more(file, 10), label=4, strength=strength, titles=_PEAK_TITLES, centre=Offset(10))


def _bed(file: DelimitedFile, rows: Rows) -> IntervalFormat:
    if file.columns == 3:
        return IntervalFormat("BED3")
    is_value = _most(rows, lambda row: _is_fraction(row[3]))
    if file.columns == 4 and (is_value or file.track_type == "bedGraph"):
        return IntervalFormat("bedGraph", strength=4, titles=(*_BED_TITLES[:3], "value"))
    if file.columns <= 5:
        return IntervalFormat(
            f"BED{file.columns}", label=4, strength=5 if file.columns == 5 else None, titles=_BED_TITLES
        )
    if _is_bed(rows):
        return IntervalFormat("BED6" + _more(file, 6), label=4, strength=5, titles=_BED_TITLES)
    # Column 5 is a score of BED only if column 6 is a strand of BED.
    return IntervalFormat("BED4" + _more(file, 4), label=4, titles=_BED_TITLES[:4])


_Recogniser = Callable[[DelimitedFile, Rows], IntervalFormat | None]
_OF_BED_ORDER: tuple[_Recogniser, ...] = (_refuse_pairs, _seacr, _bed12, _bed9, _narrow_or_broad_peak, _bed)
_RECOGNISERS: tuple[_Recogniser, ...] = (_refuse_pairs, _gff, _homer, _from_r, *_OF_BED_ORDER[1:])


def _most(rows: Rows, holds: Callable[[Sequence[str]], bool]) -> bool:
    return 2 * sum(map(holds, rows)) >= len(rows)


def _is_value(text: str) -> bool:
    """Test whether a cell could be in a column of values, where programs also write inf, for a p value of 0, and NA."""
    return is_number_or_dot(text) or text in MISSING or text.lower().lstrip("+-") in {"inf", "infinity"}


def _is_fraction(text: str) -> bool:
    return text != "." and is_number_or_dot(text) and not is_whole_number(text)


def _is_bed(rows: Rows) -> bool:
    return _most(rows, lambda row: all(map(is_whole_number, row[1:3])) and row[5] in _STRANDS)


def _more(file: DelimitedFile, columns: int) -> str:
    more = file.columns - columns
    return f" with {more} more column{'s' if more > 1 else ''}" if more else ""
