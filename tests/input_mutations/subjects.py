"""Small valid inputs of every kind, and what the workflow makes of each: its result, without names, and its counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyBigWig
import pysam
from count_reads import count_reads
from extract_track import extract_track
from normalise_genome import normalise_genome
from prepare_peaks import prepare_peaks
from prepare_sequences import prepare_sequences
from sequence_formats import fasta_text, write_2bit

from genome_data.formats.variant_files import read_variant_table, read_vcf
from genome_data.genome import Genome
from genome_data.intervals.tiles import regions_on_genome
from genome_data.motifs import read_motifs
from genome_data.windows.variants import variants_on_genome

SIZES = {"chr1": 3000, "chr2": 2000}
SPLITS = {"validation": ["chr2:1-1000"], "test": ["chr2:1001-2000"]}
LETTERS = {name: "".join(np.random.default_rng(size).choice(list("ACGT"), size)) for name, size in SIZES.items()}


class Outcome(NamedTuple):
    """The result of an input, to be compared by its representation, and the rows that were counted."""

    value: Any
    counts: Any


class Subject(NamedTuple):
    """A kind of input: its content, what is made of a file, whether it is binary, and edits that are not tried.

    Edits are left out that make another file which is as good as the first.
    """

    content: Callable[[Path], bytes]
    use: Callable[[Path, Path], Outcome]
    is_binary: bool = False
    left_out: tuple[str, ...] = ()


def make_genome(folder: Path) -> Path:
    """The normalised genome that the other inputs are used with."""
    (folder / "source.fa").write_text(fasta_text(LETTERS))
    paths = [folder / name for name in ("genome.fa", "genome.fa.fai", "contigs.tsv", "chrom.sizes")]
    normalise_genome(folder / "source.fa", *paths)
    return paths[0]


PLACES = [("chr1", start) for start in range(100, 2800, 150)] + [("chr2", start) for start in range(60, 1900, 130)]


def _text(lines: list[str], header: str = "") -> Callable[[Path], bytes]:
    return lambda folder: (header + "".join(f"{line}\n" for line in lines)).encode()


def _peak_lines(columns: int) -> list[str]:
    rows = []
    for number, (contig, start) in enumerate(PLACES):
        end = start + 30 + number % 7
        cells = [contig, start, end, f"peak_{number}", 100 + number, ".", f"{number + 0.5:g}", "-1", "-1", number % 20]
        rows.append("\t".join(map(str, cells[:columns])))
    return rows


def _peaks(path: Path, folder: Path, blacklist: list[Path] | None = None) -> Outcome:
    out = {name: folder / name for name in ("positives", "intervals", "counts")}
    options = {"width": 50, "strongest": None, "splits": SPLITS, "max_unknown_fraction": 0.5}
    prepare_peaks(path, folder / "genome.fa", blacklist=blacklist or [], **options, **out)
    windows = pd.read_csv(out["positives"], sep="\t")[["contig", "start", "end", "split"]]
    return Outcome(windows.sort_values(["contig", "start"]).to_csv(index=False), out["counts"].read_text())


def _blacklist(path: Path, folder: Path) -> Outcome:
    (folder / "peaks.bed").write_bytes(SUBJECTS["BED"].content(folder))
    return _peaks(folder / "peaks.bed", folder, [path])


def _genome(path: Path, folder: Path) -> Outcome:
    paths = [folder / "made" / name for name in ("genome.fa", "genome.fa.fai", "contigs.tsv", "chrom.sizes")]
    normalise_genome(path, *paths)
    # Exchanged lines make another genome, as good as the first.
    letters = "".join(line for line in paths[0].read_text().splitlines() if line[:1] != ">")
    return Outcome(sorted(Counter(letters).items()), paths[3].read_text())


def _regions(path: Path, folder: Path) -> Outcome:
    regions = regions_on_genome(path, Genome(folder / "genome.fa").sizes)
    return Outcome(
        regions[["contig", "start", "end"]].sort_values(["contig", "start"]).to_csv(index=False), len(regions)
    )


def _labelled(path: Path, folder: Path, **columns: Any) -> Outcome:
    names = ("windows", "codes", "classes", "duplicates", "accounting")
    out = {name: folder / name for name in names}
    settings = {"sequence_column": "sequence", "label_column": "label", "width": None, "remove_copies": False} | columns
    made = {"validation": 0.2, "test": 0.2, "seed": 1}
    prepare_sequences([path], None, made, **settings, **out)
    windows = pd.read_csv(out["windows"], sep="\t")
    rows = sorted(zip(map(bytes, np.load(out["codes"])), windows["label"], strict=True))
    return Outcome(rows, (out["accounting"].read_text(), out["classes"].read_text()))


def _labelled_rows() -> list[tuple[str, str]]:
    return [(LETTERS["chr1"][start : start + 20], str(start // 40 % 2)) for start in range(0, 1600, 40)]


def _variants(path: Path, folder: Path, columns: dict[str, str] | None = None) -> Outcome:
    variants = read_vcf(path) if columns is None else read_variant_table(path, columns)
    kept, counts, _ = variants_on_genome(variants, Genome(folder / "genome.fa"), width=50, file=path)
    rows = kept[["genome_contig", "genome_start", "reference", "alternative", "effect", "p_value"]]
    return Outcome(sorted(map(repr, rows.itertuples(index=False, name=None))), counts.to_csv())


def _variant_cells() -> list[list[str]]:
    rows = []
    for number, (contig, start) in enumerate(PLACES):
        base = LETTERS[contig][start - 1]
        other = "ACGT"[("ACGT".index(base) + 1 + number % 3) % 4]
        rows.append([contig, str(start), f"rs{number}", base, other])
    return rows


VARIANT_COLUMNS = {
    "contig": "chrom", "position": "pos", "id": "rs", "reference": "ref", "alternative": "alt", "effect": "beta",
    "p_value": "p",
}  # fmt: skip
VCF_HEADER = "##fileformat=VCFv4.3\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"

COUNTS = np.random.default_rng(3).multinomial(40, [0.1, 0.2, 0.3, 0.4], size=9)


def _motifs(path: Path, folder: Path) -> Outcome:
    # Exchanged positions make another motif, as good as the first.
    return Outcome([sorted(motif.counts.round(3).tolist()) for motif in read_motifs(path)], None)


def _by_base() -> list[str]:
    return [f"{base} [ {' '.join(map(str, row))} ]" for base, row in zip("ACGT", COUNTS.T, strict=True)]


def _by_position(form: str, scale: float = 1) -> list[str]:
    return [form.format(number, *(value / scale for value in row)) for number, row in enumerate(COUNTS, start=1)]


def _bam(folder: Path) -> bytes:
    header = {"HD": {"VN": "1.6"}, "SQ": [{"SN": name, "LN": size} for name, size in SIZES.items()]}
    with pysam.AlignmentFile(str(folder / "made.bam"), "wb", header=header) as file:
        for number, (contig, start) in enumerate(PLACES * 4):
            read = pysam.AlignedSegment(file.header)
            read.query_name, read.query_sequence = f"read{number}", LETTERS[contig][start : start + 30]
            read.flag, read.reference_id = 16 * (number % 2), list(SIZES).index(contig)
            read.reference_start, read.mapping_quality, read.cigarstring = start, 60, "30M"
            file.write(read)
    return (folder / "made.bam").read_bytes()


def _reads(path: Path, folder: Path) -> Outcome:
    out = {name: folder / name for name in ("plus", "minus", "counts")}
    count_reads(path, folder / "chrom.sizes", **out, minimum_mapping_quality=20, keep_duplicates=True)
    tracks = []
    for strand in ("plus", "minus"):
        with pyBigWig.open(str(out[strand])) as track:
            tracks.append([track.intervals(name) for name in SIZES])
    return Outcome(tracks, out["counts"].read_text())


def _bigwig(folder: Path) -> bytes:
    with pyBigWig.open(str(folder / "made.bw"), "w") as track:
        track.addHeader(list(SIZES.items()))
        for name in SIZES:
            starts = [start for contig, start in PLACES if contig == name]
            ends, values = [start + 9 for start in starts], [float(start % 11) for start in starts]
            track.addEntries([name] * len(starts), starts, ends=ends, values=values)
    return (folder / "made.bw").read_bytes()


def _track(path: Path, folder: Path) -> Outcome:
    windows = pd.DataFrame(PLACES, columns=["contig", "start"])
    table = windows.assign(end=windows["start"] + 50, name=".", label=1, split="train", gc=0.5)
    table.to_csv(folder / "windows.tsv", sep="\t", index=False)
    extract_track(folder / "windows.tsv", folder / "genome.fa", [path], [], 40, 0, folder / "track.npy")
    return Outcome(np.load(folder / "track.npy").tobytes(), None)


SUBJECTS: dict[str, Subject] = {
    "BED": Subject(_text(_peak_lines(3)), _peaks),
    "BED6": Subject(_text(_peak_lines(6)), _peaks),
    "narrowPeak": Subject(_text(_peak_lines(10)), _peaks),
    "narrowPeak with a header": Subject(_text(_peak_lines(10), 'track type=narrowPeak name="x"\n# peaks\n'), _peaks),
    "blacklist": Subject(_text(["chr1\t90\t300\tx", "chr2\t0\t200\tx", "chr2\t1500\t1600\ty"]), _blacklist),
    "regions": Subject(_text(["chr1\t90\t300\ta", "chr2\t0\t200\tb", "chr2\t1500\t1600\tc"]), _regions),
    "FASTA": Subject(lambda folder: fasta_text(LETTERS).encode(), _genome),
    "2bit": Subject(lambda folder: write_2bit(folder / "made.2bit", LETTERS).read_bytes(), _genome, True),
    "labelled CSV": Subject(_text([",".join(row) for row in _labelled_rows()], "sequence,label\n"), _labelled),
    "labelled TSV": Subject(
        _text([f"{label}\tn{row}\t{bases}" for row, (bases, label) in enumerate(_labelled_rows())], "y\tid\tx\n"),
        partial(_labelled, sequence_column="x", label_column="y"),
    ),
    "labelled table without a header": Subject(
        _text([",".join(row) for row in _labelled_rows()]), partial(_labelled, sequence_column=1, label_column=2)
    ),
    "labelled FASTA": Subject(
        _text([f">s{row}|{label}\n{bases}" for row, (bases, label) in enumerate(_labelled_rows())]),
        _labelled,
        left_out=("lines exchanged",),
    ),
    "VCF": Subject(_text(["\t".join([*row, ".", "PASS", "."]) for row in _variant_cells()], VCF_HEADER), _variants),
    "variant table": Subject(
        _text(
            [
                "\t".join([*row, f"{number / 8:g}", f"{1 / (number + 1):g}", "a study"])
                for number, row in enumerate(_variant_cells())
            ],
            "chrom\tpos\trs\tref\talt\tbeta\tp\tfrom\n",
        ),
        partial(_variants, columns=VARIANT_COLUMNS),
    ),
    "JASPAR": Subject(_text(_by_base(), ">MA1.1\tX\n"), _motifs),
    "TRANSFAC": Subject(
        _text([*_by_position("{:02d} {:g} {:g} {:g} {:g} N"), "XX", "//"], "AC MA1.1\nXX\nID X\nXX\nP0 A C G T\n"),
        _motifs,
    ),
    "MEME": Subject(
        _text(
            _by_position("{1:.6f} {2:.6f} {3:.6f} {4:.6f}", 40),
            "MEME version 4\n\nALPHABET= ACGT\n\nMOTIF MA1.1 X\n"
            "letter-probability matrix: alength= 4 w= 9 nsites= 40 E= 0\n",
        ),
        _motifs,
    ),
    "HOMER": Subject(
        _text(_by_position("{1:.3f}\t{2:.3f}\t{3:.3f}\t{4:.3f}", 40), ">NNNNNNNNN\tX/Y\t6.1\t-100\t0\tT:40.0(9%)\n"),
        _motifs,
    ),
    "BAM": Subject(_bam, _reads, True),
    "bigWig": Subject(_bigwig, _track, True),
}
