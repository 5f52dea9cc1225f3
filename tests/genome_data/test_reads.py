"""Reads become counts of 5' ends: where bedtools has them, every row accounted for, bad files refused."""

from __future__ import annotations

import gzip
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pybedtools
import pyBigWig
import pysam
import pytest
from count_reads import count_reads
from hypothesis import given, settings
from hypothesis import strategies as st

from workflow_support.errors import InputError

SIZES = {"chr1": 3000, "chr2": 500}
FORWARD, REVERSE = 0, pysam.FREVERSE
FIRST, SECOND = pysam.FPAIRED | pysam.FREAD1, pysam.FPAIRED | pysam.FREAD2
BOTH_STRANDS = [("chr1", 10, FORWARD, 60, "20M"), ("chr1", 30, REVERSE, 60, "20M")]

Read = tuple[str, int, int, int, str]
"""Contig, start, flag, mapping quality and CIGAR."""


def write_bam(path: Path, reads: list[Read], sizes: dict[str, int] = SIZES, order: str = "unsorted") -> Path:
    header = {"HD": {"VN": "1.6", "SO": order}, "SQ": [{"SN": name, "LN": size} for name, size in sizes.items()]}
    with pysam.AlignmentFile(str(path), "wb", header=header) as bam:
        for contig, start, flag, quality, cigar in reads:
            read = pysam.AlignedSegment(bam.header)
            read.query_name, read.flag, read.mapping_quality = "read", flag, quality
            if contig:
                read.reference_name, read.reference_start, read.cigarstring = contig, start, cigar
                read.query_sequence = "A" * read.infer_query_length()
            bam.write(read)
    return path


def count(bam: Path, quality: int = 0, duplicates: bool = False, sizes: dict[str, int] = SIZES) -> Path:
    """Count the reads of a BAM into the folder ``out`` beside it."""
    chrom_sizes, out = bam.parent / "chrom.sizes", bam.parent / "out"
    chrom_sizes.write_text("".join(f"{name}\t{size}\n" for name, size in sizes.items()))
    count_reads(bam, chrom_sizes, out / "plus.bw", out / "minus.bw", out / "counts.tsv", quality, duplicates)
    return out


def ends_of(track: Path) -> Counter[tuple[str, int]]:
    """How many reads begin at each base, by contig and position."""
    ends: Counter[tuple[str, int]] = Counter()
    with pyBigWig.open(str(track)) as bigwig:
        for contig in bigwig.chroms():
            for start, end, value in bigwig.intervals(contig) or ():
                ends.update({(contig, position): int(value) for position in range(start, end)})
    return ends


def rows_of(out: Path) -> dict[str, int]:
    """Reasons met by at least one row."""
    counts = pd.read_csv(out / "counts.tsv", sep="\t").set_index("reason")["rows"]
    assert counts["in"] == counts.drop("in").sum()
    return counts[counts > 0].to_dict()


def by_bedtools(bam: Path, strand: str) -> Counter[tuple[str, int]]:
    """The same counts from another program."""
    reads = pd.read_csv(
        pybedtools.BedTool(str(bam)).bam_to_bed().fn,
        sep="\t",
        names=["contig", "start", "end", "name", "score", "strand"],
    ).query(f"strand == '{strand}'")
    ends = reads["start"] if strand == "+" else reads["end"] - 1
    return Counter(zip(reads["contig"], ends, strict=True))


CIGARS = st.sampled_from(["1M", "36M", "5S31M", "31M5S", "10M3D20M", "10M2I20M", "10M40N20M", "3H20M1D2I9M4S"])
READS = st.lists(
    st.tuples(
        st.sampled_from(list(SIZES)), st.integers(0, 400), st.sampled_from([FORWARD, REVERSE]), st.just(60), CIGARS
    ),
    max_size=30,
)


@settings(max_examples=25)
@given(reads=READS)
def test_five_prime_ends_lie_where_bedtools_has_them(
    tmp_path_factory: pytest.TempPathFactory, reads: list[Read]
) -> None:
    bam = write_bam(tmp_path_factory.mktemp("bam") / "reads.bam", BOTH_STRANDS + reads)
    out = count(bam)
    assert ends_of(out / "plus.bw") == by_bedtools(bam, "+")
    assert ends_of(out / "minus.bw") == by_bedtools(bam, "-")
    assert rows_of(out) == {"in": 2 + len(reads), "kept": 2 + len(reads)}


def test_a_read_begins_at_its_first_aligned_base_on_either_strand(tmp_path: Path) -> None:
    reads = [("chr1", 100, FORWARD, 60, "5S20M"), ("chr1", 100, REVERSE, 60, "20M5S"), ("chr2", 0, FORWARD, 60, "9M")]
    out = count(write_bam(tmp_path / "reads.bam", [*reads, *reads[:2]]))
    assert ends_of(out / "plus.bw") == {("chr1", 100): 2, ("chr2", 0): 1}
    assert ends_of(out / "minus.bw") == {("chr1", 119): 2}


def test_of_a_pair_the_first_mate_alone_counts(tmp_path: Path) -> None:
    reads = [
        ("chr1", 100, FIRST | pysam.FMREVERSE, 60, "20M"),
        ("chr1", 200, SECOND | pysam.FREVERSE, 60, "20M"),
        ("chr1", 400, SECOND | pysam.FMREVERSE, 60, "20M"),
        ("chr1", 500, FIRST | pysam.FREVERSE, 60, "20M"),
    ]
    out = count(write_bam(tmp_path / "reads.bam", reads))
    assert ends_of(out / "plus.bw") == {("chr1", 100): 1}
    assert ends_of(out / "minus.bw") == {("chr1", 519): 1}
    assert rows_of(out) == {"in": 4, "second of a pair": 2, "kept": 2}


def test_every_row_has_one_outcome_the_first_reason_that_holds(tmp_path: Path) -> None:
    dropped = [
        ("", 0, pysam.FUNMAP, 0, ""),
        ("", 0, pysam.FUNMAP | SECOND, 0, ""),
        ("chr1", 50, pysam.FSECONDARY, 0, "20M"),
        ("chr1", 50, pysam.FSUPPLEMENTARY | pysam.FDUP, 60, "20M"),
        ("chr1", 50, SECOND | pysam.FDUP, 60, "20M"),
        ("chr1", 50, pysam.FQCFAIL | pysam.FDUP, 60, "20M"),
        ("chr1", 50, pysam.FDUP, 60, "20M"),
        ("chr1", 50, pysam.FDUP, 3, "20M"),
        ("chr1", 50, FORWARD, 29, "20M"),
        ("chrUn", 50, FORWARD, 29, "20M"),
        ("chrUn", 50, FORWARD, 30, "20M"),
        ("", 0, FORWARD, 60, ""),
    ]
    bam = write_bam(tmp_path / "reads.bam", BOTH_STRANDS + dropped, {"chrUn": 100, **SIZES})
    expected = {
        "in": 14,
        "unmapped": 2,
        "secondary or supplementary": 2,
        "second of a pair": 1,
        "failed quality check": 1,
        "duplicate": 2,
        "low mapping quality": 2,
        "contig not in the genome": 2,
        "kept": 2,
    }
    assert rows_of(count(bam, quality=30)) == expected
    without_duplicates = {**expected, "low mapping quality": 3, "kept": 3}
    del without_duplicates["duplicate"]
    out = count(bam, quality=30, duplicates=True)
    assert rows_of(out) == without_duplicates
    assert ends_of(out / "plus.bw") == {("chr1", 10): 1, ("chr1", 50): 1}


def test_the_order_of_reads_and_an_index_make_no_difference(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    reads = [
        (str(rng.choice(list(SIZES))), int(rng.integers(0, 400)), int(rng.choice([FORWARD, REVERSE])), 60, "20M")
        for _ in range(500)
    ]
    unsorted = count(write_bam(tmp_path / "unsorted.bam", reads))
    strands = [(unsorted / "plus.bw").read_bytes(), (unsorted / "minus.bw").read_bytes()]
    in_order = write_bam(tmp_path / "sorted.bam", sorted(reads), order="coordinate")
    pysam.index(str(in_order))
    out = count(in_order)
    assert [(out / "plus.bw").read_bytes(), (out / "minus.bw").read_bytes()] == strands


WHOLE = BOTH_STRANDS * 2000


def bam_bytes(folder: Path, reads: list[Read], sizes: dict[str, int] = SIZES) -> bytes:
    return write_bam(folder / "made.bam", reads, sizes).read_bytes()


def damaged(folder: Path) -> bytes:
    content = bytearray(bam_bytes(folder, WHOLE))
    middle = len(content) // 2
    content[middle : middle + 50] = bytes(50)
    return bytes(content)


BAD_READS = {
    "empty": (lambda folder: b"", "empty"),
    "SAM": (lambda folder: b"@HD\tVN:1.6\n@SQ\tSN:chr1\tLN:3000\n", "samtools view -b"),
    "CRAM": (lambda folder: b"CRAM\x03\x00" + bytes(50), "samtools view -b"),
    "FASTQ, compressed": (lambda folder: gzip.compress(b"@read\nACGT\n+\nIIII\n"), "begins with b'@rea'"),
    "cut between blocks": (lambda folder: bam_bytes(folder, WHOLE)[:-28], "without the block that ends it"),
    "cut inside a block": (lambda folder: bam_bytes(folder, WHOLE)[:-60], "truncated"),
    "damaged within": (damaged, "samtools quickcheck"),
    "no read": (lambda folder: bam_bytes(folder, []), "no row"),
    "one strand": (lambda folder: bam_bytes(folder, BOTH_STRANDS[:1]), "0 on the − strand; 1 in, 1 kept"),
    "unaligned": (lambda folder: bam_bytes(folder, [("", 0, pysam.FUNMAP, 0, "")], {}), "not aligned"),
    "all duplicates": (
        lambda folder: bam_bytes(folder, [("chr1", 5, pysam.FDUP, 60, "20M")] * 7),
        "7 in, 7 duplicate",
    ),
    "1 for chr1": (lambda folder: bam_bytes(folder, [], {"1": 3000, "2": 500}), "rename the contigs"),
    "another build": (
        lambda folder: bam_bytes(folder, BOTH_STRANDS, {"chr2": 500, "chr1": 3001}),
        "chr1 of 3,001 bases",
    ),
}


@pytest.mark.parametrize("name", BAD_READS)
def test_bad_reads(name: str, tmp_path: Path) -> None:
    make, message = BAD_READS[name]
    bam = tmp_path / "reads.bam"
    bam.write_bytes(make(tmp_path))
    with pytest.raises(InputError) as caught:
        count(bam)
    for word in ("reads.bam", "found:", "allowed:", "fix:", message):
        assert word in str(caught.value)
    assert not (tmp_path / "out").exists(), "something half-written was left"


def test_a_missing_bam_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        count(tmp_path / "reads.bam")


def test_real_reads_are_counted_as_bedtools_counts_them(tmp_path: Path, shared_data: Path) -> None:
    bam = tmp_path / "GM12878_CTCF.bam"
    bam.symlink_to(shared_data / "hg38/GM12878_CTCF_r1.chr21.hg38.bam")
    with pysam.AlignmentFile(str(bam)) as reads:
        sizes = dict(zip(reads.references, reads.lengths, strict=True))
    out = count(bam, quality=30, sizes=sizes)
    assert rows_of(out) == {"in": 103_226, "kept": 103_226}
    plus, minus = ends_of(out / "plus.bw"), ends_of(out / "minus.bw")
    assert (plus.total(), minus.total()) == (51_966, 51_260)
    assert (plus, minus) == (by_bedtools(bam, "+"), by_bedtools(bam, "-"))
