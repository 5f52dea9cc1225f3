"""Small genomes as the workflow normalises them, for the tests of inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from normalise_genome import normalise_genome
from sequence_formats import fasta_text

LENGTH, WIDTH = 4000, 100
"""Bases of a contig that holds peaks, and of a window."""
PLACES = (400, 900, 1500, 2400, 2900, 3500)
"""Middles of the peaks of a contig: three in either half."""


def peaks_on(*contigs: str, places: Sequence[int] = PLACES) -> list[str]:
    """The lines of a BED with a peak at each place of each contig."""
    return [f"{contig}\t{place - 50}\t{place + 50}" for contig in contigs for place in places]


def _random_letters(length: int, seed: int) -> str:
    return "".join(np.random.default_rng(seed).choice(list("ACGT"), length))


def write_genome(folder: Path, lengths: Mapping[str, int], contig_names: Mapping[str, str] | None = None) -> Path:
    """Normalise a genome of random bases, whose contigs have these lengths, and return its FASTA."""
    folder.mkdir(parents=True, exist_ok=True)
    letters = {name: _random_letters(length, seed) for seed, (name, length) in enumerate(lengths.items())}
    (folder / "source.fa").write_text(fasta_text(letters), encoding="utf-8")
    fasta = folder / "genome.fa"
    tables = (folder / name for name in ("genome.fa.fai", "contigs.tsv", "chrom.sizes"))
    normalise_genome(folder / "source.fa", fasta, *tables, contig_names)
    return fasta
