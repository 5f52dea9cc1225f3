"""Write small genomes in every format that the workflow reads, for the tests."""

import gzip
import struct
from collections.abc import Mapping
from pathlib import Path

import pysam

BASE_BITS = {"T": 0, "C": 1, "A": 2, "G": 3}


def fasta_text(genome: Mapping[str, str], line_width: int = 60) -> str:
    """A FASTA with lines of one width."""
    records = []
    for name, letters in genome.items():
        lines = [letters[first : first + line_width] for first in range(0, len(letters), line_width)]
        records.append(">" + name + "\n" + "".join(line + "\n" for line in lines))
    return "".join(records)


def write_gzip(path: Path, text: str) -> Path:
    """A plain gzip file of one member."""
    path.write_bytes(gzip.compress(text.encode(), mtime=0))
    return path


def write_bgzf(path: Path, text: str) -> Path:
    """A BGZF file, as htslib writes it."""
    with pysam.BGZFile(str(path), "wb") as out:
        out.write(text.encode())
    return path


def write_2bit(path: Path, genome: Mapping[str, str], order: str = "<", version: int = 0) -> Path:
    """A 2bit file in either byte order; lower case becomes soft mask, N unknown bases."""
    names = [name.encode() for name in genome]
    records = [_two_bit_record(letters, order) for letters in genome.values()]
    offset_format = "Q" if version else "I"
    offset = 16 + sum(1 + len(name) + struct.calcsize(offset_format) for name in names)
    out = [struct.pack(order + "4I", 0x1A412743, version, len(names), 0)]
    for name, record in zip(names, records, strict=True):
        out.append(bytes([len(name)]) + name + struct.pack(order + offset_format, offset))
        offset += len(record)
    path.write_bytes(b"".join(out + records))
    return path


def _two_bit_record(letters: str, order: str) -> bytes:
    def intervals(flags: list[bool]) -> bytes:
        starts = [i for i, flag in enumerate(flags) if flag and (i == 0 or not flags[i - 1])]
        ends = [i + 1 for i, flag in enumerate(flags) if flag and (i + 1 == len(flags) or not flags[i + 1])]
        sizes = [end - start for start, end in zip(starts, ends, strict=True)]
        return struct.pack(f"{order}{1 + 2 * len(starts)}I", len(starts), *starts, *sizes)

    packed = bytearray(-(-len(letters) // 4))
    for i, letter in enumerate(letters.upper()):
        packed[i // 4] |= BASE_BITS.get(letter, 0) << (6 - 2 * (i % 4))
    unknown, masked = [letter in "Nn" for letter in letters], [letter.islower() for letter in letters]
    return struct.pack(order + "I", len(letters)) + intervals(unknown) + intervals(masked) + bytes(4) + bytes(packed)
