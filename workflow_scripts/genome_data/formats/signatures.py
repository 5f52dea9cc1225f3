"""Signatures of binary and compressed files: what a file is, and what to give instead where it cannot be read."""

from __future__ import annotations

import gzip
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from workflow_support.errors import InputError

TABLE, SEQUENCES, READS, TRACK = "table", "sequences", "reads", "track"
"""The purpose that a file is opened for: a text table (peaks, regions, variants, labels, motifs), sequences, aligned
reads, or a track of values along the genome."""
HEAD = 512
"""Number of leading bytes that are enough for :func:`kind_of`."""

_ALLOWED = {
    TABLE: "text in UTF-8, plain or compressed with gzip or BGZF",
    SEQUENCES: "FASTA or 2bit, plain or compressed with gzip or BGZF",
    READS: "aligned reads as BAM",
    TRACK: "a complete bigWig",
}
_OTHERWISE = {
    TABLE: "export it as text, with one line per record and columns separated by tabs",
    SEQUENCES: "give the sequences as FASTA or 2bit",
    READS: "give the BAM of the aligned reads",
    TRACK: "give the bigWig of the track",
}


class FileKind(NamedTuple):
    """A kind of file that is recognised by its first bytes.

    Attributes
    ----------
    name
        The name of the kind in a sentence, such as "a bigBed file".
    magics
        Byte strings of which the file has one at ``offset``.
    instead
        What to do instead, by what the file is wanted for. ``""`` is for every other purpose.
    offset
        Position of the signature in the file.
    """

    name: str
    magics: tuple[bytes, ...]
    instead: Mapping[str, str]
    offset: int = 0


def _either_order(number: int) -> tuple[bytes, bytes]:
    return number.to_bytes(4, "little"), number.to_bytes(4, "big")


def _always(advice: str) -> dict[str, str]:
    return {"": advice}


_PEAKS_OF_READS = "reads are no table: give the peaks that a peak caller, such as MACS, found in them"
_UNPACK = "unpack the file, for example with"
_FROM_R = _always(
    "write the table from R as text: write.table(x, 'FILE', sep = '\\t', quote = FALSE, row.names = FALSE)"
)
_FROM_PYTHON = _always("write the values from Python as text: pandas.DataFrame.to_csv('FILE', sep='\\t', index=False)")
_INDEX = _always("give the file that the index belongs to; its name is that of the index without the last ending")

GZIP = FileKind(
    "a gzip file",
    (b"\x1f\x8b",),
    {"": "unpack it once: gunzip -c FILE > unpacked", READS: "unpack it once: gunzip -c FILE > reads.bam"},
)
TWOBIT = FileKind(
    "a 2bit file",
    _either_order(0x1A412743),
    _always(
        "this is a genome: give it as `genomes: {NAME: {fasta: FILE}}`, or convert it with: twoBitToFa FILE out.fa"
    ),
)
BAM = FileKind(
    "a BAM file",
    (b"BAM\x01",),
    {
        TABLE: _PEAKS_OF_READS,
        SEQUENCES: "give the FASTA or 2bit file of the genome that the reads were mapped to",
        TRACK: "give it under `counts: {reads: [FILE]}` of a profile task, or make a bigWig: bamCoverage -b FILE",
    },
)
BIGWIG = FileKind(
    "a bigWig file",
    _either_order(0x888FFC26),
    {
        TABLE: "a track of values is no table: give the peaks; tracks go under `signal:` or `counts:` of a task",
        READS: "give bigWigs of the two strands under `counts: {plus: [FILE], minus: [FILE]}`",
    },
)
BIGBED = FileKind(
    "a bigBed file", _either_order(0x8789F2EB), {TABLE: "convert it to BED with: bigBedToBed FILE out.bed"}
)
CRAM = FileKind(
    "a CRAM file",
    (b"CRAM\x02", b"CRAM\x03"),
    {
        TABLE: _PEAKS_OF_READS,
        READS: "convert it to BAM with: samtools view -b -T genome.fa -o reads.bam FILE",
        TRACK: "convert it to BAM with: samtools view -b -T genome.fa -o reads.bam FILE",
    },
)
BCF = FileKind("a BCF file", (b"BCF\x02",), {TABLE: "convert it to VCF with: bcftools view -O z -o out.vcf.gz FILE"})
EXCEL = FileKind(
    "an Excel workbook", (), _always("in Excel, save the sheet as Text (Tab delimited), and give that file")
)
UTF16 = FileKind(
    "text in UTF-16, as Excel and Windows write it",
    (b"\xff\xfe", b"\xfe\xff"),
    _always("convert it with: iconv -f UTF-16 -t UTF-8 FILE > out.txt"),
)
UTF16_UNMARKED = FileKind(
    "text in UTF-16 without a byte order mark",
    (),
    _always("convert it with: iconv -f UTF-16LE -t UTF-8 FILE > out.txt"),
)
WEB_PAGE = FileKind(
    "a web page, which some servers send instead of a missing file",
    (),
    _always("fetch the file from the right address"),
)
_ZIP = FileKind("a zip archive", (b"PK\x03\x04", b"PK\x05\x06"), _always(f"{_UNPACK}: unzip FILE"))

_KINDS = (
    GZIP,
    TWOBIT,
    BAM,
    BIGWIG,
    BIGBED,
    CRAM,
    BCF,
    _ZIP,
    FileKind(
        "an Excel workbook of the old kind (.xls), or another document of Office",
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",),
        EXCEL.instead,
    ),
    FileKind("a tar archive", (b"ustar",), _always(f"{_UNPACK}: tar -xf FILE"), offset=257),
    FileKind("a bzip2 file", (b"BZh",), _always(f"{_UNPACK}: bunzip2 FILE")),
    FileKind("an xz file", (b"\xfd7zXZ\x00",), _always(f"{_UNPACK}: unxz FILE")),
    FileKind("a Zstandard file", (b"\x28\xb5\x2f\xfd",), _always(f"{_UNPACK}: unzstd FILE")),
    FileKind("an LZ4 file", (b"\x04\x22\x4d\x18",), _always(f"{_UNPACK}: unlz4 FILE")),
    FileKind("a file of compress (.Z)", (b"\x1f\x9d",), _always(f"{_UNPACK}: uncompress FILE")),
    FileKind("a 7z archive", (b"7z\xbc\xaf\x27\x1c",), _always(f"{_UNPACK}: 7z x FILE")),
    FileKind("a RAR archive", (b"Rar!\x1a\x07",), _always(f"{_UNPACK}: unrar x FILE")),
    FileKind("an HDF5 file", (b"\x89HDF\r\n\x1a\n",), _FROM_PYTHON),
    FileKind("a NumPy array", (b"\x93NUMPY",), _FROM_PYTHON),
    FileKind("a Parquet file", (b"PAR1\x15",), _FROM_PYTHON),
    FileKind("an Arrow file", (b"ARROW1\x00",), _FROM_PYTHON),
    FileKind("a pickled object of Python", (b"\x80\x03", b"\x80\x04\x95", b"\x80\x05\x95"), _FROM_PYTHON),
    FileKind("an RData file of R", (b"RDX2\n", b"RDX3\n", b"RDA2\n", b"RDA3\n"), _FROM_R),
    FileKind("an RDS file of R", (b"X\n\x00\x00\x00",), _FROM_R),
    FileKind("an SQLite database", (b"SQLite format 3\x00",), _always("export the table as tab-separated text")),
    FileKind("a tabix index", (b"TBI\x01",), _INDEX),
    FileKind("a CSI index", (b"CSI\x01",), _INDEX),
    FileKind("a BAI index", (b"BAI\x01",), _INDEX),
    FileKind("a PDF document", (b"%PDF",), _always("give the table or the sequences as text")),
    FileKind("a PNG image", (b"\x89PNG\r\n",), _always("give the table or the sequences as text")),
    FileKind(
        "a pointer of Git LFS, which stands for a file that was not fetched",
        (b"version https://git-lfs",),
        _always("fetch the file itself, in its repository, with: git lfs pull"),
    ),
    UTF16,
)
_READABLE = {TABLE: (), SEQUENCES: (TWOBIT,), READS: (BAM,), TRACK: (BIGWIG,)}


def kind_of(head: bytes) -> FileKind | None:
    """The kind of a file that begins with ``head``, ideally :data:`HEAD` bytes; None for text and unknown kinds."""
    found = next((kind for kind in _KINDS if head[kind.offset :].startswith(kind.magics)), None)
    if found is None and head.lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml")):
        return WEB_PAGE
    if found is None and len(head) > 8 and not any(head[1 : len(head) // 2 * 2 : 2]) and all(head[0:8:2]):
        return UTF16_UNMARKED
    return found


def require_readable(path: str | Path, head: bytes, wanted: str, *, is_packed: bool = False) -> None:
    """Refuse a file of a kind that cannot be read for the purpose at hand.

    Parameters
    ----------
    head
        The first bytes of the file, or of its content if it is compressed.
    wanted
        :data:`TABLE`, :data:`SEQUENCES`, :data:`READS` or :data:`TRACK`.
    is_packed
        Whether ``head`` was taken from inside a gzip file, where another gzip file is one too many.

    Raises
    ------
    InputError
        The error says what the file is and what to give instead.
    """
    kind = kind_of(head)
    if kind is None or kind in _READABLE[wanted] or (kind is GZIP and not is_packed):
        return
    if not is_packed and kind is _ZIP and _is_workbook(path):
        kind = EXCEL
    raise InputError(
        "the file has a format that cannot be read",
        file=path,
        found=_name(kind, is_packed),
        allowed=_ALLOWED[wanted],
        fix=_advice(kind, path, wanted),
    )


def described(path: str | Path, head: bytes, wanted: str) -> tuple[str, str]:
    """The first bytes of a file that is of the wrong kind, in words, and what to give instead."""
    start = f"a file that begins with {head[:4]!r}"
    kind, packed = kind_of(head), None
    if kind is None:
        return start, _OTHERWISE[wanted]
    if kind is GZIP:
        packed = kind_of(_unpacked_head(path))
    elif kind is _ZIP and _is_workbook(path):
        kind = EXCEL
    name = _name(packed or kind, packed is not None)
    # A file that could be read but for the compression only has to be unpacked.
    fixed = kind if packed is None or packed in _READABLE[wanted] else packed
    return f"{start}: {name}", _advice(fixed, path, wanted)


def _name(kind: FileKind, is_packed: bool) -> str:
    # These two are always compressed.
    return kind.name + (", inside a gzip file" if is_packed and kind not in (BAM, BCF) else "")


def _unpacked_head(path: str | Path) -> bytes:
    try:
        with gzip.open(path) as stream:
            return stream.read(HEAD)
    except (OSError, EOFError, zlib.error):
        return b""


def _advice(kind: FileKind, path: str | Path, wanted: str) -> str:
    advice = kind.instead.get(wanted) or kind.instead.get("") or _OTHERWISE[wanted]
    return advice.replace("FILE", Path(path).name)


def _is_workbook(path: str | Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.startswith(("xl/", "content.xml")) for name in archive.namelist())
    # What is inside is unknown where the list of its files is damaged.
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, RuntimeError, struct.error):
        return False
