"""Genomes: the same letters from every format, an index that every tool reads, base codes of windows."""

import base64
import hashlib
import logging
import os
import re
from pathlib import Path

import numpy as np
import py2bit
import pyfaidx
import pysam
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from normalise_genome import normalise_genome
from sequence_formats import fasta_text, write_2bit, write_bgzf, write_gzip

import genome_data.formats.sequence_files
from genome_data.alphabet import ASCII_TO_CODE, UNKNOWN, encode_in_place, reverse_complement
from genome_data.genome import Genome
from workflow_support.errors import InputError

GENOME = {"chr2": "acgtNNNNACGTTTGCA" * 11, "chr1": "NNG" + "CATTAG" * 40 + "nn", "scaffold|3": "T"}
COMPLEMENT = str.maketrans("ACGTN", "TGCAN")
bases = st.text("ACGTN", min_size=1, max_size=60)
genomes = st.dictionaries(
    st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.|-]{0,9}", fullmatch=True), bases, min_size=1, max_size=4
)


def normalised(source: Path) -> Path:
    """The normalised FASTA of a source, in a folder of its own."""
    folder = source.parent / (source.name + ".normalised")
    fasta = folder / "genome.fa"
    normalise_genome(source, fasta, folder / "genome.fa.fai", folder / "contigs.tsv", folder / "chrom.sizes")
    return fasta


def letters_of(fasta: Path) -> dict[str, str]:
    genome = Genome(fasta)
    return {contig: genome.bases(contig).tobytes().decode() for contig in genome.sizes}


def refget(letters: str) -> str:
    return "SQ." + base64.urlsafe_b64encode(hashlib.sha512(letters.encode()).digest()[:24]).decode()


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


FORMATS = {
    "plain": lambda path: write(path, fasta_text(GENOME)),
    "one line a contig": lambda path: write(path, fasta_text(GENOME, line_width=10_000)),
    "CRLF": lambda path: path.write_bytes(fasta_text(GENOME).replace("\n", "\r\n").encode()) and path,
    "byte order mark": lambda path: path.write_bytes(b"\xef\xbb\xbf" + fasta_text(GENOME).encode()) and path,
    "no last line end": lambda path: write(path, fasta_text(GENOME).rstrip()),
    "blank lines": lambda path: write(path, "\n" + fasta_text(GENOME).replace(">", "\n\n>") + "\n"),
    "descriptions": lambda path: write(path, fasta_text({f"{name} length > 1 bp": v for name, v in GENOME.items()})),
    "gzip": lambda path: write_gzip(path, fasta_text(GENOME)),
    "BGZF": lambda path: write_bgzf(path, fasta_text(GENOME)),
    "2bit": lambda path: write_2bit(path, GENOME),
    "2bit, big-endian": lambda path: write_2bit(path, GENOME, order=">"),
    "2bit, version 1": lambda path: write_2bit(path, GENOME, version=1),
}


@pytest.mark.parametrize("block", [3, 64, 1 << 24])
@pytest.mark.parametrize("make", FORMATS.values(), ids=FORMATS)
def test_every_format_gives_the_same_genome(make, block: int, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(genome_data.formats.sequence_files, "_BLOCK", block)
    # The name says nothing about the format.
    source = make(tmp_path / "genome.txt")
    fasta = normalised(source)
    assert letters_of(fasta) == {name: letters.upper() for name, letters in GENOME.items()}
    assert list(tmp_path.iterdir()) in ([source, fasta.parent], [fasta.parent, source])
    assert sorted(each.name for each in fasta.parent.iterdir()) == [
        "chrom.sizes",
        "contigs.tsv",
        "genome.fa",
        "genome.fa.fai",
    ]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(genome=genomes, width=st.integers(1, 70), block=st.integers(1, 90))
def test_any_genome_survives_any_line_width_and_block_size(genome, width, block, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(genome_data.formats.sequence_files, "_BLOCK", block)
    assert letters_of(normalised(write(tmp_path / "g", fasta_text(genome, width)))) == genome
    assert letters_of(normalised(write_2bit(tmp_path / "b", genome))) == genome


def test_samtools_and_pyfaidx_read_the_index_as_it_is(tmp_path: Path) -> None:
    fasta = normalised(write(tmp_path / "g", fasta_text(GENOME)))
    index = Path(f"{fasta}.fai").read_bytes()
    with pysam.FastaFile(str(fasta)) as samtools, pyfaidx.Fasta(str(fasta), rebuild=False) as pyfaidx_genome:
        for contig, letters in GENOME.items():
            for start, end in ((0, len(letters)), (len(letters) // 3, len(letters) // 2 + 1)):
                assert samtools.fetch(contig, start, end) == letters.upper()[start:end]
                assert str(pyfaidx_genome[contig][start:end]) == letters.upper()[start:end]
    Path(f"{fasta}.fai").unlink()
    pysam.faidx(str(fasta))
    assert Path(f"{fasta}.fai").read_bytes() == index


def test_py2bit_reads_what_is_read_here(tmp_path: Path) -> None:
    source = write_2bit(tmp_path / "g.2bit", GENOME)
    peer = py2bit.open(str(source))
    assert letters_of(normalised(source)) == {contig: peer.sequence(contig) for contig in peer.chroms()}


def test_contig_tables_tell_lengths_and_public_digests(tmp_path: Path) -> None:
    fasta = normalised(write(tmp_path / "g", ">a first\nACGT\n>b\nacgtRyn\n"))
    assert (fasta.parent / "chrom.sizes").read_text() == "a\t4\nb\t7\n"
    # SQ.aKF498dAxcJAqme6QYQ7EZ07-fiw8Kw2 is GA4GH's own example of the digest, that of ACGT.
    assert (fasta.parent / "contigs.tsv").read_text() == (
        f"contig\tlength\trefget\tother_names\na\t4\tSQ.aKF498dAxcJAqme6QYQ7EZ07-fiw8Kw2\t\nb\t7\t{refget('ACGTRYN')}\t\n"
    )


def test_lower_case_and_ambiguity_letters_are_accepted_and_reported(tmp_path: Path, caplog) -> None:
    with caplog.at_level(logging.INFO, logger="rc"):
        fasta = normalised(write(tmp_path / "g", ">a\nACGTRYSWKMBDHVN\n>b\nacgtryswkmbdhvn\n"))
    assert letters_of(fasta) == {"a": "ACGT" + 11 * "N", "b": "ACGT" + 11 * "N"}
    assert "15 lower-case letters" in caplog.text
    assert "a: 10 IUPAC ambiguity letters" in caplog.text
    assert "b: 10 IUPAC ambiguity letters" in caplog.text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (">a\nACGT\n>b\nAC\n", None),
        ("\ufeff>a\nACGT\n", "a byte order mark"),
        (">a\r\nACGT\r\n>b\r\nAC\r\n", "carriage returns at line ends"),
        ("\n>a\nACGT\n", "blank lines"),
        (">a\n\nACGT\n", "blank lines"),
        (">a\nACGT\n\n>b\nAC\n", "blank lines"),
        (">a\nAC\n\nGT\n", "blank lines"),
        ("\ufeff>a\r\nAC\r\n\r\nGT\r\n", "a byte order mark, carriage returns at line ends, blank lines"),
    ],
)
def test_what_is_put_right_in_a_genome_is_reported(text: str, message: str | None, tmp_path: Path, caplog) -> None:
    with caplog.at_level(logging.INFO, logger="rc"):
        fasta = normalised(write(tmp_path / "g", text))
    assert letters_of(fasta)["a"] == "ACGT"
    assert re.findall("read with (.*)", caplog.text) == ([message] if message else [])


def test_a_2bit_is_not_reported_to_lack_an_index(tmp_path: Path, caplog) -> None:
    with caplog.at_level(logging.INFO, logger="rc"):
        normalised(write_2bit(tmp_path / "g.2bit", GENOME))
    assert ".fai" not in caplog.text


@pytest.mark.parametrize("age", [None, -1000, 1000], ids=["missing", "stale", "fresh"])
def test_an_index_beside_the_input_is_never_read_or_written(age: int | None, tmp_path: Path, caplog) -> None:
    source = write(tmp_path / "g.fa", ">a\nACGT\n")
    neighbour = tmp_path / "g.fa.fai"
    if age is not None:
        write(neighbour, "this is no index")
        os.utime(neighbour, (source.stat().st_mtime + age,) * 2)
    with caplog.at_level(logging.INFO, logger="rc"):
        fasta = normalised(source)
    assert letters_of(fasta) == {"a": "ACGT"}
    assert ("its own index" in caplog.text) == (age != 1000)
    assert neighbour.exists() == (age is not None)


def test_a_bad_genome_leaves_no_output_behind(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        normalised(write(tmp_path / "g", ">a\nACGT\n>b\nAC-T\n"))
    assert list((tmp_path / "g.normalised").iterdir()) == []


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(genome=genomes, data=st.data())
def test_codes_are_the_letters_padded_with_unknown_bases(genome, data, tmp_path) -> None:
    fasta = normalised(write(tmp_path / "g", fasta_text(genome)))
    width = data.draw(st.integers(1, 80))
    windows = data.draw(st.lists(st.tuples(st.sampled_from(list(genome)), st.integers(-90, 90)), max_size=12))
    codes = Genome(fasta).codes([contig for contig, _ in windows], [start for _, start in windows], width)
    assert codes.dtype == np.uint8
    assert codes.shape == (len(windows), width)
    for (contig, start), row in zip(windows, codes, strict=True):
        padded = "N" * 200 + genome[contig] + "N" * 200
        assert "".join("ACGTN"[code] for code in row) == padded[200 + start : 200 + start + width]


def test_every_ascii_letter_has_the_code_of_its_base() -> None:
    for byte in range(256):
        expected = "ACGT".find(chr(byte).upper()) if chr(byte).isalpha() else -1
        assert ASCII_TO_CODE[byte] == (UNKNOWN if expected < 0 else expected)


def test_the_fast_encoding_agrees_with_the_table() -> None:
    letters = np.frombuffer(b"ACGTN", dtype=np.uint8)
    assert encode_in_place(letters.copy()).tolist() == ASCII_TO_CODE[letters].tolist() == [0, 1, 2, 3, 4]


@given(st.lists(bases.map(lambda text: text[:7].ljust(7, "N")), min_size=1, max_size=5))
def test_reverse_complement_is_that_of_the_letters(sequences: list[str]) -> None:
    codes = np.array([["ACGTN".index(letter) for letter in each] for each in sequences], dtype=np.uint8)
    found = ["".join("ACGTN"[code] for code in row) for row in reverse_complement(codes)]
    assert found == [each.translate(COMPLEMENT)[::-1] for each in sequences]
    assert (reverse_complement(reverse_complement(codes)) == codes).all()


def test_a_fasta_that_was_not_normalised_is_refused(tmp_path: Path) -> None:
    fasta = write(tmp_path / "g.fa", fasta_text(GENOME))
    with pytest.raises(InputError, match="no normalised genome"):
        Genome(fasta)
    pysam.faidx(str(fasta))
    with pytest.raises(InputError, match="several lines"):
        Genome(fasta)


@pytest.mark.parametrize(
    ("path", "contig", "length", "digest"),
    [
        # The digest of chr21 is that of GRCh37's chromosome 21 in public refget servers.
        ("hg19/chr21.hg19.fa.gz", "chr21", 48_129_895, "SQ.LpTaNW-hwuY_yARP0rtarCnpCQLkgVCg"),
        ("fly_dm3/dm3_chr2R.fa.gz", "chr2R", 21_146_708, None),
        ("yeast_sacCer3/sacCer3.fa.gz", "chrI", 230_218, None),
    ],
)
def test_real_genomes(shared_data: Path, tmp_path: Path, path: str, contig: str, length: int, digest) -> None:
    (tmp_path / "link").symlink_to(shared_data / path)
    fasta = normalised(tmp_path / "link")
    genome = Genome(fasta)
    assert genome.sizes[contig] == length
    with pysam.BGZFile(str(shared_data / path)) as source:
        raw = source.read(200_000).split(b"\n", 1)[1].split(b">")[0].replace(b"\n", b"").upper()
    assert genome.bases(contig)[: len(raw)].tobytes() == raw
    if digest:
        assert digest in (fasta.parent / "contigs.tsv").read_text()
