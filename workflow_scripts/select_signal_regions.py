"""Select the positive windows on contigs that a bigWig has values on, and write them as BED."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from genome_data.formats.tracks import contigs_of_track, open_track, values_in_windows
from genome_data.genome import Genome
from genome_data.windows.table import read_windows
from workflow_support.errors import InputError
from workflow_support.files import atomic_path
from workflow_support.job import logger, run_job


def select_signal_regions(positives: Path, signal: Path, fasta: Path, regions: Path) -> None:
    """Write the windows on contigs of the bigWig, in the order of their table.

    Parameters
    ----------
    positives
        Window table.
    signal
        bigWig on the genome.
    fasta
        Normalised genome.
    regions
        BED to write: contig as the bigWig calls it, start, end and name.

    Raises
    ------
    InputError
        If the bigWig has no value other than 0 on any window, of which no figure could be drawn.
    """
    windows = read_windows(positives)
    sizes = Genome(fasta).sizes
    measured = contigs_of_track(signal, sizes)
    is_measured = windows["contig"].isin(list(measured))
    if not is_measured.any():
        raise InputError(
            "the bigWig has no contig with a positive window",
            file=signal,
            found=", ".join(measured),
            allowed="at least one of " + ", ".join(windows["contig"].unique()),
            fix="use a bigWig of the contigs that the peaks lie on, or leave out `signal:`",
        )
    if not is_measured.all():
        logger.info("%s: left out %d windows on contigs that the bigWig lacks", signal, int((~is_measured).sum()))
    selected = windows[is_measured]
    _require_value(signal, selected, measured, sizes)
    # The programs that read the regions look them up in the bigWig.
    selected = selected.assign(contig=selected["contig"].map(measured))
    with atomic_path(regions) as new_regions:
        selected.to_csv(new_regions, sep="\t", columns=["contig", "start", "end", "name"], header=False, index=False)


def _require_value(signal: Path, windows: pd.DataFrame, names: Mapping[str, str], sizes: Mapping[str, int]) -> None:
    has_value = False
    # All windows are read, so that a bigWig that is damaged inside is found here and not by the programs that draw it.
    with open_track(signal) as bigwig:
        for contig, start, end in windows[["contig", "start", "end"]].itertuples(index=False):
            values = values_in_windows(bigwig, names, sizes, [contig], np.array([start]), end - start)
            has_value |= bool(values.any())
    if has_value:
        return
    raise InputError(
        "the bigWig has no value on any positive window",
        file=signal,
        found=f"nothing but 0 or no value on {len(windows):,} windows, the first at "
        f"{windows['contig'].iloc[0]}:{windows['start'].iloc[0] + 1:,}-{windows['end'].iloc[0]:,}",
        allowed="a signal of the experiment of the peaks, with values where they lie",
        fix="use the bigWig of this experiment and genome build, or leave out `signal:`",
    )


if "snakemake" in globals():
    run_job(snakemake, select_signal_regions)
