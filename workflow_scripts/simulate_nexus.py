"""Simulate ChIP-nexus reads of one transcription factor on a simulated genome: reads, a control, and true rates."""

from pathlib import Path

import numpy as np
import pandas as pd

from genome_data.alphabet import ASCII_TO_CODE
from genome_data.formats.sequence_files import read_sequence
from simulation.nexus import NexusSettings, add_footprints, background_rates, expected_reads, footprints
from simulation.reads import draw_reads, write_bam
from simulation.signal import write_rates
from workflow_support.files import atomic_paths
from workflow_support.job import logger, run_job


def simulate_nexus(
    sites: Path,
    fasta: Path,
    settings: dict,
    seed: int,
    reads: Path,
    control: Path,
    truth_plus: Path,
    truth_minus: Path,
) -> None:
    """Write the reads of a ChIP-nexus experiment whose sites are known.

    Parameters
    ----------
    sites
        Planted sites and decoys, as ``simulate_experiment`` writes them; only sites get reads.
    fasta
        The simulated genome.
    settings
        ``simulation.tfs.<name>.nexus`` of the configuration.
    seed
        The seed of all draws.
    reads, control
        Outputs: coordinate-sorted BAM files of single-end reads; the control has the same background and no sites.
    truth_plus, truth_minus
        Outputs: bigWigs of the expected 5' ends at each base of each strand, without duplicates and reads of low
        mapping quality. No prediction from the sequence and the background can be better.
    """
    knobs, rng = NexusSettings(**settings), np.random.default_rng(seed)
    contigs = _read_codes(fasta)
    table = pd.read_csv(sites, sep="\t", dtype={"contig": str})
    bound = table[table["kind"] == "site"].reset_index(drop=True)

    background = background_rates(contigs, knobs, rng)
    first, probabilities = footprints(contigs, bound, knobs)
    expected = expected_reads(bound["log_odds"].to_numpy(), knobs.reads_per_site)
    # A Poisson number with a gamma-distributed mean is negative binomial.
    overdispersed = expected * rng.gamma(1 / knobs.dispersion, knobs.dispersion, size=len(expected))
    truth, drawn = (
        add_footprints(background, bound, first, probabilities, number) for number in (expected, overdispersed)
    )

    with atomic_paths(reads, control, truth_plus, truth_minus) as [reads_file, control_file, *truth_files]:
        for file, rates in ((reads_file, drawn), (control_file, background)):
            run = draw_reads(rates, knobs, rng)
            write_bam(file, contigs, run, rng)
            logger.info("%s reads, among them duplicates, ambiguous and unmapped ones", f"{len(run):,}")
        for strand, file in enumerate(truth_files):
            write_rates(file, {contig: strands[strand] for contig, strands in truth.items()})
    logger.info("%d sites have %.0f reads each on average: %s", len(bound), expected.mean(), reads)


def _read_codes(fasta: Path) -> dict[str, np.ndarray]:
    letters: dict[str, bytes] = {}
    for block in read_sequence(fasta):
        letters[block.contig] = letters.get(block.contig, b"") + block.letters
    return {contig: ASCII_TO_CODE[np.frombuffer(text, dtype=np.uint8)] for contig, text in letters.items()}


if "snakemake" in globals():
    run_job(snakemake, simulate_nexus)
