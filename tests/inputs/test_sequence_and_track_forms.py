"""Genomes and tracks: what is written in one accepted form comes back equal from every other form."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyBigWig
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from normalise_genome import normalise_genome
from sequence_formats import fasta_text, write_2bit, write_bgzf

from genome_data.genome import Genome
from genome_data.intervals.contig_names import ContigSizes
from genome_data.windows.profile_counts import read_counts

GENOMES = st.dictionaries(
    st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.|:*-]{0,9}", fullmatch=True),
    st.text("ACGTNacgtn", min_size=1, max_size=90),
    min_size=1,
    max_size=4,
)
TEXTS: dict[str, Callable[[dict[str, str]], bytes]] = {
    "lines of 7": lambda genome: fasta_text(genome, 7).encode(),
    "one line": lambda genome: fasta_text(genome, 1000).encode(),
    "CRLF": lambda genome: fasta_text(genome, 11).replace("\n", "\r\n").encode(),
    "byte order mark": lambda genome: b"\xef\xbb\xbf" + fasta_text(genome).encode(),
    "descriptions": lambda genome: fasta_text({f"{name} of > 1 bp": text for name, text in genome.items()}).encode(),
    "blank lines": lambda genome: fasta_text(genome).replace(">", "\n>").encode(),
    "no last line end": lambda genome: fasta_text(genome).rstrip("\n").encode(),
    "capitals": lambda genome: fasta_text({name: text.upper() for name, text in genome.items()}).encode(),
}
PACKINGS: dict[str, Callable[[Path, bytes], bytes]] = {
    "plain": lambda _, content: content,
    "gzip": lambda _, content: gzip.compress(content),
    "gzip of two members": lambda _, content: gzip.compress(content[:5]) + gzip.compress(content[5:]),
    "BGZF": lambda folder, content: write_bgzf(folder / "made", content.decode()).read_bytes(),
}
TWO_BITS = [("<", 0), (">", 0), ("<", 1), (">", 1)]


def letters_of(folder: Path, content: bytes) -> list[tuple[str, str]]:
    (folder / "source").write_bytes(content)
    names = ("genome.fa", "genome.fa.fai", "contigs.tsv", "chrom.sizes")
    normalise_genome(folder / "source", *(folder / "made_of_it" / name for name in names))
    genome = Genome(folder / "made_of_it/genome.fa")
    return [(contig, genome.bases(contig).tobytes().decode()) for contig in genome.sizes]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    genome=GENOMES.filter(lambda genome: all(name[:5] != "track" and name[:7] != "browser" for name in genome)),
    text=st.sampled_from(sorted(TEXTS)),
    packing=st.sampled_from(sorted(PACKINGS)),
    two_bit=st.sampled_from(TWO_BITS),
    is_packed=st.booleans(),
)
def test_a_genome_comes_back_from_every_form(genome, text, packing, two_bit, is_packed, tmp_path: Path) -> None:
    expected = [(name, letters.upper()) for name, letters in genome.items()]
    assert letters_of(tmp_path, PACKINGS[packing](tmp_path, TEXTS[text](genome))) == expected
    content = write_2bit(tmp_path / "made.2bit", genome, *two_bit).read_bytes()
    assert letters_of(tmp_path, gzip.compress(content) if is_packed else content) == expected


SIZES = {"chr1": 400, "chr2": 300}
OTHER_NAMES = {"1": "chr1", "2": "chr2"}
STARTS = [("chr1", 0), ("chr2", 50), ("chr1", 250), ("chr1", -20), ("chr2", 230)]


def write_track(path: Path, counts: dict[str, np.ndarray], form: str) -> Path:
    """The counts as a bigWig: one interval per base, per run, as steps of a wiggle, or with zeros, in either order."""
    names = {contig: name for name, contig in OTHER_NAMES.items()} if form == "other names" else {}
    order = list(counts)[::-1] if form == "contigs in another order" else list(counts)
    with pyBigWig.open(str(path), "w") as track:
        track.addHeader(
            [(names.get(contig, contig), SIZES[contig]) for contig in order], maxZooms=0 if form == "no zoom" else 10
        )
        for contig in order:
            values, name = counts[contig] * (-1.0 if form == "negative" else 1.0), names.get(contig, contig)
            if form == "every base":
                track.addEntries(name, 0, values=values.tolist(), span=1, step=1)
                continue
            firsts = np.flatnonzero(np.diff(values, prepend=np.nan) != 0)
            ends = np.append(firsts[1:], len(values))
            is_kept = values[firsts] != 0
            if is_kept.any():
                firsts, ends = firsts[is_kept], ends[is_kept]
                rows = [name] * len(firsts), firsts.tolist()
                track.addEntries(*rows, ends=ends.tolist(), values=values[firsts].tolist())
    return path


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 10**6),
    form=st.sampled_from(["every base", "runs", "other names", "contigs in another order", "negative", "no zoom"]),
)
def test_counts_come_back_from_every_form_of_a_track(seed: int, form: str, tmp_path: Path) -> None:
    """Counts that begin anywhere, at most bases none; a window may reach beyond its contig."""
    rng = np.random.default_rng(seed)
    counts = {contig: rng.poisson(0.4, size) * rng.integers(1, 4, size) for contig, size in SIZES.items()}
    windows = pd.DataFrame(STARTS, columns=["contig", "start"])
    found = np.zeros((len(windows), 2, 100), dtype=np.uint32)
    plus = write_track(tmp_path / "plus.bw", counts, "runs")
    minus = write_track(tmp_path / "minus.bw", counts, form)
    read_counts([plus], [minus], ContigSizes(SIZES, OTHER_NAMES), windows, found)
    padded = {contig: np.pad(values, 100) for contig, values in counts.items()}
    expected = [padded[contig][100 + start : 200 + start] for contig, start in STARTS]
    assert np.array_equal(found[:, 0], expected)
    assert np.array_equal(found[:, 1], expected)
