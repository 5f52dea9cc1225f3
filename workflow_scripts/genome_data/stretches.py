"""Named stretches of a genome that are to be scored: regions of a BED file, or whole contigs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_support.errors import InputError
from workflow_support.job import logger

from .bed import BedFile, bed_intervals, interval_names
from .contig_names import describe_mismatch
from .placement import on_genome
from .windows import in_genome_order

COLUMNS = ["contig", "start", "end", "name"]


def regions_on_genome(file: str | Path, sizes: Mapping[str, int]) -> pd.DataFrame:
    """Regions of a BED file on contigs of the genome, in genome order: ``contig, start, end, name``.

    The name is column 4, and ``contig:start-end`` as in the file where there is none. Regions on other contigs are
    left out and counted in the log.

    Raises
    ------
    InputError
        If no region is on the genome, or if one ends past its contig.
    """
    bed = BedFile(file)
    regions = bed_intervals(bed)
    known = on_genome(regions, sizes, file)
    if not known.all():
        logger.info("%s: left out %d regions on contigs that the genome lacks.", file, np.count_nonzero(~known))
    places = [f"{contig}:{start}-{end}" for contig, start, end, _ in regions.itertuples(index=False)]
    named = regions.assign(name=interval_names(bed, otherwise=places))
    return in_genome_order(named.loc[known, COLUMNS], sizes)


def whole_contigs(contigs: Sequence[str] | None, sizes: Mapping[str, int]) -> pd.DataFrame:
    """The named contigs, or all where None, in genome order: ``contig, start, end, name``, the name being the contig's.

    Raises
    ------
    InputError
        If the genome lacks a contig.
    """
    absent = [name for name in contigs or [] if name not in sizes]
    if absent:
        raise InputError("the genome lacks a contig to be scored", **describe_mismatch(absent, list(sizes)))
    chosen = [name for name in sizes if contigs is None or name in contigs]
    return pd.DataFrame({"contig": chosen, "start": 0, "end": [sizes[name] for name in chosen], "name": chosen})
