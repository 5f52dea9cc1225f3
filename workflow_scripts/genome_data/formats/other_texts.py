"""Texts that are no tables of intervals, recognised by how their lines begin, and which lines of a table hold data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from workflow_support.errors import InputError

from .cells import is_whole_number

_OTHER_TEXTS = {
    "##fileformat=VCF": ("a VCF file of variants", "give the peaks or regions; variants go under `variants:`"),
    ">": ("a FASTA file", "give the peaks or regions; sequences to score go under `sequences:` of `predict:`"),
    "@HD\t": ("a SAM file of reads", "give the peaks that a peak caller, such as MACS, found in the reads"),
    "@SQ\t": ("a SAM file of reads", "give the peaks that a peak caller, such as MACS, found in the reads"),
    "fixedStep": ("a wiggle track", "give the peaks; a track of values goes under `signal:`, as bigWig"),
    "variableStep": ("a wiggle track", "give the peaks; a track of values goes under `signal:`, as bigWig"),
}


def is_data(line: str) -> bool:
    """Test whether a line is neither blank nor a comment, ``track`` or ``browser`` line."""
    if not line or line[0] == "#":
        return False
    return not (line.startswith(("track", "browser")) and line.split(None, 1)[0] in ("track", "browser")) and (
        not line.isspace()
    )


def refuse_other_texts(path: Path, lines: Sequence[str]) -> None:
    """Raise an `InputError` if the lines are those of VCF, FASTA, SAM, wiggle or an interval list."""
    begins = (next((row for row, line in enumerate(lines) if holds(line)), None) for holds in (str.strip, is_data))
    found = (
        (row, start) for row in begins if row is not None for start in _OTHER_TEXTS if lines[row].startswith(start)
    )
    row, start = next(found, (None, None))
    if row is not None:
        what, fix = _OTHER_TEXTS[start]
        after = next((line.split("\t") for line in lines if is_data(line) and not line.startswith("@")), [])
        if start[0] == "@" and len(after) == 5 and all(map(is_whole_number, after[1:3])):
            what, fix = "an interval list of Picard, which counts from 1", "convert it with: IntervalListToBed"
        raise InputError(
            "the file is no table of intervals",
            file=path,
            line=row + 1,
            found=what,
            allowed="BED, narrowPeak or another table of peaks or regions (docs/inputs.md)",
            fix=fix,
        )
