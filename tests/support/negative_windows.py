"""Small genomes and experiments for tests of negatives, and a search by brute force that finds what is wrong."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd

from genome_data.genome import Genome, normalise_fasta
from genome_data.intervals.splits import split_regions
from genome_data.windows import negatives
from genome_data.windows.settings import NegativeSettings, WindowSettings

SETTINGS = {
    "width": 10,
    "ratio": 1.0,
    "margin": 0,
    "overlap": False,
    "gc_bin_width": 0.1,
    "max_unknown_fraction": 0.0,
    "seed": 1,
}
OF_WINDOWS = ("width", "max_unknown_fraction")


def sections(options: dict) -> tuple[dict, dict]:
    """The sections ``windows`` and ``negatives`` of the configuration that hold the options."""
    windows = {key: options[key] for key in OF_WINDOWS}
    return windows, {key: value for key, value in options.items() if key not in OF_WINDOWS}


def sample_negatives(*data: object, **options: object) -> tuple[pd.DataFrame, pd.DataFrame]:
    windows, settings_of_draw = sections(options)
    return negatives.sample_negatives(*data, WindowSettings(**windows), NegativeSettings(**settings_of_draw))


def intervals(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["contig", "start", "end"]).astype({"contig": "str", "start": int, "end": int})


def regions(*rows: tuple) -> pd.DataFrame:
    return intervals(*(row[:3] for row in rows)).assign(split=[row[3] for row in rows])


def positives(*rows: tuple) -> pd.DataFrame:
    """Rows of contig, start, end, split and GC."""
    return regions(*(row[:4] for row in rows)).assign(gc=[row[4] for row in rows])


def genome_of(folder: Path, **sequences: str) -> Genome:
    source, fasta = folder / "source.fa", folder / "genome.fa"
    source.write_text("".join(f">{contig}\n{letters}\n" for contig, letters in sequences.items()))
    normalise_fasta(source, fasta, f"{fasta}.fai", folder / "contigs.tsv", folder / "chrom.sizes")
    return Genome(fasta)


def random_sequence(length: int, seed: int, letters: str = "ACGT") -> str:
    return "".join(np.random.default_rng(seed).choice(list(letters), length))


def bin_of_fraction(gc: float | Fraction, options: dict) -> int:
    """GC bin in exact arithmetic."""
    step = Fraction(str(options["gc_bin_width"]))
    return min(int(Fraction(str(gc)) / step), -int(-1 // step) - 1)


def bin_of_letters(letters: str, options: dict) -> int:
    known = len(letters) - letters.count("N")
    return bin_of_fraction(Fraction(letters.count("G") + letters.count("C"), known), options)


def allowed_windows(sequences, split_of, barred, options) -> dict[tuple[str, int], tuple[str, int]]:
    """By brute force, each (contig, start) where a negative may lie, and its (split, GC bin)."""
    width, margin = options["width"], options["margin"]
    allowed = {}
    for contig, first, last, split in split_of.itertuples(index=False):
        for start in range(first, last - width + 1):
            letters = sequences[contig][start : start + width]
            unknown = letters.count("N")
            if unknown == width or unknown > options["max_unknown_fraction"] * width + 1e-9:
                continue
            if not any(
                row.contig == contig and row.start - reach < start + width and start < row.end + reach
                for frame, reach in zip(barred, (margin, 0, 0), strict=True)
                for row in frame.itertuples()
            ):
                allowed[contig, start] = split, bin_of_letters(letters, options)
    return allowed


def faults(windows: pd.DataFrame, counts: pd.DataFrame, allowed: dict, options: dict) -> list[str]:
    """Everything that is wrong with a set of negatives and its count table."""
    width = options["width"]
    places = list(zip(windows["contig"], windows["start"], strict=True))
    wrong = [f"not allowed: {place}" for place in places if place not in allowed]
    if wrong:
        return wrong
    wrong += [
        f"wrong split: {row.name}" for row in windows.itertuples() if allowed[row.contig, row.start][0] != row.split
    ]
    if len(set(places)) < len(places):
        wrong.append("a window twice")

    def clashes(one, other):
        return one[0] == other[0] and abs(one[1] - other[1]) < width

    if not options["overlap"]:
        wrong += [
            f"overlap: {one} {other}" for one in places for other in places if one < other and clashes(one, other)
        ]
    found = Counter(allowed[place] for place in places)
    for row in counts.itertuples():
        key = row.split, round(row.gc_from / options["gc_bin_width"])
        if found.pop(key, 0) != row.found or row.found > row.wanted or row.found + row.missing != row.wanted:
            wrong.append(f"wrong counts: {row}")
        fits = [place for place, other in allowed.items() if other == key and place not in places]
        if not options["overlap"]:
            fits = [place for place in fits if not any(clashes(place, taken) for taken in places)]
        if row.missing and fits:
            wrong.append(f"{key} is short although {fits[0]} fits")
    return wrong + [f"not wanted: {key}" for key in found]


def flat_genome(folder: Path, length: int = 400_000) -> tuple[Genome, pd.DataFrame, pd.DataFrame]:
    genome = genome_of(folder, one=random_sequence(length, 5), two=random_sequence(length // 4, 6))
    split_of = split_regions({"validation": [f"one:1-{length // 4}"], "test": ["two"]}, genome.sizes)
    wanted = [("one", 0, 10, "train", 0.5), ("one", 0, 10, "validation", 0.5), ("two", 0, 10, "test", 0.5)]
    return genome, split_of, positives(*wanted)
