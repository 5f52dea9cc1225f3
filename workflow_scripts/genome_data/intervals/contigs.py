"""Contigs of a file compared with those of the genome: the rows that lie on it, and whether the lengths agree."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from workflow_support.errors import InputError
from workflow_support.job import logger

from .contig_names import ContigSizes, advice, describe_mismatch, listed, naming_style, suggested_names

_MANY = 0.1
"""Share of the rows of a file on no contig of the genome from which on the log warns of them."""
_MOST = 0.5
"""Share of the rows or bases of a file that must disagree with the genome for the file to be of another build."""


class Placement(NamedTuple):
    """Intervals with the names of the genome, and which of them lie on it.

    Attributes
    ----------
    intervals : pandas.DataFrame
        The intervals in their order, with ``contig`` as the genome calls it.
    is_known : numpy.ndarray
        Whether the genome has the contig: bool (intervals,).
    is_past_end : numpy.ndarray
        Whether the interval ends past the end of its contig: bool (intervals,).
    """

    intervals: pd.DataFrame
    is_known: np.ndarray
    is_past_end: np.ndarray

    @property
    def is_inside(self) -> np.ndarray:
        """The intervals that lie on the genome whole: bool (intervals,)."""
        return self.is_known & ~self.is_past_end


def place(
    intervals: pd.DataFrame, sizes: Mapping[str, int], file: str | Path, what: str, *, is_mask: bool = False
) -> Placement:
    """Compare the intervals of a file with the contigs of a genome; the log counts those that do not lie on it.

    Parameters
    ----------
    intervals
        ``contig, start, end, line`` and further columns.
    sizes
        Length of every contig of the genome; see `genome_data.intervals.contig_names.ContigSizes`.
    file, what
        The file, and what its rows are, for messages.
    is_mask
        Whether the intervals are to be avoided, so that those past the end of a contig do no harm. All of them may then
        lie on other contigs, if these are named in the style of the genome: a blacklist of a whole assembly may have
        nothing on a genome of a few of its contigs.

    Raises
    ------
    InputError
        If no interval lies on a contig of the genome, or if most of those that do end past its end (another build).
    """
    known = ContigSizes.of(sizes)
    intervals = with_genome_names(intervals, known, file)
    lengths = intervals["contig"].map(known).to_numpy(dtype=float)
    is_known = ~np.isnan(lengths)
    names = list(dict.fromkeys(intervals["contig"][~is_known]))
    if not is_known.any() and not (
        is_mask and naming_style(names) == naming_style(list(known)) and not suggested_names(names, list(known))
    ):
        raise InputError("no contig of the file is in the genome", file=file, **describe_mismatch(names, list(known)))
    report_unknown_contigs(intervals["contig"].to_numpy()[~is_known], len(intervals), known, file, what)
    is_past_end = is_known & (intervals["end"].to_numpy() > np.where(is_known, lengths, 0))
    if is_past_end.any():
        outcome = "are cut there" if is_mask else "are left out"
        _report_past_end(intervals, is_known, is_past_end, known, file, f"{what} do so and {outcome}")
    return Placement(intervals, is_known, is_past_end)


def with_genome_names(intervals: pd.DataFrame, sizes: Mapping[str, int], file: str | Path) -> pd.DataFrame:
    """Intervals whose contigs have the names of the genome wherever the file uses other names of them."""
    known = ContigSizes.of(sizes)
    used = [name for name in dict.fromkeys(intervals["contig"]) if name in known.other_names]
    if not used:
        return intervals
    _report_names({name: known.contig(name) for name in used}, file)
    return intervals.assign(contig=intervals["contig"].map(known.contig))


def report_unknown_contigs(
    unknown: np.ndarray, rows: int, sizes: Mapping[str, int], file: str | Path, what: str
) -> None:
    """Report the rows of a file on no contig of the genome: a warning if they are many or have names in another style.

    Parameters
    ----------
    unknown
        Contig of each such row.
    rows
        Number of all rows of the file.
    sizes, file, what
        See :func:`place`.
    """
    if not len(unknown):
        return
    names, genome = list(dict.fromkeys(unknown)), list(sizes)
    mend = advice(names, genome)
    message = (
        f"{file}: {len(unknown):,} of {rows:,} {what} lie on no contig of the genome: {listed(names)}, in the style "
        f"{naming_style(names)}; the genome has {listed(genome)}, in the style {naming_style(genome)}"
    )
    if mend:
        message += f"; {mend}"
    if mend or len(unknown) >= _MANY * rows:
        logger.warning("%s", message)
    else:
        logger.info("%s", message)


def shared_contigs(lengths: Mapping[str, int], sizes: Mapping[str, int], file: str | Path, kind: str) -> dict[str, str]:
    """The name in a file of each contig that the file and the genome share, in genome order.

    Contigs of another length than in the genome are left out, with a warning.

    Parameters
    ----------
    lengths
        Length of every contig of the file.
    sizes
        Length of every contig of the genome; see `genome_data.intervals.contig_names.ContigSizes`.
    file, kind
        The file and its format, named by errors.

    Raises
    ------
    InputError
        If the file belongs to another genome: no contig is shared, or most of the bases that are shared lie on contigs
        of another length.
    """
    known = ContigSizes.of(sizes)
    names = {known.contig(name): name for name in lengths if name in known.other_names}
    names |= {name: name for name in lengths if name in known}
    if renamed := {name: contig for contig, name in names.items() if name != contig}:
        _report_names(renamed, file)
    shared = [contig for contig in known if contig in names]
    unknown = [name for name in lengths if known.contig(name) not in known]
    if not shared:
        raise InputError(
            f"no contig of the {kind} is in the genome", file=file, **describe_mismatch(list(lengths), list(known))
        )
    if suggested_names(unknown, [contig for contig in known if contig not in names]):
        report_unknown_contigs(np.array(unknown, dtype=object), len(lengths), known, file, f"contigs of the {kind}")
    wrong = [contig for contig in shared if lengths[names[contig]] != known[contig]]
    if wrong:
        contig = wrong[0]
        found = f"{contig} of {lengths[names[contig]]:,} bases; {len(wrong):,} such contigs in total"
        if sum(known[each] for each in wrong) > _MOST * sum(known[each] for each in shared):
            raise InputError(
                f"contigs differ in length, so the {kind} belongs to another genome build",
                file=file,
                found=found,
                allowed=f"{contig} of {known[contig]:,} bases, as in this genome",
                fix=f"use the {kind} for the build of this genome, or make it again from reads mapped to this genome",
            )
        logger.warning("%s: left out %s, for the genome has %s of %s bases", file, found, contig, f"{known[contig]:,}")
    return {contig: names[contig] for contig in shared if contig not in wrong}


def in_genome_order(intervals: pd.DataFrame, sizes: Mapping[str, int]) -> pd.DataFrame:
    """Sort by contig (in the order of the genome), start and end; equal rows keep their order."""
    rank = pd.Index(list(sizes)).get_indexer(intervals["contig"])
    order = np.lexsort((intervals["end"], intervals["start"], rank))
    return intervals.iloc[order].reset_index(drop=True)


def _report_names(names: Mapping[str, str], file: str | Path) -> None:
    first = ", ".join(f"{listed([name])} as {contig}" for name, contig in list(names.items())[:5])
    logger.info("%s: %d contigs are read by other names: %s", file, len(names), first)


def _report_past_end(
    intervals: pd.DataFrame,
    is_known: np.ndarray,
    is_past_end: np.ndarray,
    sizes: Mapping[str, int],
    file: str | Path,
    outcome: str,
) -> None:
    """Refuse a file most of whose rows end past their contig, and warn of single ones."""
    first = intervals.iloc[int(np.argmax(is_past_end))]
    past, known, length = np.count_nonzero(is_past_end), np.count_nonzero(is_known), sizes[first["contig"]]
    place_of_first = f"{first['contig']}:{first['start']}-{first['end']}"
    if past > _MOST * known:
        raise InputError(
            "most intervals end past their contig, so the file belongs to another genome build",
            file=file,
            line=int(first["line"]),
            found=f"{place_of_first}; {past:,} such in total, of {known:,} on contigs of the genome",
            allowed=f"0 to {length}, the length of {first['contig']} in this genome",
            fix="use the genome build of the file, or lift the file over to this one",
        )
    logger.warning(
        "%s, line %d: %s ends past %s, which has %s bases; %s of %s %s. Peak callers that extend "
        "reads go past ends; if many do, check the genome build of the file",
        file,
        first["line"],
        place_of_first,
        first["contig"],
        f"{length:,}",
        f"{past:,}",
        f"{known:,}",
        outcome,
    )
