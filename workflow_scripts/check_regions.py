"""Check that splits, and what predictions score, exist in their genomes, before anything is made on these."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from genome_data.genome import Genome
from genome_data.intervals.regions import parse_region
from genome_data.intervals.splits import split_regions
from genome_data.intervals.tiles import regions_on_genome, whole_contigs
from workflow_support.configuration.origins import KeyPath, Origins, dotted
from workflow_support.files import atomic_path
from workflow_support.job import run_job


def check_regions(
    genomes: Mapping[str, Path],
    splits: Iterable[tuple[KeyPath, str, Mapping[str, Sequence[str]]]],
    contigs: Iterable[tuple[KeyPath, str, Sequence[str]]],
    regions: Iterable[tuple[KeyPath, str, Path]],
    origins: Origins,
    checked: Path,
) -> None:
    """Write how many bases each split has, and each prediction on contigs or regions.

    Parameters
    ----------
    genomes
        Normalised FASTA of every genome.
    splits
        Key in the configuration, genome and splits; see `genome_data.intervals.splits.split_regions`.
    contigs
        Key in the configuration, genome and names of the contigs that a prediction scores.
    regions
        Key in the configuration, genome and BED file of the regions that a prediction scores.
    origins
        Where the keys stand, for errors.
    checked
        Table to write: ``key, bases``.
    """
    sizes = {name: Genome(fasta).sizes for name, fasta in genomes.items()}
    rows = []
    for key, genome, regions_by_split in splits:
        bases = _bases_by_split(key, regions_by_split, sizes[genome], origins)
        rows += [(dotted((*key, split)), count) for split, count in bases.items()]
    for key, genome, names in contigs:
        with origins.naming(key):
            rows.append((dotted(key), _bases(whole_contigs(names, sizes[genome]))))
    rows += [(dotted(key), _bases(regions_on_genome(file, sizes[genome]))) for key, genome, file in regions]
    with atomic_path(checked) as path:
        pd.DataFrame(rows, columns=["key", "bases"]).to_csv(path, sep="\t", index=False)


def _bases_by_split(
    key: KeyPath, splits: Mapping[str, Sequence[str]], sizes: Mapping[str, int], origins: Origins
) -> Mapping[str, int]:
    for split, regions in splits.items():
        for index, region in enumerate(regions):
            with origins.naming((*key, split, index)):
                parse_region(region, sizes)
    with origins.naming(key):
        table = split_regions(splits, sizes)
    return {str(split): _bases(rows) for split, rows in table.groupby("split", sort=False)}


def _bases(stretches: pd.DataFrame) -> int:
    return int((stretches["end"] - stretches["start"]).sum())


if "snakemake" in globals():
    run_job(
        snakemake,
        check_regions,
        genomes=dict(zip(snakemake.params.genomes, map(Path, snakemake.input.fasta), strict=True)),
        splits=snakemake.params.splits,
        contigs=snakemake.params.contigs,
        regions=[
            (key, genome, Path(file))
            for (key, genome), file in zip(snakemake.params.regions, snakemake.input.regions, strict=True)
        ],
        origins=Origins.of_this_run(),
        checked=Path(snakemake.output[0]),
    )
