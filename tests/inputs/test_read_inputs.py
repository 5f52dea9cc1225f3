"""Reads as files of all sorts hold them: counted, left out under a reason, or refused in a sentence."""

from __future__ import annotations

import gzip
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pandas as pd
import pyBigWig
import pysam
import pytest
from count_reads import count_reads
from hypothesis import given, settings
from hypothesis import strategies as st
from index_reads import index_reads

from workflow_support.errors import InputError

SIZES = {"chr1": 3000, "chr2": 500, "chrM": 100}
FORWARD, REVERSE = 0, pysam.FREVERSE
Read = tuple[str, int, int, str | None]
"""Contig, start, flag and CIGAR."""
BOTH: list[Read] = [("chr1", 30, REVERSE, "20M"), ("chr1", 10, FORWARD, "20M"), ("chr2", 40, FORWARD, "9M")]


def write_bam(path: Path, reads: Sequence[Read], sizes: Mapping[str, int] = SIZES, order: str = "unsorted") -> Path:
    header = {"HD": {"VN": "1.6", "SO": order}, "SQ": [{"SN": name, "LN": size} for name, size in sizes.items()]}
    with pysam.AlignmentFile(str(path), "wb", header=header) as bam:
        for contig, start, flag, cigar in reads:
            read = pysam.AlignedSegment(bam.header)
            read.query_name, read.flag, read.mapping_quality = "read", flag, 60
            read.reference_name, read.reference_start, read.query_sequence = contig, start, "A" * 20
            if cigar:
                read.cigarstring = cigar
                read.query_sequence = "A" * read.infer_query_length()
            bam.write(read)
    return path


def count(bam: Path, sizes: Mapping[str, int] = SIZES, other_names: Mapping[str, str] | None = None) -> Path:
    """Count the reads of a BAM into the folder ``out`` beside it."""
    folder, out = bam.parent, bam.parent / "out"
    (folder / "chrom.sizes").write_text("".join(f"{name}\t{size}\n" for name, size in sizes.items()))
    by_contig = {contig: name for name, contig in (other_names or {}).items()}
    rows = [f"{name}\t{size}\tSQ.x\t{by_contig.get(name, '')}\n" for name, size in sizes.items()]
    (folder / "contigs.tsv").write_text("contig\tlength\trefget\tother_names\n" + "".join(rows))
    outputs = (out / "plus.bw", out / "minus.bw", out / "counts.tsv")
    count_reads(bam, folder / "chrom.sizes", *outputs, 0, False, folder / "contigs.tsv")
    return out


def ends_of(out: Path) -> dict[str, list[tuple[str, int, int]]]:
    """Contig, position and count of the 5' ends of each strand."""
    found = {}
    for strand in ("plus", "minus"):
        with pyBigWig.open(str(out / f"{strand}.bw")) as bigwig:
            found[strand] = [
                (contig, position, int(value))
                for contig in bigwig.chroms()
                for start, end, value in bigwig.intervals(contig) or ()
                for position in range(start, end)
            ]
    return found


def rows_of(out: Path) -> dict[str, int]:
    counts = pd.read_csv(out / "counts.tsv", sep="\t").set_index("reason")["rows"]
    return counts[counts > 0].to_dict()


ENDS = {"plus": [("chr1", 10, 1), ("chr2", 40, 1)], "minus": [("chr1", 49, 1)]}
# name: reads beside those of BOTH, the reasons against them
LEFT_OUT: dict[str, tuple[list[Read], dict[str, int]]] = {
    "a forward read without CIGAR": ([("chr1", 5, FORWARD, None)], {"no CIGAR": 1}),
    "a reverse read without CIGAR": ([("chr1", 5, REVERSE, None)], {"no CIGAR": 1}),
    "a forward read past the end": ([("chr2", 490, FORWARD, "20M")], {"past the end of its contig": 1}),
    "a reverse read past the end": ([("chr2", 490, REVERSE, "20M")], {"past the end of its contig": 1}),
    "reads that begin past the end": (
        [("chr2", 500, FORWARD, "20M"), ("chr2", 5000, REVERSE, "20M")],
        {"past the end of its contig": 2},
    ),
    "a deletion that reaches past the end": ([("chr2", 480, FORWARD, "10M30D10M")], {"past the end of its contig": 1}),
    "a mapped read without a position": ([("chr1", -1, FORWARD, "20M")], {"unmapped": 1}),
    "many of all kinds": (
        [("chr1", 5, REVERSE, None)] * 3 + [("chr2", 499, REVERSE, "2M")] * 2,
        {"no CIGAR": 3, "past the end of its contig": 2},
    ),
}


@pytest.mark.parametrize("name", LEFT_OUT)
def test_reads_that_begin_nowhere_are_counted_under_a_reason(name: str, tmp_path: Path) -> None:
    reads, reasons = LEFT_OUT[name]
    out = count(write_bam(tmp_path / "reads.bam", BOTH + reads))
    assert rows_of(out) == {"in": len(BOTH) + len(reads), **reasons, "kept": len(BOTH)}
    assert ends_of(out) == ENDS


def test_a_read_that_ends_with_its_contig_is_kept(tmp_path: Path) -> None:
    out = count(write_bam(tmp_path / "reads.bam", [*BOTH, ("chr2", 480, REVERSE, "20M"), ("chr2", 0, FORWARD, "500M")]))
    assert rows_of(out) == {"in": 5, "kept": 5}
    assert ("chr2", 499, 1) in ends_of(out)["minus"]


@pytest.mark.parametrize("length", [99, 101])
def test_a_contig_of_another_length_is_left_out_alone(
    length: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bam = write_bam(tmp_path / "reads.bam", [*BOTH, ("chrM", 5, FORWARD, "20M")], {**SIZES, "chrM": length})
    out = count(bam)
    assert rows_of(out) == {"in": 4, "contig of another length": 1, "kept": 3}
    assert ends_of(out) == ENDS
    assert f"left out chrM of {length} bases" in caplog.text


def test_other_names_of_contigs_are_read_and_unknown_ones_reported(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="rc")
    reads = [({"chr1": "one", "chr2": "2"}[contig], *rest) for contig, *rest in BOTH]
    bam = write_bam(tmp_path / "reads.bam", reads, {"one": 3000, "2": 500, "MT": 100})
    assert rows_of(count(bam, other_names={"one": "chr1"})) == {"in": 3, "contig not in the genome": 1, "kept": 2}
    assert "one as chr1" in caplog.text
    assert 'contig_names: {"2": "chr2", "MT": "chrM"}' in caplog.text
    assert rows_of(count(bam, other_names={"one": "chr1", "2": "chr2"})) == {"in": 3, "kept": 3}


def rewritten(content: Callable[[bytes], bytes]) -> Callable[[Path], bytes]:
    return lambda folder: content(write_bam(folder / "made.bam", BOTH).read_bytes())


REFUSED: dict[str, tuple[Callable[[Path], bytes], list[str]]] = {
    "compressed twice": (rewritten(gzip.compress), ["inside", "gunzip -c reads.bam"]),
    "in plain gzip": (
        rewritten(lambda content: gzip.compress(gzip.decompress(content))),
        ["not compressed in blocks", "a BAM in plain gzip", "samtools view -b"],
    ),
    "not compressed": (rewritten(gzip.decompress), ["not compressed in blocks", "without compression"]),
    "most bases on contigs of another length": (
        lambda folder: write_bam(folder / "made.bam", BOTH, {"chr1": 3001, "chr2": 500}).read_bytes(),
        ["another genome build", "chr1 of 3,001 bases"],
    ),
    "all past the end": (
        lambda folder: write_bam(folder / "made.bam", [("chr2", 499, REVERSE, "9M")] * 4).read_bytes(),
        ["no usable read", "4 past the end of its contig"],
    ),
    "none with a CIGAR": (
        lambda folder: write_bam(folder / "made.bam", [("chr2", 9, REVERSE, None)] * 4).read_bytes(),
        ["no usable read", "4 no CIGAR"],
    ),
    "other names": (
        lambda folder: write_bam(folder / "made.bam", [], {"1": 3000, "2": 500}).read_bytes(),
        ["no contig of the BAM", 'contig_names: {"1": "chr1", "2": "chr2"}'],
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_files_of_reads_that_are_refused(name: str, tmp_path: Path) -> None:
    make, words = REFUSED[name]
    bam = tmp_path / "reads.bam"
    bam.write_bytes(make(tmp_path))
    with pytest.raises(InputError) as caught:
        count(bam)
    for word in ("reads.bam", "found:", "allowed:", "fix:", *words):
        assert word in str(caught.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["compressed twice", "in plain gzip", "not compressed"])
def test_reads_that_cannot_be_indexed_are_refused_in_the_same_words(name: str, tmp_path: Path) -> None:
    make, words = REFUSED[name]
    bam = tmp_path / "reads.bam"
    bam.write_bytes(make(tmp_path))
    with pytest.raises(InputError) as caught:
        index_reads(bam, tmp_path / "sorted.bam", tmp_path / "sorted.bam.bai")
    assert all(word in str(caught.value) for word in words)


UNSORTED = [("chr2", 40, FORWARD, "9M"), ("chr1", 700, REVERSE, "20M"), ("chr1", 10, FORWARD, "20M")]


@pytest.mark.parametrize("reads", [UNSORTED, sorted(UNSORTED), UNSORTED[1:]], ids=["contigs", "sorted", "positions"])
@pytest.mark.parametrize("order", ["coordinate", "unsorted", "queryname", "unknown"])
def test_the_order_that_a_header_claims_is_not_believed(order: str, reads: list[Read], tmp_path: Path, capfd) -> None:
    bam, out = write_bam(tmp_path / "reads.bam", reads, order=order), tmp_path / "sorted.bam"
    before = bam.read_bytes()
    index_reads(bam, out, tmp_path / "sorted.bam.bai")
    with pysam.AlignmentFile(str(out)) as file:
        assert [read.reference_start for read in file.fetch("chr1")] == [10, 700]
    assert out.is_symlink() == (order == "coordinate" and reads == sorted(UNSORTED))
    assert bam.read_bytes() == before
    assert "[E::" not in capfd.readouterr().err


@pytest.mark.parametrize("order", ["coordinate", "unsorted"])
@pytest.mark.parametrize(
    ("length", "magic"), [(1 << 29, b"BAI\1"), ((1 << 29) + 1, b"CSI\1"), (2_000_000_000, b"CSI\1")]
)
def test_contigs_of_any_length_can_be_looked_up(order: str, length: int, magic: bytes, tmp_path: Path) -> None:
    reads = [("chr2", 40, FORWARD, "9M"), ("long", 5, FORWARD, "20M"), ("long", length - 20, REVERSE, "20M")]
    bam = write_bam(tmp_path / "reads.bam", reads, {"chr2": 500, "long": length}, order)
    out, index = tmp_path / "sorted.bam", tmp_path / "sorted.bam.bai"
    index_reads(bam, out, index)
    content = index.read_bytes()
    assert (gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content).startswith(magic)
    with pysam.AlignmentFile(str(out)) as file:
        assert [read.reference_start for read in file.fetch("long", length - 100, length)] == [length - 20]
        assert file.mapped == 3
    ends = ends_of(count(bam, {"chr2": 500, "long": length}))
    assert ends["minus"] == [("long", length - 1, 1)]


READS = st.lists(
    st.tuples(
        st.sampled_from(["chr1", "chr2"]),
        st.integers(0, 470),
        st.sampled_from([FORWARD, REVERSE]),
        st.sampled_from(["20M", "5S20M", "9M3D9M", "30M"]),
    ),
    max_size=30,
)


@settings(max_examples=15)
@given(reads=READS, order=st.permutations(range(3)))
def test_the_same_reads_in_any_order_and_under_any_names_give_the_same_counts(
    tmp_path_factory: pytest.TempPathFactory, reads: list[Read], order: list[int]
) -> None:
    reads = BOTH + reads
    names = {"chr1": "NC_1.1", "chr2": "2", "chrM": "MT"}
    variants = [
        (reads, SIZES, {}),
        (reads[::-1], dict([list(SIZES.items())[each] for each in order]), {}),
        (
            [(names[contig], *rest) for contig, *rest in sorted(reads)],
            {names[contig]: size for contig, size in SIZES.items()},
            {name: contig for contig, name in names.items()},
        ),
    ]
    found = []
    for rows, sizes, other_names in variants:
        out = count(write_bam(tmp_path_factory.mktemp("bam") / "reads.bam", rows, sizes), other_names=other_names)
        found.append((rows_of(out), ends_of(out)))
    assert found[0] == found[1] == found[2]
