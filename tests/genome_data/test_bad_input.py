"""Inputs that cannot be used: each is reported with its file, its line if any, and a fix; nothing is left behind."""

import gzip
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from normalise_genome import normalise_genome
from prepare_peaks import prepare_peaks
from sequence_formats import fasta_text, write_2bit, write_bgzf, write_gzip

from genome_data.formats.bed import read_intervals
from workflow_support.errors import InputError

LETTERS = "ACGTTGCA" * 250
GENOME = {"chr1": LETTERS, "chr2": LETTERS}
SPLITS = {"validation": ["chr2:1-1000"], "test": ["chr2:1001-2000"]}
PEAKS = "chr1\t500\t510\nchr2\t500\t510\nchr2\t1500\t1510\n"


def cut(content: bytes, dropped: int) -> bytes:
    return content[:-dropped]


def of(writer: Callable[..., Path], *arguments: object, **options: object) -> Callable[[Path], bytes]:
    """The bytes of a file that another writer makes."""
    return lambda folder: writer(folder / "made", *arguments, **options).read_bytes()


def damaged_2bit(position: int, value: bytes) -> Callable[[Path], bytes]:
    def make(folder: Path) -> bytes:
        content = bytearray(of(write_2bit, GENOME)(folder))
        content[position : position + len(value)] = value
        return bytes(content)

    return make


# name: (content of the file, line that the error names, text that it holds)
BAD_GENOMES = {
    "empty": (b"", None, "empty"),
    "blank lines only": (b"\n\n\n", None, "no sequence"),
    "no header": (b"ACGT\nACGT\n", 1, "begin like a FASTA"),
    "letters before the first header": (b"\n\nAC\n>chr1\nACGT\n", 3, "begin like a FASTA"),
    "a space before the header": (b" >chr1\nACGT\n", 1, "begin like a FASTA"),
    "a comment of old": (b"; comment\n>chr1\nACGT\n", 1, "begin like a FASTA"),
    "FASTQ": (b"@read\nACGT\n+\nIIII\n", 1, "begin like a FASTA"),
    "GenBank": (b"LOCUS  X\nORIGIN\n", 1, "begin like a FASTA"),
    "BED": (b"chr1\t1\t5\n", 1, "begin like a FASTA"),
    "a duplicate contig": (b">chr1\nA\n>chr2\nA\n>chr1\nA\n", 5, "line 1"),
    "a duplicate next to its twin": (b">chr1 x\nAC\n>chr1 y\nAC\n", 3, "twice"),
    "an empty contig": (b">chr1\n>chr2\nACGT\n", 1, "no sequence"),
    "an empty contig at the end": (b">chr1\nAC\n>chr2\n", 3, "no sequence"),
    "a header without a line end": (b">chr1\nAC\n>chr2", 3, "no sequence"),
    "no name": (b">\nACGT\n", 1, "no name"),
    "a space before the name": (b"> chr1\nACGT\n", 1, "directly follow"),
    "a name that is not text": (b">chr\xff\nACGT\n", 1, "not text"),
    "old Macintosh line ends": (b">chr1\rACGT\r>chr2\rACGT\r", 1, "does not end"),
    "RNA": (b">chr1\nACGU\n", 2, "write T for U"),
    "protein": (b">p\nMKVLE\n", 2, "protein"),
    "a gap": (b">chr1\nAC\nAC-GT\n", 3, "'-'"),
    "a digit": (b">chr1\nAC\n\nAC1GT\n", 4, "'1'"),
    "a stop": (b">chr1\nACGT*\n", 2, "'*'"),
    "X for a masked base": (b">chr1\nACGX\n", 2, "write N"),
    "a header inside a line": (b">chr1\nACGT>chr2\nAC\n", 2, "'>'"),
    "a null byte": (b">chr1\nAC\0GT\n", 2, "no base"),
    "far down": (b">chr1\n" + b"ACGT\n" * 10_000 + b"AC?T\n", 10_002, "'?'"),
    "far down, gzip": (gzip.compress(b">chr1\n" + b"ACGT\n" * 10_000 + b"AC?T\n"), 10_002, "'?'"),
    "a web page": (b"<!DOCTYPE html>\n<html>404</html>", None, "web page"),
    "zip": (b"PK\x03\x04" + bytes(50), None, "zip"),
    "bzip2": (b"BZh91AY" + bytes(50), None, "bzip2"),
    "xz": (b"\xfd7zXZ\x00" + bytes(50), None, "xz"),
    "Zstandard": (b"\x28\xb5\x2f\xfd" + bytes(50), None, "Zstandard"),
    "a truncated gzip": (lambda folder: cut(of(write_gzip, fasta_text(GENOME))(folder), 20), None, "truncated"),
    "a gzip without its checksum": (
        lambda folder: cut(of(write_gzip, fasta_text(GENOME))(folder), 8),
        None,
        "truncated",
    ),
    "a gzip of a few bytes": (b"\x1f\x8b\x08", None, "truncated"),
    "a damaged gzip": (gzip.compress(LETTERS.encode())[:-8] + b"12345678", None, "corrupt"),
    "text after a gzip": (gzip.compress(b">chr1\nACGT\n") + b"more", None, "corrupt"),
    "an empty gzip": (gzip.compress(b""), None, "no sequence"),
    "BGZF cut between blocks": (lambda folder: cut(of(write_bgzf, fasta_text(GENOME))(folder), 28), None, "BGZF"),
    "BGZF cut inside a block": (lambda folder: cut(of(write_bgzf, fasta_text(GENOME))(folder), 60), None, "truncated"),
    "2bit: header only": (struct.pack("<I", 0x1A412743), None, "the header"),
    "2bit: no contigs": (struct.pack("<4I", 0x1A412743, 0, 0, 0), None, "no contig"),
    "2bit: another version": (damaged_2bit(4, b"\x02"), None, "version 2"),
    "2bit: cut index": (lambda folder: of(write_2bit, GENOME)(folder)[:20], None, "the index"),
    "2bit: cut record": (lambda folder: cut(of(write_2bit, GENOME)(folder), 9), None, "inside chr2"),
    "2bit: a record past the end": (damaged_2bit(21, b"\xff\xff\xff\x7f"), None, "inside chr1"),
    "2bit: a duplicate contig": (damaged_2bit(29, b"1"), None, "twice"),
    "2bit: too many unknown blocks": (damaged_2bit(38, b"\xff\xff\xff\xff"), None, "inside chr1"),
    "2bit: a contig without bases": (lambda folder: of(write_2bit, {"chr1": ""})(folder), None, "length 0"),
}


@pytest.mark.parametrize("name", BAD_GENOMES)
def test_bad_genomes(name: str, tmp_path: Path) -> None:
    content, line, message = BAD_GENOMES[name]
    source = tmp_path / "genome.fa"
    source.write_bytes(content(tmp_path) if callable(content) else content)
    outputs = [tmp_path / "out" / each for each in ("genome.fa", "genome.fa.fai", "contigs.tsv", "chrom.sizes")]
    with pytest.raises(InputError) as caught:
        normalise_genome(source, *outputs)
    assert_reported(caught.value, source, line, message)
    assert not list((tmp_path / "out").glob("*")), "something half-written was left"


@pytest.fixture(scope="module")
def genome(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("genome")
    (folder / "source.fa").write_text(fasta_text(GENOME))
    fasta = folder / "genome.fa"
    normalise_genome(folder / "source.fa", fasta, Path(f"{fasta}.fai"), folder / "contigs.tsv", folder / "chrom.sizes")
    return fasta


NARROW = "chr1\t500\t510\t.\t0\t.\t1.5\t-1\t-1\t5\n"
BAD_PEAKS = {
    "empty": ("", None, "empty"),
    "comments only": ("# nothing\n\n", None, "no interval"),
    "a header only": ("chrom\tstart\tend\n", None, "no interval"),
    "start after end": (PEAKS + "chr1\t20\t10\n", 4, "backwards"),
    "start at end": ("#\n" + PEAKS + "chr1\t20\t20\n", 5, "empty or backwards"),
    "a negative start": (PEAKS + "chr1\t-5\t10\n", 4, "'-5' in column 2"),
    "a negative end": ("chr1\t5\t-10\n" + PEAKS, 1, "'-10' in column 3"),
    "a start that is a word": (PEAKS + "chr1\tx\t10\n", 4, "'x'"),
    "a start with a point": (PEAKS + "chr1\t10.0\t20\n", 4, "'10.0'"),
    "a start in powers of ten": (PEAKS + "chr1\t1e3\t2000\n", 4, "'1e3'"),
    "a start with commas": (PEAKS + "chr1\t1,000\t2,000\n", 4, "'1,000'"),
    "a start that is missing": (PEAKS + "chr1\t\t2000\n", 4, "''"),
    "a start beyond 64 bits": (PEAKS + "chr1\t99999999999999999999\t5\n", 4, "99999999999999999999"),
    "no contig": (PEAKS + "\t5\t10\n", 4, "no name"),
    "a header in the middle": (PEAKS + "chrom\tstart\tend\n", 4, "'start'"),
    "one column": ("chr1\nchr2\n", 1, "too few"),
    "two columns": ("chr1\t5\n", 1, "too few"),
    "commas for tabs": ("chr1,5,10\n", 1, "too few"),
    "a region per line": ("chr1:5-10\n", 1, "too few"),
    "a missing column": (PEAKS + "chr1\t20\n", 4, "number of columns changes"),
    "a further column": (PEAKS + "\n\nchr1\t20\t30\tx\n", 6, "number of columns changes"),
    "spaces among tabs": (PEAKS + "chr1 20 30\n", 4, "number of columns changes"),
    "cut in the last line": (NARROW * 2 + NARROW[:20], 3, "number of columns changes"),
    "a summit past its peak": (NARROW + NARROW.replace("\t5\n", "\t11\n"), 2, "offset 11 in a peak of 10 bp"),
    "a summit of the whole genome": (NARROW.replace("\t5\n", "\t505\n"), 1, "outside its peak"),
    "a summit below -1": (NARROW + NARROW.replace("\t5\n", "\t-2\n"), 2, "'-2' in column 10"),
    "a summit that is a word": (NARROW + NARROW.replace("\t5\n", "\tpeak_1\n"), 2, "'peak_1'"),
    "a signal that is a word": (NARROW + NARROW.replace("1.5", "high"), 2, "'high' in column 7"),
    "a signal that is no number": (NARROW + NARROW.replace("1.5", "nan"), 2, "'nan'"),
    "a score as Python writes it": ("chr1\t1\t5\tx\t1\nchr1\t1\t5\tx\t1_000\n", 2, "'1_000' in column 5"),
    "an infinite score": ("chr1\t1\t5\tx\t.\nchr1\t1\t5\tx\tinf\n", 2, "'inf' in column 5"),
    "MACS xls with odd lengths": ("chr\tstart\tend\tlength\tabs_summit\tname\nchr1\t5\t9\t7\t7\tp_1\n", 2, "width 7"),
    "bytes that are no text": (b"chr1\t1\t5\nchr1\t2\t\xff\xfe\n", 2, "not text"),
    "a null byte": (b"chr1\t1\t5\n\0\n", 2, "not text"),
    "a truncated gzip": (cut(gzip.compress(PEAKS.encode()), 9), None, "truncated"),
    "a gzip without its checksum": (cut(gzip.compress(PEAKS.encode()), 8), None, "truncated"),
    "an empty gzip": (gzip.compress(b""), None, "no interval"),
    "a web page": ("<html><body>404</body></html>", None, "web page"),
    "1 for chr1": (PEAKS.replace("chr", ""), None, "sed 's/^/chr/'"),
    "NC names for chr1": (PEAKS.replace("chr", "NC_00000"), None, "RefSeq"),
    "another build": ("chr1\t500\t510\nchr2\t1995\t2001\nchr1\t5000\t5010\n", 2, "another genome build"),
    "no validation peak": ("chr1\t500\t510\nchr2\t1500\t1510\n", None, "split validation"),
    "no peak in two splits": ("chr1\t500\t510\n", None, "split validation and test"),
    "no peak left": ("chr1\t1\t5\nchr2\t1990\t2000\n", None, "2 beyond_contig_end"),
}


@pytest.mark.parametrize("name", BAD_PEAKS)
def test_bad_peaks(name: str, genome: Path, tmp_path: Path) -> None:
    content, line, message = BAD_PEAKS[name]
    peaks = tmp_path / "peaks.bed"
    peaks.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError) as caught:
        prepare(peaks, genome, tmp_path / "out")
    assert_reported(caught.value, peaks, line, message)
    assert not (tmp_path / "out").exists(), "something was written"


def test_the_strongest_of_peaks_without_strength(genome: Path, tmp_path: Path) -> None:
    peaks = tmp_path / "peaks.bed"
    peaks.write_text(PEAKS)
    with pytest.raises(InputError) as caught:
        prepare(peaks, genome, tmp_path / "out", strongest=2)
    assert_reported(caught.value, peaks, None, "have no strength")


def test_a_bad_blacklist_is_reported_with_its_own_name(genome: Path, tmp_path: Path) -> None:
    peaks, blacklist = tmp_path / "peaks.bed", tmp_path / "blacklist.bed"
    peaks.write_text(PEAKS)
    blacklist.write_text("chr1\t5\t9\nchr1\t9\t5\n")
    with pytest.raises(InputError) as caught:
        prepare(peaks, genome, tmp_path / "out", blacklist=[blacklist])
    assert_reported(caught.value, blacklist, 2, "backwards")


def test_a_blacklist_that_could_remove_nothing(genome: Path, tmp_path: Path) -> None:
    peaks, blacklist = tmp_path / "peaks.bed", tmp_path / "blacklist.bed"
    peaks.write_text(PEAKS)
    blacklist.write_text("1\t0\t2000\n2\t0\t2000\n")
    with pytest.raises(InputError) as caught:
        prepare(peaks, genome, tmp_path / "out", blacklist=[blacklist])
    assert_reported(caught.value, blacklist, None, "sed 's/^/chr/'")
    # A genome that is a part of one: its blacklisted regions may all lie elsewhere.
    blacklist.write_text("chr7\t0\t2000\n")
    prepare(peaks, genome, tmp_path / "out", blacklist=[blacklist])
    assert (tmp_path / "out/positives").exists()


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir()], ids=["missing", "a folder"])
def test_files_that_cannot_be_opened(make, genome: Path, tmp_path: Path) -> None:
    path = tmp_path / "input"
    make(path)
    outputs = [tmp_path / "out" / str(each) for each in range(4)]
    for use in (lambda: normalise_genome(path, *outputs), lambda: prepare(path, genome, tmp_path / "out")):
        with pytest.raises(InputError) as caught:
            use()
        assert_reported(caught.value, path, None, "cannot be read")
    with pytest.raises(InputError, match="cannot be read"):
        read_intervals(path)


def prepare(peaks: Path, genome: Path, folder: Path, **changes: object) -> None:
    options = {"blacklist": [], "width": 50, "strongest": None, "splits": SPLITS, "max_unknown_fraction": 0.5} | changes
    prepare_peaks(peaks, genome, *options.values(), *(folder / name for name in ("positives", "intervals", "counts")))


def assert_reported(error: InputError, file: Path, line: int | None, message: str) -> None:
    """The text opens with the file and line, says what was found and how to fix it, and holds ``message``."""
    text = str(error)
    place = str(file) + (f", line {line}: " if line else ": ")
    assert text.startswith(place), text
    assert error.line == line
    assert message in text
    assert error.found is not None
    assert error.allowed
    assert error.fix
