"""Windows per second: base codes from the memory-mapped genome against one query a window through pyfaidx and pysam.

    python benchmarks/bench_sequences.py [--fasta genome.fa] [--megabases 50] [--windows 20000] [--width 200]

Every method makes the same array of codes (checked); rounds alternate, so that all methods meet the same machine.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyfaidx
import pysam

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow_scripts"))

from genome_data.alphabet import ASCII_TO_CODE
from genome_data.genome import Genome, normalise_fasta

CONTIGS = 4
LINE_WIDTH = 60


def simulate_fasta(path: Path, megabases: int, rng: np.random.Generator) -> Path:
    """Write a random genome of a few contigs in lines of 60 bases."""
    lines = megabases * 1_000_000 // CONTIGS // LINE_WIDTH
    with path.open("wb") as out:
        for contig in range(CONTIGS):
            letters = np.frombuffer(b"ACGT", dtype=np.uint8)[rng.integers(0, 4, (lines, LINE_WIDTH), dtype=np.uint8)]
            out.write(f">chr{contig + 1}\n".encode())
            out.write(np.pad(letters, ((0, 0), (0, 1)), constant_values=ord("\n")).tobytes())
    return path


def normalise(source: Path, folder: Path) -> Path:
    """Normalise a genome and report the speed."""
    fasta = folder / "normalised.fa"
    start = time.perf_counter()
    normalise_fasta(source, fasta, Path(f"{fasta}.fai"), folder / "contigs.tsv", folder / "chrom.sizes")
    seconds = time.perf_counter() - start
    print(f"normalised {fasta.stat().st_size / 1e6:,.0f} Mb in {seconds:.1f} s", file=sys.stderr)
    return fasta


def random_windows(genome: Genome, count: int, width: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Contigs and starts, uniform over the genome."""
    names = [contig for contig, length in genome.sizes.items() if length > width]
    lengths = np.array([genome.sizes[contig] for contig in names])
    chosen = rng.choice(len(names), count, p=lengths / lengths.sum())
    return np.array(names, dtype=object)[chosen], rng.integers(0, lengths[chosen] - width)


def codes_of(letters: str) -> np.ndarray:
    """Base codes of one sequence."""
    return ASCII_TO_CODE[np.frombuffer(letters.encode(), dtype=np.uint8)]


def main() -> None:
    """Print a table: method, windows, width, median seconds, windows per second, times as slow as the first."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fasta", type=Path, help="a genome to use instead of a simulated one")
    parser.add_argument("--megabases", type=int, default=50)
    parser.add_argument("--windows", type=int, default=20_000)
    parser.add_argument("--width", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = options.fasta or simulate_fasta(folder / "simulated.fa", options.megabases, rng)
        fasta = normalise(source, folder)
        genome = Genome(fasta)
        contigs, starts = random_windows(genome, options.windows, options.width, rng)
        width = options.width
        with pyfaidx.Fasta(str(fasta), as_raw=True) as by_pyfaidx, pysam.FastaFile(str(fasta)) as by_pysam:
            pairs = list(zip(contigs.tolist(), starts.tolist(), strict=True))
            methods = {
                "memory map": lambda: genome.codes(contigs, starts, width),
                "pyfaidx, a query a window": lambda: np.stack(
                    [codes_of(by_pyfaidx[contig][start : start + width]) for contig, start in pairs]
                ),
                "pysam, a query a window": lambda: np.stack(
                    [codes_of(by_pysam.fetch(contig, start, start + width)) for contig, start in pairs]
                ),
            }
            report(methods, options.rounds, options.windows, width)


def report(methods: dict[str, Callable[[], np.ndarray]], rounds: int, windows: int, width: int) -> None:
    """Time the methods in alternating rounds and print the table."""
    expected = next(iter(methods.values()))()
    seconds: dict[str, list[float]] = {method: [] for method in methods}
    for _ in range(rounds):
        for method, run in methods.items():
            start = time.perf_counter()
            codes = run()
            seconds[method].append(time.perf_counter() - start)
            assert np.array_equal(codes, expected), f"{method} gives other codes"
    print("method", "windows", "width", "seconds", "windows_per_second", "times_as_slow", sep="\t")
    fastest = statistics.median(next(iter(seconds.values())))
    for method, each in seconds.items():
        median = statistics.median(each)
        row = (f"{median:.4f}", f"{windows / median:.0f}", f"{median / fastest:.1f}")
        print(method, windows, width, *row, sep="\t")


if __name__ == "__main__":
    main()
