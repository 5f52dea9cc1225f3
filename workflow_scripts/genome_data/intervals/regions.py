"""Regions of a genome as people write them: ``chr21`` or ``chr21:30,000,000-48,129,895``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from workflow_support.errors import InputError

from .contigs import describe_mismatch

_ALLOWED = "a contig (chr21), or a region of it, 1-based with both ends included (chr21:30,000,000-48,129,895)"
_RANGE = re.compile(r"([0-9][0-9,]*)-([0-9][0-9,]*)")


class Region(NamedTuple):
    """A stretch of a contig, 0-based and half open."""

    contig: str
    start: int
    end: int


def parse_region(text: str, sizes: Mapping[str, int]) -> Region:
    """Read a region written as samtools and genome browsers write it.

    Parameters
    ----------
    text
        A contig, or ``contig:first-last`` (1-based, both included; commas are allowed in numbers).
    sizes
        Length of every contig of the genome.

    Raises
    ------
    InputError
        If the contig is not in the genome, or the range is malformed, backwards or past the contig's end.
    """
    text = str(text).strip()
    # Contig names may hold colons themselves (HLA-A*01:01:01:01), so the whole text is tried first.
    if text in sizes:
        return Region(text, 0, sizes[text])
    contig, colon, positions = text.rpartition(":")
    if not colon or (contig not in sizes and not _RANGE.fullmatch(positions)):
        contig, positions = text, ""
    if contig not in sizes:
        raise InputError("a region lies on a contig that the genome lacks", **describe_mismatch([contig], list(sizes)))
    match = _RANGE.fullmatch(positions)
    if not match:
        raise InputError(
            "a region cannot be read",
            found=text,
            allowed=_ALLOWED,
            mend="write the range as first-last in whole numbers",
        )
    first, last = (int(number.replace(",", "")) for number in match.groups())
    if not 1 <= first <= last:
        raise InputError(
            "a region is empty or starts before the first base",
            found=text,
            allowed=_ALLOWED,
            mend="write the smaller position first; the first base of a contig is 1",
        )
    if last > sizes[contig]:
        raise InputError(
            "a region ends past its contig",
            found=text,
            allowed=f"positions 1 to {sizes[contig]:,} on {contig}",
            mend="end the region at the contig's length, or name the genome build that it was written for",
        )
    return Region(contig, first - 1, last)
