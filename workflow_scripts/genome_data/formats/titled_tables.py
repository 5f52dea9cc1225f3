"""Recognition of tables of intervals by the titles of their columns: tables of R, MACS, HOMER, UCSC and others."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from .cells import is_number_or_dot, is_whole_number
from .delimited import END_TITLES, START_TITLES, DelimitedFile
from .interval_format import Centre, IntervalFormat, Midpoint, Offset, Position

_CONTIGS = {
    "chrom", "chr", "chromosome", "seqnames", "seqname", "seqid", "contig", "space", "scaffold", "chromosome_name",
    "chrom_name", "chr_name", "genoname", "rname",
}  # fmt: skip
_LIKE_A_CONTIG = re.compile(
    r"(chr|scaffold|contig|ctg|linkage_?group|lg\d|plasmid)[\w.|-]*|N[CTWZ]_\d+(\.\d+)?|[A-Z]{1,6}\d{5,}\.\d+", re.I
)
"""Names that genomes give to contigs, and samples, genes or peaks hardly ever have."""
_SHARE_LIKE_CONTIGS = 0.9
_WIDTHS = {"width", "length"}
_LABELS = {"name", "id", "peak_id", "peak_name", "geneid"}
_STRENGTHS = (
    "signalvalue", "fold_enrichment", "findpeaks score", "peak score", "normalized tag count", "score",
    "foldenrichment",
)  # fmt: skip
"""Titles of columns whose numbers are larger for stronger peaks; the first of them in a table is its strength."""
_STRENGTHS_IN_PLACE = {"fold", "signal", "value", "total signal", "total_signal"}
"""Titles that say so only in a column that holds the signal of the format: elsewhere a fold may be below zero."""
_SCORE_OF_BED = 5
_SUMMITS = ("abs_summit", "summit", "peak", "pointsource", "point_source")
_OF_MACS = {"abs_summit", "-log10(pvalue)", "-log10(qvalue)", "-10*log10(pvalue)"}
_OF_MACS_1_4 = "-10*log10(pvalue)"
_FROM_ZERO = {"chromstart", "chrom_start", "genostart", "txstart"}
_OF_BIOMART = "start_position"


def by_titles(file: DelimitedFile, rows: Sequence[Sequence[str]]) -> IntervalFormat | None:
    """The format of a table whose header says more than the order of BED; None if it says no more, or is missing.

    Raises
    ------
    InputError
        If neither the titles nor a column of widths say whether positions count from 0 or from 1.
    """
    titles = file.titles
    start, end = _column(titles, START_TITLES), _column(titles, END_TITLES)
    if start is None or end is None:
        return None
    contig, remark = _contig_column(file, rows, start)
    width = _column(titles, _WIDTHS)
    name = _name(titles)
    if not remark and name is None and width is None and not file.has_commas and (contig, start, end) == (1, 2, 3):
        return None
    first_base = _first_base(file, name, (contig, start, end), width)
    label = _column(titles, _LABELS) or next(
        (n for n, title in enumerate(titles, 1) if title.startswith("peakid")), None
    )
    return IntervalFormat(
        name or "table with a header",
        contig,
        start,
        end,
        first_base,
        label,
        strength=_strength(titles),
        titles=tuple(titles),
        centre=_centre(titles, rows, start - 1, end - 1, first_base) or Midpoint(),
        remark=remark,
    )


def with_titles(found: IntervalFormat, titles: Sequence[str], rows: Sequence[Sequence[str]]) -> IntervalFormat:
    """The format ``found`` by the content of a table in the order of BED, with the columns that its titles name.

    Order alone says what a column holds only where there are no titles. A p value, a rank or anything unknown in the
    place of the score is no strength.
    """
    label = _column(titles, _LABELS)
    if label is None and found.label is not None:
        cells = [row[found.label - 1] for row in rows]
        is_name = titles[found.label - 1] not in {"strand", *_STRENGTHS, *_SUMMITS}
        label = found.label if is_name and not all(map(is_number_or_dot, cells)) else None
    is_in_place = found.strength not in (None, _SCORE_OF_BED) and titles[found.strength - 1] in _STRENGTHS_IN_PLACE
    titled = replace(
        found,
        label=label,
        strength=found.strength if is_in_place else _strength(titles),
        titles=tuple(titles),
        centre=_centre(titles, rows, found.start - 1, found.end - 1, found.first_base) or found.centre,
    )
    is_as_found = (titled.label, titled.strength, titled.centre) == (found.label, found.strength, found.centre)
    return titled if is_as_found else replace(titled, name="table with a header")


def first_base_by_width(file: DelimitedFile, start: int, end: int, width: int) -> int:
    """The number of the first base of a contig, 0 or 1, by a column of widths: they are end − start + 1 if it is 1.

    Raises
    ------
    InputError
        If the widths are of neither kind, or of different kinds; the first such row is named.
    """
    starts, ends = file.whole_numbers(start, "start"), file.whole_numbers(end, "end")
    excess = file.whole_numbers(width, "width") - (ends - starts)
    first_base = int(excess[0])
    bad = (excess != first_base) if first_base in (0, 1) else np.ones(len(excess), dtype=bool)
    if bad.any():
        row = int(np.argmax(bad))
        raise file.error(
            row,
            "the widths do not say whether positions count from 0 or from 1",
            found=f"start {starts[row]}, end {ends[row]}, width {excess[row] + ends[row] - starts[row]}",
            allowed="width = end - start in every row (counted from 0), or end - start + 1 in every row (from 1)",
            fix="give the peaks as BED or narrowPeak, or correct the widths",
        )
    return first_base


def _contig_column(file: DelimitedFile, rows: Sequence[Sequence[str]], start: int) -> tuple[int, str]:
    """The column of contigs, by its title or as the one before the starts, and what was decided in the latter case.

    Raises
    ------
    InputError
        If no title names the contigs, and the names before the starts are not like those of contigs: they could as well
        be those of peaks, genes or samples.
    """
    named = _column(file.titles, _CONTIGS)
    if named is not None:
        return named, ""
    contig = max(start - 1, 1)
    title = file.titles[contig - 1]
    if (
        np.mean([_LIKE_A_CONTIG.fullmatch(row[contig - 1].strip(" ")) is not None for row in rows])
        < _SHARE_LIKE_CONTIGS
    ):
        raise file.error(
            0,
            "no title of the header names the contigs",
            found=f"a header with {', '.join(each for each in file.titles if each)}, and {rows[0][contig - 1]!r} under "
            f"{title!r}",
            allowed=f"one of the titles {', '.join(sorted(_CONTIGS))}",
            fix="rename the column of contigs to chrom, or remove the header if the first columns are those of BED",
        )
    return contig, f"contigs from column {contig}, by their names, for its title {title!r} is not known"


def _name(titles: Collection[str]) -> str | None:
    if _OF_MACS & set(titles):
        return "MACS table"
    if "signalvalue" in titles:
        return "narrowPeak with a header" if "peak" in titles else "broadPeak with a header"
    if "seqnames" in titles or "space" in titles:
        return "table of R (GRanges)"
    if any(title.startswith("peakid") for title in titles):
        return "HOMER peaks"
    if _OF_BIOMART in titles:
        return "table of Ensembl BioMart"
    return "SAF" if "geneid" in titles else None


def _first_base(file: DelimitedFile, name: str | None, place: tuple[int, int, int], width: int | None) -> int:
    _, start, end = place
    if width is not None:
        return first_base_by_width(file, start, end, width)
    if name in ("table of R (GRanges)", "HOMER peaks", "SAF", "table of Ensembl BioMart"):
        return 1
    is_of_ucsc = file.titles[start - 1] in _FROM_ZERO
    if is_of_ucsc or (place == (1, 2, 3) and name != "MACS table" and not file.has_commas):
        return 0
    raise file.error(
        0,
        "the table does not say whether positions count from 0 or from 1",
        found=f"a header with {', '.join(title for title in file.titles if title)}",
        allowed="a column `width` or `length`, or titles of a known format (docs/inputs.md)",
        fix="give the peaks as BED or narrowPeak; MACS writes these beside its .xls",
    )


def _strength(titles: Sequence[str]) -> int | None:
    return next((titles.index(title) + 1 for title in _STRENGTHS if title in titles), None)


def _centre(
    titles: Sequence[str], rows: Sequence[Sequence[str]], start: int, end: int, first_base: int
) -> Centre | None:
    """The centre by the title of a column of summits, whose numbers most rows must have."""
    for title in _SUMMITS:
        if title not in titles:
            continue
        column = titles.index(title)
        filled = [row for row in rows if all(is_whole_number(row[each], -1) for each in (start, column, end))]
        if 2 * len(filled) < len(rows):
            continue
        is_within = all(int(row[start]) <= int(row[column]) <= int(row[end]) for row in filled)
        is_offset = all(int(row[column]) <= int(row[end]) - int(row[start]) for row in filled)
        # MACS 1.4 gives the distance from the start under the title `summit`. Under the other titles, where numbers can
        # be both because the peaks lie at the start of a contig, they are what narrowPeak has there: distances.
        is_position = title == "abs_summit" or (
            is_within and (_OF_MACS_1_4 not in titles if title == "summit" else not is_offset)
        )
        return Position(column + 1, first_base) if is_position else Offset(column + 1)
    return None


def _column(titles: Sequence[str], wanted: Collection[str]) -> int | None:
    return next((number for number, title in enumerate(titles, 1) if title in wanted), None)
