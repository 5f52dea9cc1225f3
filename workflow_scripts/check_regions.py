"""Check that the regions of splits and predictions lie on their genomes, before any later step uses them."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from genome_data.folds import given_regions
from genome_data.genome import Genome
from genome_data.intervals.splits import parse_region, split_regions
from genome_data.intervals.tiles import regions_on_genome, whole_contigs
from workflow_support.files import atomic_path
from workflow_support.job import run_job
from workflow_support.origins import KeyPath, Origins, dotted


def check_regions(
    genomes: Sequence[str],
    fasta: Sequence[Path],
    splits: Iterable[tuple[KeyPath, str, Mapping[str, Any]]],
    contigs: Iterable[tuple[KeyPath, str, Sequence[str]]],
    regions: Sequence[tuple[KeyPath, str]],
    beds: Sequence[Path],
    checked: Path,
    origins: Origins | None = None,
) -> None:
    """Write the number of bases of each split, and of each prediction on contigs or regions.

    Parameters
    ----------
    genomes, fasta
        Name and normalised FASTA of every genome.
    splits
        Key in the configuration, genome and splits; see `genome_data.intervals.splits.split_regions`.
    contigs
        Key in the configuration, genome and names of the contigs that a prediction scores.
    regions, beds
        Key in the configuration and genome of each prediction on regions, and the BED file of these regions.
    checked
        Table to write: ``key, bases``.
    origins
        Files and lines of the keys, for error messages. None: those of the run that this job belongs to.

    Raises
    ------
    InputError
        If a region cannot be read or does not lie on its genome, or if splits overlap or are empty.
    """
    origins = origins or Origins.of_this_run()
    sizes = {name: Genome(file).sizes for name, file in zip(genomes, fasta, strict=True)}
    rows = []
    for key, genome, regions_by_split in splits:
        bases = _bases_by_split(key, regions_by_split, sizes[genome], origins)
        rows += [(dotted((*key, split)), count) for split, count in bases.items()]
    for key, genome, names in contigs:
        with origins.naming(key):
            rows.append((dotted(key), _bases(whole_contigs(names, sizes[genome]))))
    rows += [
        (dotted(key), _bases(regions_on_genome(bed, sizes[genome])))
        for (key, genome), bed in zip(regions, beds, strict=True)
    ]
    with atomic_path(checked) as path:
        pd.DataFrame(rows, columns=["key", "bases"]).to_csv(path, sep="\t", index=False)


def _bases_by_split(
    key: KeyPath, splits: Mapping[str, Any], sizes: Mapping[str, int], origins: Origins
) -> Mapping[str, int]:
    for place, region in given_regions(splits):
        with origins.naming((*key, *place)):
            parse_region(region, sizes)
    with origins.naming(key):
        table = split_regions(splits, sizes)
    return {str(split): _bases(rows) for split, rows in table.groupby("split", sort=False)}


def _bases(regions: pd.DataFrame) -> int:
    return int((regions["end"] - regions["start"]).sum())


if "snakemake" in globals():
    run_job(snakemake, check_regions)
