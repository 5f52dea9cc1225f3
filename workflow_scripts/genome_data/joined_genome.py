"""Several genomes read as one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from workflow_support.errors import InputError

from .genome import Genome


class JoinedGenome(Genome):
    """The contigs of several normalised genomes, such as pieces of one that lie in several files.

    Raises
    ------
    InputError
        If a contig is in two of them.
    """

    def __init__(self, fastas: Sequence[Path]) -> None:
        self.sizes = {}
        self._genome_of: dict[str, Genome] = {}
        for fasta in fastas:
            genome = Genome(fasta)
            if twice := self.sizes.keys() & genome.sizes.keys():
                raise InputError(
                    "a contig is in two of the genomes",
                    file=fasta,
                    found=min(twice),
                    allowed="genomes without a contig in common",
                    mend="name one of the genomes alone",
                )
            self.sizes |= genome.sizes
            self._genome_of |= dict.fromkeys(genome.sizes, genome)

    def bases(self, contig: str) -> np.ndarray:
        """ASCII letters of a contig: uint8 (length,), a view of the memory map of its genome."""
        return self._genome_of[contig].bases(contig)
