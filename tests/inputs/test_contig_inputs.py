"""Names of contigs and intervals that do not fit the genome: used, counted with a warning, or refused with a remedy."""

from __future__ import annotations

import dataclasses
import gzip
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import pytest
from normalise_genome import normalise_genome
from prepare_peaks import prepare_peaks
from sample_negatives import sample_negatives
from sequence_formats import fasta_text, write_2bit
from small_genomes import LENGTH, WIDTH, peaks_on, write_genome

from workflow_support.errors import InputError


def prepare(folder: Path, fasta: Path, rows: Sequence[str], test: str, blacklist: Sequence[str] = ()) -> dict[str, int]:
    """Run `prepare_peaks` on a BED, with the halves of ``test`` to validate and test on: the rows by reason."""
    peaks, mask = folder / "peaks.bed", folder / "blacklist.bed"
    peaks.write_text("\n".join(rows) + "\n", encoding="utf-8")
    mask.write_text("\n".join(blacklist) + "\n", encoding="utf-8")
    splits = {"validation": [f"{test}:1-2000"], "test": [f"{test}:2001-4000"]}
    outputs = [folder / name for name in ("positives.tsv", "intervals.bed", "counts.tsv")]
    prepare_peaks(peaks, fasta, [mask] if blacklist else [], WIDTH, None, splits, 0.1, *outputs)
    counts = pd.read_csv(folder / "counts.tsv", sep="\t").set_index("reason")["rows"]
    return {reason: rows for reason, rows in counts.items() if rows}


ODD_NAMES = [
    "chrom", "chromosome", "chr", "seqname", "a|b", "gi|568336023|gb|CM000663.2|", "chr1:5-10", "HLA-A*01:01:01:01",
    "x" * 300, "1", "007", "1e5", "NA", "nan", "chr#1", "!x", "@x", "-x", "a'b", "a,b", "a;b", "a=b", "%s", "{x}",
    "a\\b",
]  # fmt: skip


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_names_work_from_peaks_to_negatives(name: str, tmp_path: Path) -> None:
    fasta = write_genome(tmp_path, {name: LENGTH, "chr2": LENGTH})
    blacklist = [f"{name}\t0\t1000", "chr2\t880\t890"]
    counts = prepare(tmp_path, fasta, peaks_on(name, "chr2"), "chr2", blacklist)
    assert counts == {"in": 12, "blacklisted": 3, "kept": 9}
    splits = {"validation": ["chr2:1-2000"], "test": ["chr2:2001-4000"]}
    outputs = {key: tmp_path / key for key in ("negatives", "bed", "counts")}
    sample_negatives(
        positives=tmp_path / "positives.tsv", intervals=tmp_path / "intervals.bed", fasta=fasta,
        blacklist=[tmp_path / "blacklist.bed"], unlabelled=[], splits=splits,
        windows={"width": WIDTH, "max_unknown_fraction": 0.1},
        settings={"ratio": 1, "margin": 20, "overlap": False, "gc_bin_width": 0.25, "seed": 1}, **outputs,
    )  # fmt: skip
    negatives = pd.read_csv(outputs["negatives"], sep="\t", dtype={"contig": str}, keep_default_na=False)
    of_contig = negatives[negatives["contig"] == name]
    assert len(of_contig) == 4, "as many as there are positives on it"
    assert (of_contig["start"] >= 1000).all(), "none in the blacklist"


# name: what the refusal says
UNUSABLE = {
    "#chr1": "begins like this",
    "track": "begins like this",
    "track1": "begins like this",
    "browser_2": "begins like this",
    "chrΔ": "'Δ', which is not ASCII",
    "сhr1": "not ASCII",  # a Cyrillic letter
    'a"b': "quotation mark",
    "chr1\u00a0": "NO-BREAK SPACE (U+00A0)",
    "chr1\u200b": "ZERO WIDTH SPACE (U+200B)",
    "chr\x07": "CONTROL CHARACTER (U+0007)",
}


@pytest.mark.parametrize("form", ["FASTA", "gzip", "2bit"])
@pytest.mark.parametrize("name", UNUSABLE)
def test_names_that_no_bed_can_hold_are_refused_where_the_genome_is_read(name: str, form: str, tmp_path: Path) -> None:
    genome, source = {"chr2": "ACGT" * 30, name: "ACGT" * 30}, tmp_path / "source"
    if form == "2bit":
        write_2bit(source, genome)
    else:
        content = fasta_text(genome).encode()
        source.write_bytes(gzip.compress(content) if form == "gzip" else content)
    with pytest.raises(InputError) as caught:
        normalise_genome(source, *(tmp_path / "out" / str(each) for each in range(4)))
    assert UNUSABLE[name] in caught.value.problem
    assert (caught.value.file, caught.value.line) == (source, None if form == "2bit" else 4)
    assert caught.value.allowed
    assert caught.value.fix


@dataclasses.dataclass(frozen=True)
class Names:
    """Contigs of a genome, rows of a BED, and what comes out: rows by reason with words of the log, or an error."""

    genome: Mapping[str, int]
    rows: Sequence[str]
    counts: Mapping[str, int] | None
    words: Sequence[str]
    contig_names: Mapping[str, str] | None = None
    blacklist: Sequence[str] = ()
    unsaid: Sequence[str] = ()


UCSC = {"chr1": LENGTH, "chr2": LENGTH}
ALL = {"in": 12, "kept": 12}
YEAST = {"chrI": 230_218, "chr2": LENGTH}
NAMES = {
    "1 for chr1": Names(UCSC, peaks_on("1", "2"), None, ["sed 's/^/chr/'", 'contig_names: {"1": "chr1", "2": "chr2"}']),
    "1 for Chr1": Names(
        {"Chr1": LENGTH, "chr2": LENGTH}, peaks_on("1"), None, ["sed 's/^/Chr/'", 'contig_names: {"1": "Chr1"}']
    ),
    "chr1 for 1": Names(
        {"1": LENGTH, "2": LENGTH}, peaks_on("chr1"), None, ['contig_names: {"chr1": "1"}', "sed 's/^chr//'"]
    ),
    "CHR1 for chr1": Names(UCSC, peaks_on("CHR1"), None, ['contig_names: {"CHR1": "chr1"}']),
    "chr01 for chr1": Names(UCSC, peaks_on("chr01", "chr02"), None, ['{"chr01": "chr1", "chr02": "chr2"}']),
    "Mito for chrM": Names({"chrM": LENGTH, "chr2": LENGTH}, peaks_on("Mito"), None, ['{"Mito": "chrM"}']),
    "an accession for chr1": Names(UCSC, peaks_on("NC_000001.11"), None, ["RefSeq", '{"NC_000001.11": "chr1"}']),
    "a no-break space": Names(
        UCSC, peaks_on("chr1\u00a0", "chr2\u00a0"), None, [r"'chr1\xa0'", "U+00A0"],
        unsaid=["contig_names"],
    ),
    "a zero-width space": Names(UCSC, peaks_on("\u200bchr1"), None, [r"'\u200bchr1'", "U+200B"]),
    "unlike any": Names(UCSC, peaks_on("scaffold_7"), None, ["scaffold_7", "chr1, chr2"], unsaid=["contig_names"]),
    "mostly other names": Names(
        UCSC, peaks_on("chr1", "chr2") + peaks_on("1") * 3, {"in": 30, "contig_not_in_genome": 18, "kept": 12},
        ["18 of 30 peaks lie on no contig", "Ensembl (1, X, MT)", "UCSC (chr1)", 'contig_names: {"1": "chr1"}'],
    ),
    "one row of another name": Names(
        UCSC, [*peaks_on("chr1", "chr2"), "2\t5\t9"], {"in": 13, "contig_not_in_genome": 1, "kept": 12},
        ["WARNING", "1 of 13 peaks", 'contig_names: {"2": "chr2"}'],
    ),
    "many on contigs of the style that the genome lacks": Names(
        UCSC, peaks_on("chr1", "chr2", "chr3"), {"in": 18, "contig_not_in_genome": 6, "kept": 12},
        ["WARNING", "6 of 18 peaks", "chr3"], unsaid=["contig_names"],
    ),
    "few on contigs of the style that the genome lacks": Names(
        UCSC, [*peaks_on("chr1", "chr2"), "chr3\t5\t9"], {"in": 13, "contig_not_in_genome": 1, "kept": 12},
        ["1 of 13 peaks"], unsaid=["WARNING"],
    ),
    "mapped by the configuration": Names(
        UCSC, peaks_on("1", "2"), ALL, ["1 as chr1, 2 as chr2"], {"1": "chr1", "2": "chr2"}, ["2\t0\t10", "1\t0\t10"]
    ),
    "mapped in part": Names(
        UCSC, peaks_on("one", "chr2", "two"), {"in": 18, "contig_not_in_genome": 6, "kept": 12}, ["6 of 18"],
        {"one": "chr1"},
    ),
    "mapped onto what is there under its own name too": Names(
        UCSC, peaks_on("chr1", "chr2") + peaks_on("1"), {"in": 18, "duplicate": 6, "kept": 12}, ["1 as chr1"],
        {"1": "chr1"},
    ),
    "Ensembl names of a published build": Names(YEAST, peaks_on("I", "chr2"), ALL, ["I as chrI"]),
    "RefSeq names of a published build": Names(YEAST, peaks_on("NC_001133.9", "chr2"), ALL, ["NC_001133.9 as chrI"]),
    "UCSC names, where the genome has those of RefSeq": Names(
        {"NC_001133.9": 230_218, "chr2": LENGTH}, peaks_on("chrI", "chr2"), ALL, ["chrI as NC_001133.9"]
    ),
    "a name of a published build, of another length": Names(
        {"chrI": 230_217, "chr2": LENGTH}, ["chrI\t9000\t9100", *peaks_on("I", "chr2")],
        {"in": 13, "contig_not_in_genome": 6, "kept": 7}, ["6 of 13 peaks", 'contig_names: {"I": "chrI"}'],
    ),
    "one peak past the end": Names(
        UCSC, [*peaks_on("chr1", "chr2"), "chr2\t3900\t4031"], {"in": 13, "beyond_contig_end": 1, "kept": 12},
        ["WARNING", "peaks.bed, line 13: chr2:3900-4031", "4,000 bases", "1 of 13 peaks"], unsaid=["another genome"],
    ),
    "a peak past the end whose window is inside": Names(
        UCSC, [*peaks_on("chr1", "chr2"), "chr2\t3400\t4031"], {"in": 13, "beyond_contig_end": 1, "kept": 12},
        ["1 of 13 peaks"],
    ),
    "one peak far past the end": Names(
        UCSC, [*peaks_on("chr1", "chr2"), "chr2\t90000\t90100"], {"in": 13, "beyond_contig_end": 1, "kept": 12},
        ["1 of 13 peaks"],
    ),
    "most peaks past the end": Names(
        UCSC, [*peaks_on("chr1", "chr2"), *(f"chr2\t{at}\t{at + 9}" for at in range(5000, 5013))], None,
        ["another genome build", "line 13", "13 such in total, of 25", "lift"],
    ),
    "a blacklist of mostly other names": Names(
        UCSC, peaks_on("chr1", "chr2"), {"in": 12, "blacklisted": 2, "kept": 10},
        ["WARNING", "blacklist.bed: 2 of 3 intervals", 'contig_names: {"1": "chr1", "2": "chr2"}'],
        blacklist=["chr1\t300\t1000", "1\t0\t9", "2\t0\t9"],
    ),
    "a blacklist of other names alone": Names(
        UCSC, peaks_on("chr1", "chr2"), None, ["blacklist.bed", 'contig_names: {"1": "chr1"}'], blacklist=["1\t0\t9"]
    ),
    "a blacklist past the end": Names(
        UCSC, peaks_on("chr1", "chr2"), {"in": 12, "blacklisted": 1, "kept": 11},
        ["blacklist.bed, line 1", "are cut there"],
        blacklist=["chr1\t3500\t5000", "chr2\t0\t9"],
    ),
    "a blacklist of other contigs, in the style": Names(
        UCSC, peaks_on("chr1", "chr2"), ALL, ["1 of 1 intervals"], blacklist=["chr7\t0\t9"]
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_names_and_ends(name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    case = NAMES[name]
    fasta = write_genome(tmp_path, case.genome, case.contig_names)
    caplog.clear()
    caplog.set_level(logging.INFO, logger="rc")
    if case.counts is None:
        with pytest.raises(InputError) as caught:
            prepare(
                tmp_path, fasta, case.rows, list(case.genome)[1] if len(case.genome) > 1 else "chr1", case.blacklist
            )
        text = str(caught.value)
        assert all(label in text for label in ("found:", "allowed:", "fix:"))
    else:
        assert prepare(tmp_path, fasta, case.rows, "chr2", case.blacklist) == case.counts
        text = caplog.text
    for word in case.words:
        assert word in text
    for word in case.unsaid:
        assert word not in text
