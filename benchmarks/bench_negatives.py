"""Time and memory of negatives on a simulated genome, from plain FASTA to written BED, and two common ways beside it.

    python benchmarks/bench_negatives.py                                   # small
    python benchmarks/bench_negatives.py --megabases 3000 --peaks 1000000  # a human genome

Prints one row, tab-separated. Peers run on at most 100 Mb; their ratios are their time over that of the script.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
import pandas as pd
import pyfaidx

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow_scripts"))

from sample_negatives import sample_negatives

from genome_data.genome import Genome, normalise_fasta
from genome_data.intervals.contigs import in_genome_order
from genome_data.intervals.splits import assign_split, split_regions
from genome_data.windows.table import composition, read_windows, write_windows

CONTIGS = 24
GC_BLOCK = 100_000
LINE = 60
WIDTH, MARGIN, GC_BIN_WIDTH, SEED = 200, 1_000, 0.02, 1
SPLITS = {"validation": ["chr1"], "test": ["chr2"]}
PEER_MEGABASES = 100


def main() -> None:
    """Simulate, time each stage, print the row."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabases", type=float, default=48, help="size of the simulated genome")
    parser.add_argument("--peaks", type=int, default=16_000, help="number of peaks, 200 bp each")
    options = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name)
        generator = np.random.default_rng(SEED)
        write_genome(folder / "source.fa", int(options.megabases * 1e6) // CONTIGS, generator)
        row: dict[str, float] = {"megabases": options.megabases, "peaks": options.peaks}
        row["normalise_s"] = seconds(lambda: normalise(folder))
        write_peaks(folder / "peaks.bed", Genome(folder / "genome.fa").sizes, options.peaks, generator)
        row["positives_s"] = seconds(lambda: write_positives(folder))
        row["negatives_s"] = seconds(lambda: run_script(folder))
        row["total_s"] = row["normalise_s"] + row["positives_s"] + row["negatives_s"]
        row["peak_rss_gb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        counts = pd.read_csv(folder / "counts.tsv", sep="\t")
        row |= counts[["wanted", "found", "missing"]].sum().to_dict()
        row["gc_histogram_difference"] = histogram_difference(folder)
        if options.megabases <= PEER_MEGABASES:
            row["bedtools_shuffle_ratio"] = seconds(lambda: bedtools_shuffle(folder)) / row["negatives_s"]
            row["rejection_loop_ratio"] = seconds(lambda: rejection_loop(folder)) / row["negatives_s"]
    print("\t".join(row))
    print("\t".join(f"{value:.4g}" if isinstance(value, float) else str(value) for value in row.values()))


def seconds(work: Callable[[], None]) -> float:
    """Wall time of one call."""
    start = perf_counter()
    work()
    return perf_counter() - start


def write_genome(path: Path, contig_length: int, generator: np.random.Generator) -> None:
    """A plain FASTA whose GC content varies by block between 0.35 and 0.60."""
    blocks_a_contig = -(-contig_length // GC_BLOCK)
    with path.open("wb") as out:
        for contig in range(1, CONTIGS + 1):
            letters = [random_bases(generator.uniform(0.35, 0.60), generator) for _ in range(blocks_a_contig)]
            whole = np.concatenate(letters)[: contig_length // LINE * LINE].reshape(-1, LINE)
            out.write(b">chr%d\n" % contig)
            out.write(np.pad(whole, ((0, 0), (0, 1)), constant_values=ord("\n")).tobytes())


def random_bases(gc: float, generator: np.random.Generator) -> np.ndarray:
    """One block of ASCII letters."""
    quarters = np.round(np.cumsum([1 - gc, gc, gc]) * 128).astype(int)
    letter_of_byte = np.repeat(np.frombuffer(b"ACGT", np.uint8), np.diff([0, *quarters, 256]))
    return letter_of_byte[np.frombuffer(generator.bytes(GC_BLOCK), np.uint8)]


def write_peaks(path: Path, sizes: dict[str, int], peaks: int, generator: np.random.Generator) -> None:
    """Peaks anywhere, in genome order."""
    contigs = generator.choice(list(sizes), peaks)
    starts = generator.integers(0, min(sizes.values()) - WIDTH, peaks)
    table = in_genome_order(pd.DataFrame({"contig": contigs, "start": starts, "end": starts + WIDTH}), sizes)
    table.to_csv(path, sep="\t", header=False, index=False)


def normalise(folder: Path) -> None:
    """Plain FASTA to the genome of the workflow."""
    fasta = folder / "genome.fa"
    normalise_fasta(folder / "source.fa", fasta, f"{fasta}.fai", folder / "contigs.tsv", folder / "chrom.sizes")


def write_positives(folder: Path) -> None:
    """Every peak is a positive window."""
    # Opened here, since each job of the workflow maps the genome for itself: two maps would count twice.
    genome = Genome(folder / "genome.fa")
    windows = pd.read_csv(folder / "peaks.bed", sep="\t", names=["contig", "start", "end"], dtype={"contig": "str"})
    windows["name"], windows["label"] = "peak", 1
    windows["split"] = assign_split(windows, split_regions(SPLITS, genome.sizes))
    windows["gc"] = composition(genome, windows, WIDTH)["gc"]
    write_windows(windows, folder / "positives.tsv")


def run_script(folder: Path) -> None:
    """The workflow's own script, from files to files."""
    sample_negatives(
        positives=folder / "positives.tsv",
        intervals=folder / "peaks.bed",
        fasta=folder / "genome.fa",
        blacklist=[],
        unlabelled=[],
        negatives=folder / "negatives.tsv",
        bed=folder / "negatives.bed",
        counts=folder / "counts.tsv",
        splits=SPLITS,
        windows={"width": WIDTH, "max_unknown_fraction": 0.1},
        settings={"ratio": 1, "margin": MARGIN, "overlap": False, "gc_bin_width": GC_BIN_WIDTH, "seed": SEED},
    )


def histogram_difference(folder: Path) -> float:
    """Largest difference of the share of any GC bin, over the splits, between positives and negatives."""
    tables = [read_windows(folder / name) for name in ("positives.tsv", "negatives.tsv")]
    shares = [
        pd.crosstab(table["split"], np.floor(table["gc"] / GC_BIN_WIDTH + 1e-6), normalize="index") for table in tables
    ]
    return float(shares[0].sub(shares[1], fill_value=0).fillna(0).abs().to_numpy().max())


def bedtools_shuffle(folder: Path) -> None:
    """Disjoint and away from peaks, but blind to GC and to splits."""
    slopped, sizes = folder / "slopped.bed", folder / "chrom.sizes"
    with slopped.open("w") as out:
        slop = ["bedtools", "slop", "-b", str(MARGIN), "-g", sizes, "-i", folder / "peaks.bed"]
        subprocess.run(slop, stdout=out, check=True)
    shuffle = ["bedtools", "shuffle", "-noOverlapping", "-seed", str(SEED), "-maxTries", "100000"]
    with (folder / "shuffled.bed").open("w") as out:
        inputs = ["-i", folder / "peaks.bed", "-g", sizes, "-excl", slopped]
        subprocess.run([*shuffle, *inputs], stdout=out, check=True)


def rejection_loop(folder: Path) -> None:
    """Random windows until each GC bin is full: one query of the FASTA a try, and no way to know that a bin ran out."""
    generator = np.random.default_rng(SEED)
    positives = read_windows(folder / "positives.tsv")
    with pyfaidx.Fasta(str(folder / "genome.fa")) as fasta:
        barred = {contig: np.zeros(len(fasta[contig]), bool) for contig in fasta.keys()}  # noqa: SIM118
        for row in positives.itertuples():
            barred[row.contig][max(row.start - MARGIN, 0) : row.end + MARGIN] = True
        open_bins = Counter(np.floor(positives["gc"] / GC_BIN_WIDTH + 1e-6))
        contigs = list(barred)
        # Its tail has no end in sight: stop once 99 % are found.
        for _ in range(int(0.99 * len(positives))):
            while True:
                contig = contigs[generator.integers(len(contigs))]
                start = int(generator.integers(len(barred[contig]) - WIDTH))
                if barred[contig][start : start + WIDTH].any():
                    continue
                letters = fasta[contig][start : start + WIDTH].seq
                gc_bin = np.floor((letters.count("G") + letters.count("C")) / WIDTH / GC_BIN_WIDTH + 1e-6)
                if open_bins[gc_bin]:
                    break
            open_bins[gc_bin] -= 1
            barred[contig][start : start + WIDTH] = True


if __name__ == "__main__":
    main()
