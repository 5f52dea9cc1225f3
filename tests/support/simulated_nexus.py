"""A small simulated ChIP-nexus experiment, and readers of what the simulator wrote."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyBigWig
import pysam
from simulate_experiment import simulate_experiment
from simulate_nexus import simulate_nexus

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "resources/schemas/simulation.schema.json").read_text())
NEXUS = SCHEMA["properties"]["tfs"]["additionalProperties"]["properties"]["nexus"]
DEFAULTS = {key: value["default"] for key, value in NEXUS["properties"].items()}
SIMULATION = {
    "contigs": {"chrA": 300_000, "chrB": 200_030},
    "gc_range": [0.36, 0.54],
    "gc_block": 20_000,
    "tfs": {"SPI1": {"motif": str(ROOT / "resources/motifs/MA0080.5.SPI1.jaspar"), "sites": 200}},
    "strength_range": [0.7, 1.2],
    "decoys_per_site": 1,
    "false_peak_fraction": 0.1,
    "signal_noise": 0.4,
    "summit_jitter": 20,
}
UNTIDY = pysam.FDUP | pysam.FUNMAP
FLANK = 50


class SimulatedReads:
    """One run of the simulator, and readers of what it wrote."""

    def __init__(self, genome: Path, folder: Path, seed: int, **changes: object) -> None:
        folder.mkdir(exist_ok=True)
        self.bams = {kind: folder / f"{kind}.bam" for kind in ("reads", "control")}
        self.tracks = [folder / f"truth.{strand}.bw" for strand in ("plus", "minus")]
        self.table = pd.read_csv(genome / "SPI1.sites.tsv", sep="\t")
        simulate_nexus(
            sites=genome / "SPI1.sites.tsv",
            fasta=genome / "genome.fa",
            settings=DEFAULTS | changes,
            seed=seed,
            reads=self.bams["reads"],
            control=self.bams["control"],
            truth_plus=self.tracks[0],
            truth_minus=self.tracks[1],
        )

    def alignments(self, kind: str) -> list[pysam.AlignedSegment]:
        with pysam.AlignmentFile(str(self.bams[kind])) as bam:
            return list(bam)

    def ends(self, kind: str) -> dict[str, np.ndarray]:
        """5' ends of good reads by contig, shape (2, length)."""
        ends = {contig: np.zeros((2, length)) for contig, length in SIMULATION["contigs"].items()}
        for read in self.alignments(kind):
            if not read.flag & UNTIDY and read.mapping_quality >= 10:
                end = read.reference_end - 1 if read.is_reverse else read.reference_start
                ends[read.reference_name][int(read.is_reverse), end] += 1
        return ends

    def truth(self) -> dict[str, np.ndarray]:
        """Expected 5' ends by contig, shape (2, length)."""
        rates = []
        for track in self.tracks:
            with pyBigWig.open(str(track)) as bigwig:
                assert bigwig.chroms() == SIMULATION["contigs"]
                rates.append({name: bigwig.values(name, 0, n, numpy=True) for name, n in bigwig.chroms().items()})
        return {contig: np.stack([strand[contig] for strand in rates]) for contig in SIMULATION["contigs"]}

    def around(self, values: dict[str, np.ndarray], kind: str, strand: str) -> np.ndarray:
        """``values`` round sites or decoys on one strand, shape (sites, 2, 2 * FLANK + 1)."""
        chosen = self.table[(self.table["kind"] == kind) & (self.table["strand"] == strand)]
        rows = []
        for site in chosen.itertuples():
            half = (site.end - site.start) // 2
            centre = site.start + half if strand == "+" else site.end - 1 - half
            rows.append(values[site.contig][:, centre - FLANK : centre + FLANK + 1])
        return np.array(rows)


def simulate_genome(folder: Path) -> Path:
    """Write genome and sites of the experiment ``SIMULATION`` into ``folder``."""
    simulate_experiment(
        motifs=[Path(SIMULATION["tfs"]["SPI1"]["motif"])],
        simulation=SIMULATION,
        seed=3,
        fasta=folder / "genome.fa",
        peaks=[folder / "SPI1.narrowPeak"],
        sites=[folder / "SPI1.sites.tsv"],
        signal=[folder / "SPI1.bw"],
    )
    return folder
