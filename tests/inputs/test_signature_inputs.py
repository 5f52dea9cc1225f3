"""Binary and compressed files given as any input: each is named, with what to give instead, or read."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import pickle
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyBigWig
import pysam
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from input_cases import Content, Refused, assert_refused, write
from sequence_formats import fasta_text, write_2bit

from genome_data.formats.bed import read_intervals, read_mask
from genome_data.formats.labelled_files import read_labelled_file
from genome_data.formats.peaks import read_peaks
from genome_data.formats.reads import read_five_prime_ends
from genome_data.formats.sequence_files import read_sequence
from genome_data.formats.signatures import FileKind, kind_of
from genome_data.formats.tracks import contigs_of_track
from genome_data.formats.variant_files import read_variant_table, read_vcf
from workflow_support.errors import InputError

SIZES = {"chr1": 3000}
COLUMNS = {"contig": "contig", "position": "position", "alternative": "alternative"}
BED = "chr1\t10\t20\tx\t1\t+\nchr1\t30\t40\ty\t2\t-\n"
LETTERS = "ACGTNACGTTGCAacgtnRY" * 40
GENOME = {"chr1": LETTERS, "chr2": LETTERS[:501]}

USES: dict[str, Callable[[Path], object]] = {
    "peaks": read_peaks,
    "regions": read_intervals,
    "blacklist": lambda path: read_mask(path, SIZES),
    "VCF": read_vcf,
    "table of variants": lambda path: read_variant_table(path, COLUMNS),
    "labelled sequences": lambda path: read_labelled_file(path, "sequence", "label"),
    "sequences": lambda path: list(read_sequence(path)),
    "reads": lambda path: read_five_prime_ends(path, SIZES, minimum_mapping_quality=0, keep_duplicates=True),
    "track": lambda path: contigs_of_track(path, SIZES),
}


def bgzf(content: bytes) -> Callable[[Path], bytes]:
    def make(folder: Path) -> bytes:
        with pysam.BGZFile(str(folder / "made"), "wb") as out:
            out.write(content)
        return (folder / "made").read_bytes()

    return make


def zipped(*names: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in names:
            archive.writestr(name, BED)
    return content.getvalue()


def tarred() -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        entry = tarfile.TarInfo("peaks.bed")
        entry.size = len(BED)
        archive.addfile(entry, io.BytesIO(BED.encode()))
    return content.getvalue()


def bigwig(folder: Path) -> bytes:
    with pyBigWig.open(str(folder / "made.bw"), "w") as track:
        track.addHeader(list(SIZES.items()))
        track.addEntries(["chr1"], [5], ends=[9], values=[1.0])
    return (folder / "made.bw").read_bytes()


def bam(folder: Path) -> bytes:
    header = {"HD": {"VN": "1.6"}, "SQ": [{"SN": "chr1", "LN": 3000}]}
    with pysam.AlignmentFile(str(folder / "made.bam"), "wb", header=header) as out:
        for flag in (0, pysam.FREVERSE):
            read = pysam.AlignedSegment(out.header)
            read.query_name, read.flag, read.reference_id, read.reference_start = "r", flag, 0, 10
            read.mapping_quality, read.cigarstring, read.query_sequence = 60, "4M", "ACGT"
            out.write(read)
    return (folder / "made.bam").read_bytes()


def saved_array() -> bytes:
    content = io.BytesIO()
    np.save(content, np.arange(3))
    return content.getvalue()


# Content; its name in the error; the uses that can read it; words of the advice, by use or for all others.
KINDS: dict[str, tuple[Content, str, set[str], dict[str, str]]] = {
    "bigBed": (struct.pack("<I", 0x8789F2EB) + bytes(60), "a bigBed file", set(), {"peaks": "bigBedToBed input"}),
    "bigBed of the other order": (struct.pack(">I", 0x8789F2EB) + bytes(60), "a bigBed file", set(), {}),
    "bigWig": (
        bigwig, "a bigWig file", {"track"}, {"peaks": "`signal:` or `counts:`", "reads": "plus: [input]"},
    ),
    "bigWig, compressed": (
        lambda folder: gzip.compress(bigwig(folder)), "a bigWig file, inside a gzip file", set(),
        {"track": "gunzip -c input"},
    ),
    "BAM": (
        bam, "a BAM file", {"reads"},
        {"peaks": "MACS", "sequences": "mapped to", "track": "counts: {reads: [input]}"},
    ),
    "BAM, compressed again": (
        lambda folder: gzip.compress(bam(folder)), "a gzip file, inside a gzip file", set(),
        {"reads": "gunzip -c input > reads.bam"},
    ),
    "CRAM": (b"CRAM\x03\x00" + bytes(50), "a CRAM file", set(), {"reads": "samtools view -b -T", "peaks": "MACS"}),
    "BCF": (bgzf(b"BCF\x02\x02" + bytes(50)), "a BCF file", set(), {"VCF": "bcftools view"}),
    "BCF, not compressed": (b"BCF\x02\x02" + bytes(50), "a BCF file", set(), {"table of variants": "bcftools view"}),
    "2bit": (
        lambda folder: write_2bit(folder / "made", GENOME).read_bytes(), "a 2bit file", {"sequences"},
        {"peaks": "twoBitToFa input out.fa"},
    ),
    "HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(50), "an HDF5 file", set(), {"": "to_csv"}),
    "Excel": (zipped("[Content_Types].xml", "xl/workbook.xml"), "an Excel workbook", set(), {"": "Tab delimited"}),
    "OpenDocument": (zipped("mimetype", "content.xml"), "an Excel workbook", set(), {"": "Tab delimited"}),
    "Excel of old": (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(90), "of the old kind", set(), {"": "Tab delimited"}),
    "zip": (zipped("peaks.bed"), "a zip archive", set(), {"": "unzip input"}),
    "tar": (tarred(), "a tar archive", set(), {"": "tar -xf input"}),
    "tar, compressed": (gzip.compress(tarred()), "a tar archive, inside a gzip file", set(), {"": "tar -xf input"}),
    "bzip2": (bz2.compress(BED.encode()), "a bzip2 file", set(), {"": "bunzip2 input"}),
    "xz": (lzma.compress(BED.encode()), "an xz file", set(), {"": "unxz input"}),
    "Zstandard": (b"\x28\xb5\x2f\xfd" + bytes(20), "a Zstandard file", set(), {"": "unzstd input"}),
    "LZ4": (b"\x04\x22\x4d\x18" + bytes(20), "an LZ4 file", set(), {"": "unlz4"}),
    "compress": (b"\x1f\x9d\x90" + bytes(20), "a file of compress", set(), {"": "uncompress"}),
    "7z": (b"7z\xbc\xaf\x27\x1c" + bytes(20), "a 7z archive", set(), {"": "7z x"}),
    "gzip twice": (
        gzip.compress(gzip.compress(BED.encode())), "a gzip file, inside a gzip file", set(), {"": "gunzip -c input"},
    ),
    "UTF-16 of Excel": (BED.encode("utf-16"), "text in UTF-16", set(), {"": "iconv -f UTF-16 -t UTF-8"}),
    "UTF-16, the other order": (b"\xfe\xff" + BED.encode("utf-16-be"), "text in UTF-16", set(), {"": "-f UTF-16"}),
    "UTF-16 without a mark": (BED.encode("utf-16-le"), "without a byte order mark", set(), {"": "iconv -f UTF-16LE"}),
    "UTF-16, compressed": (
        gzip.compress(BED.encode("utf-16")), "text in UTF-16", set(), {"": "iconv -f UTF-16"},
    ),
    "NumPy": (saved_array(), "a NumPy array", set(), {"": "to_csv"}),
    "Parquet": (b"PAR1\x15\x04" + bytes(50), "a Parquet file", set(), {"": "to_csv"}),
    "pickle": (pickle.dumps({"a": np.arange(9)}, protocol=4), "a pickled object", set(), {"": "to_csv"}),
    "RData": (gzip.compress(b"RDX3\nX\n\0\0\0\3"), "an RData file of R", set(), {"": "write.table"}),
    "RDS": (gzip.compress(b"X\n\0\0\0\3\0\4\1\0"), "an RDS file of R", set(), {"": "write.table"}),
    "SQLite": (b"SQLite format 3\0" + bytes(50), "an SQLite database", set(), {}),
    "tabix index": (bgzf(b"TBI\x01" + bytes(50)), "a tabix index", set(), {"": "the file that the index belongs to"}),
    "BAI index": (b"BAI\x01" + bytes(50), "a BAI index", set(), {"reads": "the file that the index belongs to"}),
    "PDF": (b"%PDF-1.7\n", "a PDF document", set(), {}),
    "web page": (b"<!DOCTYPE html>\n<html>404</html>", "a web page", set(), {"": "right address"}),
    "web page, compressed": (gzip.compress(b"\n<html>404</html>"), "a web page", set(), {"": "right address"}),
    "Git LFS": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS", set(), {"": "git lfs pull"}),
}  # fmt: skip


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_input_names_the_kind_of_a_file_and_what_to_give_instead(kind: str, use: str, tmp_path: Path) -> None:
    content, name, readers, advice = KINDS[kind]
    path = write(tmp_path / "input", content)
    if use in readers:
        assert USES[use](path)
        return
    words = [name, *([advice[use]] if use in advice else [advice[""]] if "" in advice else [])]
    assert_refused(path, Refused(content, None, tuple(words)), lambda: USES[use](path))


@pytest.mark.parametrize("name", ["PAR1", "BAM", "BCF", "CRAM", "X", "RDX", "Rar"])
def test_names_that_begin_like_a_signature_are_names(name: str, tmp_path: Path) -> None:
    assert read_intervals(write(tmp_path / "regions", f"{name}\t5\t9\n"))["contig"].tolist() == [name]


def blocks(genome: Path) -> dict[str, tuple[bytes, int]]:
    found: dict[str, tuple[bytes, int]] = {}
    for contig, letters, lower_case in read_sequence(genome):
        before, masked = found.get(contig, (b"", 0))
        found[contig] = (before + letters, masked + lower_case)
    return found


def doubled(content: bytes) -> bytes:
    middle = len(content) // 2
    return gzip.compress(content[:middle]) + gzip.compress(content[middle:])


PACKED: dict[str, Callable[[bytes, Path], bytes]] = {
    "plain": lambda content, folder: content,
    "gzip": lambda content, folder: gzip.compress(content),
    "gzip with a name": lambda content, folder: gzip_with_name(content),
    "gzip of two members": lambda content, folder: doubled(content),
    "gzip, then zeros": lambda content, folder: gzip.compress(content) + bytes(512),
    "gzip, then BGZF": lambda content, folder: gzip.compress(content[:700]) + bgzf(content[700:])(folder),
    "BGZF": lambda content, folder: bgzf(content)(folder),
    "BGZF twice": lambda content, folder: bgzf(content[:700])(folder) + bgzf(content[700:])(folder),
    "BGZF, then gzip": lambda content, folder: bgzf(content[:700])(folder) + gzip.compress(content[700:]),
    "BGZF without its end, then gzip": lambda content, folder: (
        bgzf(content[:700])(folder)[:-28] + gzip.compress(content[700:])
    ),
    "BGZF, then zeros": lambda content, folder: bgzf(content)(folder) + bytes(512),
}


def gzip_with_name(content: bytes) -> bytes:
    packed = io.BytesIO()
    with gzip.GzipFile("genome.fa", "wb", fileobj=packed) as out:
        out.write(content)
    return packed.getvalue()


@pytest.mark.parametrize("packing", PACKED)
@pytest.mark.parametrize("form", ["FASTA", "2bit", "peaks", "VCF", "labelled sequences"])
def test_what_gzip_can_test_can_be_read(form: str, packing: str, tmp_path: Path) -> None:
    genome = write_2bit(tmp_path / "genome.2bit", GENOME).read_bytes()
    vcf = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\n" + "".join(f"chr1\t{n}\t.\tA\tC\n" for n in range(1, 99))
    contents = {
        "FASTA": (fasta_text(GENOME).encode(), blocks),
        "2bit": (genome, blocks),
        "peaks": (BED.encode() * 40, lambda path: read_peaks(path).values.tolist()),
        "VCF": (vcf.encode(), lambda path: read_vcf(path)["position"].tolist()),
        "labelled sequences": (
            b"sequence,label\n" + b"ACGTACGT,1\nACGAACGA,0\n" * 60,
            lambda path: read_labelled_file(path, "sequence", "label")["label"].tolist(),
        ),
    }
    content, read = contents[form]
    expected = read(write(tmp_path / "plain", content))
    assert read(write(tmp_path / "packed", PACKED[packing](content, tmp_path))) == expected


CUT = {
    "BGZF between blocks": (lambda content, folder: bgzf(content)(folder)[:-28], "without the block that ends it"),
    "BGZF inside a block": (lambda content, folder: bgzf(content)(folder)[:-60], "truncated"),
    "BGZF between blocks, then zeros": (
        lambda content, folder: bgzf(content)(folder)[:-28] + bytes(64), "without the block that ends it",
    ),
    "the second member": (lambda content, folder: doubled(content)[:-9], "truncated"),
    "BGZF, then gzip that is cut": (
        lambda content, folder: bgzf(content[:700])(folder) + gzip.compress(content[700:])[:-12], "truncated",
    ),
    "BGZF, then text": (lambda content, folder: bgzf(content)(folder) + b"more text", "truncated or corrupt"),
    "gzip, then text": (lambda content, folder: gzip.compress(content) + b"more text", "corrupt"),
}  # fmt: skip


@pytest.mark.parametrize("name", CUT)
def test_cut_and_mixed_files_are_refused(name: str, tmp_path: Path) -> None:
    pack, words = CUT[name]
    content = fasta_text({"chr1": "ACGTTGCA" * 500}).encode()
    path = write(tmp_path / "genome.fa.gz", pack(content, tmp_path))
    assert_refused(path, Refused(b"", None, (words, "gzip -t")), lambda: list(read_sequence(path)))


@settings(max_examples=200)
@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0<%\ufeff"), min_size=4))
def test_text_is_no_binary_file(text: str) -> None:
    assert kind_of(text.encode()) is None or text.startswith(("BZh", "RDX", "RDA", "version https"))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(min_size=1, max_size=700), use=st.sampled_from(sorted(USES)))
def test_random_bytes_end_in_one_clear_error(content: bytes, use: str, tmp_path: Path) -> None:
    path = write(tmp_path / "input", content)
    try:
        USES[use](path)
    except InputError as error:
        assert str(path) in str(error)
        assert error.fix


def test_a_damaged_workbook_is_refused_whatever_is_damaged(tmp_path: Path) -> None:
    """Every byte after the signature in turn, as zipfile meets it: versions, flags, names, places."""
    content = zipped("[Content_Types].xml", "xl/workbook.xml")
    for place in range(4, len(content), 3):
        path = write(tmp_path / "input", content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :])
        with pytest.raises(InputError, match=r"an Excel workbook|a zip archive"):
            read_peaks(path)


def test_every_kind_has_a_name_and_advice() -> None:
    kind = kind_of(b"\x89HDF\r\n\x1a\n")
    assert isinstance(kind, FileKind)
    assert kind.name == "an HDF5 file"
    assert kind_of(b"chr1\t10\t20\n") is None
