"""Tables of peaks and regions in every form that programs write: the same peaks come out, or one clear error."""

from __future__ import annotations

import gzip
import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from check_intervals import check_intervals
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from input_cases import Content, Refused, assert_refused, write
from normalise_genome import normalise_genome
from peak_forms import (
    HOMER,
    INTERVALS,
    MACS14,
    MACS_BROAD,
    MACS_NARROW,
    MIDPOINTS,
    NO_STRENGTH,
    PEAKS,
    R_HEADER,
    RANK,
    SAME_PEAKS,
    SCORES,
    SIGNALS,
    SUMMITS,
    Peak,
    bed6,
    bed9,
    bed12,
    broad,
    gff,
    granges,
    homer,
    idr,
    macs,
    macs14,
    macs_broad,
    name_of,
    narrow,
    offset_of,
    quoted,
    rank_of,
    score_of,
    seacr,
    signal_of,
    strand_of,
    summit_of,
    table,
    titled,
)
from prepare_peaks import prepare_peaks
from sequence_formats import fasta_text, write_bgzf

from genome_data.formats.bed import read_intervals, read_mask
from genome_data.formats.peaks import read_peaks
from genome_data.intervals.tiles import regions_on_genome
from genome_data.windows.table import read_windows
from workflow_support.errors import InputError

SIZES = {"chr1": 4000, "chr2": 4000}
SPLITS = {"validation": ["chr2:1-2000"], "test": ["chr2:2001-4000"]}


# Content, centres and strengths of tables in the order of BED whose titles say what the other columns hold.
TITLED: dict[str, tuple[str, list[int], list[float]]] = {
    **{
        f"no strength: {title}": (titled(f"chrom start end name {title}", name_of, signal_of), MIDPOINTS, NO_STRENGTH)
        for title in ("FDR", "pvalue", "p.value", "qvalue", "padj", "P", "q", "rank", "weight")
    },
    **{
        f"a strength: {title}": (titled(f"chrom start end name {title}", name_of, signal_of), MIDPOINTS, SIGNALS)
        for title in ("score", "Score", "signalValue", "fold_enrichment", "FoldEnrichment")
    },
    "a p value in the place of a bedGraph's values": (
        titled("chr start end pvalue", signal_of), MIDPOINTS, NO_STRENGTH,
    ),
    "the values of a bedGraph": (titled("chr start end value", signal_of), MIDPOINTS, SIGNALS),
    "a p value in the place of the score of BED6": (
        titled("#chrom start end name pvalue strand", name_of, signal_of, strand_of), MIDPOINTS, NO_STRENGTH,
    ),
    "a score behind a rank": (
        titled("chrom start end rank strand score", rank_of, strand_of, score_of), MIDPOINTS, SCORES,
    ),
    "a score behind a rank in the place of the score": (
        titled("chrom start end name rank strand score", name_of, rank_of, strand_of, score_of), MIDPOINTS, SCORES,
    ),
    "a score in the place of the name": (titled("chrom start end score name", score_of, name_of), MIDPOINTS, SCORES),
    "q values in the place of the signal of broadPeak": (
        titled(
            "chrom start end name score strand qvalue rank FDR",
            name_of, score_of, lambda p: ".", signal_of, rank_of, signal_of,
        ),
        MIDPOINTS, SCORES,
    ),
    "a summit in the place of the score": (
        titled("chrom start end name summit", name_of, summit_of), SUMMITS, NO_STRENGTH,
    ),
    "distances to the summit": (titled("#chrom start end name summit", name_of, offset_of), SUMMITS, NO_STRENGTH),
    "distances to the peak": (titled("chrom start end peak score", offset_of, score_of), SUMMITS, SCORES),
    "positions of the peak": (titled("chrom start end peak score", summit_of, score_of), SUMMITS, SCORES),
    "positions in the place of narrowPeak's distances": (
        titled(
            "chrom start end name score strand signal p q summit",
            name_of, score_of, strand_of, signal_of, rank_of, rank_of, summit_of,
        ),
        SUMMITS, SIGNALS,
    ),
    "peakzilla": (
        titled(
            "#Chromosome Start End Name Summit Score ChIP Control FoldEnrichment DistributionScore FDR",
            name_of, summit_of, score_of, signal_of, rank_of, signal_of, signal_of, rank_of,
            before="# made by peakzilla\n",
        ),
        SUMMITS, SCORES,
    ),
    "strands where HOMER has them, names that are numbers": (
        titled("chrom start end name strand", lambda p: p.end + 9, strand_of), MIDPOINTS, NO_STRENGTH,
    ),
    "names that are widths counted from 1": (
        titled("chrom start end name", lambda p: p.end - p.start + 1), MIDPOINTS, NO_STRENGTH,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TITLED)
def test_titles_say_what_columns_hold_wherever_they_stand(name: str, tmp_path: Path) -> None:
    content, centres, strengths = TITLED[name]
    peaks = read_peaks(write(tmp_path / "peaks", content))
    assert list(peaks[["contig", "start", "end"]].itertuples(index=False, name=None)) == INTERVALS
    assert peaks["summit"].tolist() == centres
    assert peaks["strength"].tolist() == pytest.approx(strengths, nan_ok=True)
    assert set(peaks["name"]).isdisjoint(map(str, [*SCORES, *SIGNALS, *RANK.values()])), "numbers became names"


@pytest.fixture(scope="module")
def genome(tmp_path_factory: pytest.TempPathFactory) -> Path:
    letters = np.random.default_rng(3).choice(list("ACGT"), 8000)
    folder = tmp_path_factory.mktemp("genome")
    source = write(folder / "source.fa", fasta_text({"chr1": "".join(letters[:4000]), "chr2": "".join(letters[4000:])}))
    fasta = folder / "genome.fa"
    normalise_genome(source, fasta, Path(f"{fasta}.fai"), folder / "contigs.tsv", folder / "chrom.sizes")
    return fasta


def prepared(peaks: Path, genome: Path, **changes: object) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Positives, counts and intervals of a file of peaks, by the rule's function; windows have two bases."""
    options = {"blacklist": [], "width": 2, "strongest": None, "splits": SPLITS, "max_unknown_fraction": 0.5} | changes
    outputs = [peaks.parent / name for name in ("positives.tsv", "intervals.bed", "counts.tsv")]
    prepare_peaks(peaks, genome, *options.values(), *outputs)
    return read_windows(outputs[0]), pd.read_csv(outputs[2], sep="\t"), outputs[1].read_text().splitlines()


@pytest.mark.parametrize("form", SAME_PEAKS)
def test_the_same_peaks_come_out_of_every_form(form: str, genome: Path, tmp_path: Path, caplog) -> None:
    content, name, centres, strengths, names = SAME_PEAKS[form]
    path = write(tmp_path / "peaks", content)
    with caplog.at_level(logging.INFO, logger="rc"):
        windows, counts, intervals = prepared(path, genome)
    assert (windows["start"] + 1).tolist() == centres
    assert intervals == ["\t".join(map(str, each)) for each in INTERVALS]
    assert counts["format"].str.startswith(name).all()
    assert f"read as {name}" in caplog.text
    peaks = read_peaks(path)
    assert peaks["strength"].tolist() == pytest.approx(strengths, nan_ok=True)
    lines = [f"peak_{line}" for line in peaks["line"]]
    assert peaks["name"].tolist() == [name or line for name, line in zip(names, lines, strict=True)]


def test_a_decision_on_contigs_is_in_the_log_and_in_the_counts(genome: Path, tmp_path: Path, caplog) -> None:
    path = write(tmp_path / "peaks", SAME_PEAKS["BED with an unknown title over contigs"][0])
    with caplog.at_level(logging.INFO, logger="rc"):
        _, counts, _ = prepared(path, genome)
    words = "contigs from column 1, by their names, for its title 'where' is not known"
    assert counts["format"].str.endswith(words).all()
    assert words in caplog.text


@pytest.mark.parametrize("form", SAME_PEAKS)
def test_blacklists_and_regions_are_read_as_peaks_are(form: str, tmp_path: Path) -> None:
    path = write(tmp_path / "regions", SAME_PEAKS[form][0])
    for found in (read_mask(path, SIZES), read_intervals(path), regions_on_genome(path, SIZES)):
        assert list(found[["contig", "start", "end"]].itertuples(index=False, name=None)) == INTERVALS


MORE_PEAKS = [*PEAKS, Peak("chr2", 3000, 3333, "p4", 1, 1.5, 9), Peak("chr1", 2000, 2100, "p5", 2, 3.5, 8)]


@pytest.mark.parametrize(
    ("rows", "more", "first_base"),
    [
        (1, (), 0),
        (2, (), 0),
        (4, (), 0),
        (5, (), 1),
        (6, (), 1),
        (1, (".",), 0),
        (4, (".", "."), 0),
        (1, ("*",), 1),
        (2, ("+",), 1),
        (4, (7, "+"), 0),
        (5, (7, "+"), 1),
    ],
)
def test_names_that_are_widths_by_chance_do_not_turn_bed_into_a_table_of_r(rows, more, first_base, tmp_path: Path):
    peaks = MORE_PEAKS[:rows]
    path = write(tmp_path / "peaks", table(lambda p: [*p[:3], p.end - p.start + 1, *more], peaks=peaks))
    assert read_intervals(path)["start"].tolist() == [peak.start - first_base for peak in peaks]
    path = write(
        tmp_path / "peaks", table(lambda p: [*p[:3], p.end - p.start + 1 + (p == peaks[0]), *more], peaks=peaks)
    )
    assert read_intervals(path)["start"].tolist() == [peak.start for peak in peaks]


def test_regions_that_need_no_strength_are_not_asked_for_one(tmp_path: Path) -> None:
    path = write(tmp_path / "mask", table(lambda p: [*p[:4], "High Signal Region", "."]))
    assert len(read_mask(path, SIZES)) == 4
    check_intervals([], [path], tmp_path / "checked.tsv")
    assert (tmp_path / "checked.tsv").read_text() == f"file\trows\n{path}\t4\n"


def test_gapped_peaks_are_centred_on_their_thick_part(genome: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "peaks", table(lambda p: [*bed12(p), p.signal, -1, -1]))
    windows, counts, intervals = prepared(path, genome)
    assert (windows["start"] + 1).tolist() == MIDPOINTS
    assert intervals[0] == "chr1\t50\t630"
    assert counts["format"].str.startswith("gappedPeak, centred on the middle of the thick part").all()
    assert read_peaks(path)["strength"].tolist() == SIGNALS


def test_gapped_peaks_may_have_infinite_p_values(tmp_path: Path) -> None:
    path = write(tmp_path / "peaks", table(lambda p: [*bed12(p), p.signal, "inf", "Inf"]))
    assert read_peaks(path)["summit"].tolist() == MIDPOINTS
    assert read_peaks(path)["strength"].tolist() == SIGNALS


def test_gapped_peaks_without_a_thick_part_are_counted(tmp_path: Path, caplog) -> None:
    first, *others = PEAKS
    rows = table(lambda p: [*bed12(p)[:6], ".", ".", *bed12(p)[8:], p.signal, -1, -1], peaks=[first])
    path = write(tmp_path / "peaks", rows + table(lambda p: [*bed12(p), p.signal, -1, -1], peaks=others))
    with caplog.at_level(logging.INFO, logger="rc"):
        assert read_peaks(path)["summit"].tolist() == [340, *MIDPOINTS[1:]]
    assert "1 peaks without a thick part" in caplog.text


def test_bed12_is_centred_on_the_whole(tmp_path: Path) -> None:
    peaks = read_peaks(write(tmp_path / "peaks", table(bed12)))
    assert peaks["summit"].tolist() == [(peak.start - 350 + peak.end + 50) // 2 for peak in PEAKS]


def many(offset_of_last: int, rows: int = 200) -> str:
    peaks = [Peak("chr1", 10 * row, 10 * row + 9, f"p{row}", row, row, 4) for row in range(rows)]
    return table(narrow, peaks=[*peaks[:-1], peaks[-1]._replace(offset=offset_of_last)])


@pytest.mark.parametrize(
    ("offset", "summit", "words"),
    [
        (-1, 1994, "1 peaks without a summit"),
        (9, 1998, "1 peaks with the summit one base past their end"),
        (12, 1994, "1 peaks with the summit outside of them"),
        (8, 1998, ""),
    ],
)
def test_summits_that_cannot_be_one_are_counted(offset: int, summit: int, words: str, tmp_path: Path, caplog) -> None:
    with caplog.at_level(logging.INFO, logger="rc"):
        peaks = read_peaks(write(tmp_path / "peaks", many(offset)))
    assert peaks["summit"].tolist()[-2:] == [1984, summit]
    assert words in caplog.text
    assert ("peaks with" in caplog.text) == bool(words)


BACKWARDS = table(bed6) + "chr1\t20\t10\tx\t0\t.\n"
REFUSED = {
    "a pair of regions": Refused(
        table(lambda p: [*p[:3], p.contig, p.start + 500, p.end + 500, p.name, p.score, "+", "-"]), 1,
        ("pairs", "cut -f 1-3"),
    ),
    "summits as positions": Refused(
        table(lambda p: [*broad(p), p.start + p.offset]), 1, ("offset 430 in a peak of 180 bp", "subtract the start")
    ),
    "a count for a summit": Refused(
        table(lambda p: [*broad(p), 5000]), 1, ("offset 5000", "4 such peaks", "remove column 10")
    ),
    "one of four summits outside": Refused(
        table(narrow, peaks=PEAKS[:3]) + table(lambda p: [*broad(p), 999], peaks=PEAKS[3:]), 4, ("offset 999",)
    ),
    "widths of two kinds": Refused(
        table(granges, R_HEADER, peaks=PEAKS[:2]) + table(lambda p: [*p[:3], p.end - p.start, "*"], peaks=PEAKS[2:]),
        4, ("width 211", "end - start + 1 in every row"),
    ),
    "widths of no kind": Refused(table(lambda p: [*p[:3], 77, "*"], R_HEADER), 2, ("width 77",)),
    "a width that is a word": Refused(table(lambda p: [*p[:3], "wide", "*"], R_HEADER), 2, ("'wide' in column 4",)),
    "position 0 where counting begins at 1": Refused(
        table(lambda p: [p.contig, 0, 50, 51, "*"], R_HEADER), 2, ("'0' in column 2", "1 or more")
    ),
    "MACS xls without lengths": Refused(
        table(lambda p: [*p[:3], p.start + 9], "chr\tstart\tend\tabs_summit\n"), 2, ("0 or from 1", "MACS writes these")
    ),
    "MACS summits outside": Refused(
        table(lambda p: [*granges(p)[:4], p.end + 1, 1, 1, p.signal, 1, p.name], MACS_NARROW), 5,
        ("position 581 in column 5", "401 to 580"),
    ),
    "CSV without widths": Refused(table(lambda p: p[:3], "chr,start,end\n", ","), 2, ("0 or from 1",)),
    "CSV without a header": Refused(table(lambda p: p[:3], separator=","), 1, ("too few columns",)),
    "semicolons": Refused(table(lambda p: p[:3], "chr;start;end\n", ";"), 1, ("too few columns",)),
    "names before the contig, of an unknown kind": Refused(
        table(lambda p: [p.name, *p[:3]], "region\tchrom\tstart\tend\n"), 2, ("0 or from 1",)
    ),
    "samples where contigs should be": Refused(
        table(lambda p: [p.name, *p[1:3], p.contig], "sample\tstart\tend\tplace\n"), 2,
        ("no title of the header names the contigs", "'p0' under 'sample'", "chromosome_name", "rename the column"),
    ),
    "numbers where contigs should be": Refused(
        table(lambda p: [p.contig[3:], *p[1:3]], "region\tstart\tend\n"), 2, ("no title", "'1' under 'region'")
    ),
    "no contigs at all": Refused(
        table(lambda p: [*p[1:3], p.name], "start\tend\tname\n"), 2, ("no title of the header", "'400' under 'start'")
    ),
    "unknown titles over positions": Refused(
        table(lambda p: p[:3], "chrom\tfirst\tlast\n"), 1, ("'first' in column 2", "a header", "start and end")
    ),
    "an infinite signal": Refused(
        table(lambda p: [*broad(p)[:6], "inf", 9, 8, p.offset]), 1,
        ("signalValue", "'inf' in column 7", "finite number"),
    ),
    "no signal, which does not make another format of narrowPeak": Refused(
        table(lambda p: [*broad(p)[:6], "NA", 9, 8, p.offset]), 1, ("signalValue", "'NA' in column 7", "a dot for none")
    ),
    "bins of UCSC without a header": Refused(
        table(lambda p: [585, *narrow(p)]), 1, ("'chr1' in column 2", "bins of UCSC", "cut -f 2-")
    ),
    "names of rows without a header": Refused(
        table(lambda p: quoted([p.name, *p[:3]])), 1, ("'chr1' in column 2", "names of rows", "cut -f 2-")
    ),
    "R's default header": Refused(
        table(lambda p: quoted([p.name, *p[:3]]), '"V1" "V2" "V3"\n', " "), 2, ("4 columns", "row.names = FALSE")
    ),
    "thousands of Excel": Refused(
        table(lambda p: [p.contig, f'"{p.start + 10_000:,}"', f'"{p.end + 10_000:,}"']), 1,
        ("'10,400'", "without commas"),
    ),
    "decimals of pandas": Refused(
        table(lambda p: [p.contig, float(p.start), p.end]), 1, ("'400.0'", "whole numbers", "Int64")
    ),
    "an interval list of Picard": Refused(
        "@HD\tVN:1.6\n@SQ\tSN:chr1\tLN:4000\n" + table(lambda p: [p.contig, p.start + 1, p.end, "+", p.name]), 1,
        ("interval list of Picard", "IntervalListToBed"),
    ),
    "1e6 without a sign": Refused(table(bed6) + "chr1\t1e6\t1000100\tx\t0\t.\n", 5, ("'1e6'", "scipen")),
    "R's powers of ten": Refused(table(lambda p: [p.contig, "1e+05", 100100]), 1, ("'1e+05'", "scipen")),
    "1e+05 among numbers": Refused(table(bed6) + "chr1\t1e+05\t100100\tx\t0\t.\n", 5, ("'1e+05'", "scipen")),
    "a GFF of backward intervals": Refused(
        table(gff) + "chr1\tcaller\tpeak\t20\t10\t1\t.\t.\tID=x\n", 5, ("empty or backwards", "20-10")
    ),
    "a GFF that begins at 0": Refused(
        table(gff) + "chr1\tcaller\tpeak\t0\t10\t1\t.\t.\tID=x\n", 5, ("'0' in column 4", "1 or more")
    ),
    "a GFF score that is a word": Refused(
        table(gff) + "chr1\tcaller\tpeak\t1\t10\thigh\t.\t.\tID=x\n", 5, ("the score", "'high' in column 6")
    ),
    "a stray character in BED9": Refused(
        table(bed9) + "chr1\t1-0\t20\tx\t0\t.\t12\t18\t0\n", 5, ("the start", "'1-0' in column 2")
    ),
    "a stray character below titles": Refused(
        table(macs, MACS_NARROW) + "chr1\t11\t2x0\t10\t15\t1\t1\t1\t1\tx\n", 9, ("the end", "'2x0' in column 3")
    ),
    "backwards": Refused(BACKWARDS, 5, ("empty or backwards", "'chr1' 20-10")),
    "a maximum elsewhere": Refused(
        table(seacr, peaks=PEAKS[:3]) + table(lambda p: [*seacr(p)[:5], "chr2:1-2"], peaks=PEAKS[3:]), 4,
        ("'chr2:1-2'",),
    ),
    "a thick part elsewhere": Refused(
        table(lambda p: [*bed12(p), 1, 1, 1], peaks=PEAKS[:3])
        + table(lambda p: [*bed12(p)[:6], 3500, 3600, *bed12(p)[8:], 1, 1, 1], peaks=PEAKS[3:]),
        4, ("thick part", "3500-3600"),
    ),
    "a no-break space": Refused(table(lambda p: [p.contig + "\u00a0", *p[1:3]]), 1, ("'chr1\\xa0'", "no-break space")),
    "a no-break space further down": Refused(
        table(bed6) + "chr\u00a01\t10\t20\tx\t1\t.\n", 5, ("'chr\\xa01'", "U+00A0")
    ),
    "an invisible character": Refused(table(lambda p: ["\u200b" + p.contig, *p[1:3]]), 1, ("zero width space",)),
    "a space in a contig": Refused(table(lambda p: ["chr 1", *p[1:3]]), 1, ("'chr 1'", "a space")),
    "VCF": Refused("##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\nchr1\t5\t.\tA\tC\n", 1, ("VCF", "variants:")),
    "FASTA": Refused(">chr1\nACGT\n", 1, ("FASTA", "sequences:")),
    "SAM": Refused("@HD\tVN:1.6\nr\t0\tchr1\t5\t60\t4M\t*\t0\t0\tACGT\tIIII\n", 1, ("SAM", "MACS")),
    "wiggle": Refused("track type=wiggle_0\nfixedStep chrom=chr1 start=1 step=1\n5\n", 2, ("wiggle", "bigWig")),
    "wiggle without a track line": Refused("fixedStep chrom=chr1 start=1 step=1\n5\n", 1, ("wiggle", "bigWig")),
    "regions of a browser": Refused("chr1:101-200\n", 1, ("too few", "chr1, 100, 200")),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_told_is_refused(name: str, genome: Path, tmp_path: Path) -> None:
    row = REFUSED[name]
    path = write(tmp_path / "peaks", row.content)
    assert_refused(path, row, lambda: prepared(path, genome))
    assert not (tmp_path / "positives.tsv").exists(), "something was written"


@pytest.mark.parametrize("name", ["a pair of regions", "widths of two kinds", "CSV without widths", "VCF", "backwards"])
def test_regions_are_refused_as_peaks_are(name: str, tmp_path: Path) -> None:
    path = write(tmp_path / "regions", REFUSED[name].content)
    for use in (lambda: read_mask(path, SIZES), lambda: regions_on_genome(path, SIZES)):
        assert_refused(path, REFUSED[name], use)


def test_spaces_around_contigs_have_no_meaning(tmp_path: Path, caplog) -> None:
    path = write(tmp_path / "peaks", table(lambda p: [p.contig + " ", *p[1:3]]))
    with caplog.at_level(logging.INFO, logger="rc"):
        assert read_peaks(path)["contig"].tolist() == [peak.contig for peak in PEAKS]
    assert "spaces around names of contigs" in caplog.text


EQUAL = {
    "broadPeak ranks by its signal": (table(lambda p: [*bed6(p)[:4], 0, ".", *broad(p)[6:]]), {"p1", "p2", "p3"}),
    "narrowPeak ranks by its signal": (table(narrow), {"p1", "p2", "p3"}),
    "bdgpeakcall ranks by its score": (table(lambda p: [*bed6(p), 0, 0, 0, p.offset]), {"p1", "p2", "p3"}),
    "MACS xls ranks by fold enrichment": (table(macs, MACS_NARROW), {"p1", "p2", "p3"}),
}


@pytest.mark.parametrize("name", EQUAL)
def test_the_strongest_are_those_of_the_strength_of_the_format(name: str, genome: Path, tmp_path: Path) -> None:
    content, kept = EQUAL[name]
    windows, counts, _ = prepared(write(tmp_path / "peaks", content), genome, strongest=3)
    assert set(windows["name"]) == kept
    assert counts.set_index("reason")["rows"]["weaker_than_strongest"] == 1


NOT_RANKED = {
    "equal scores": Refused(
        table(lambda p: [*p[:4], 1000, "."]), None, ("4 peaks of strength 1000", "no other column")
    ),
    "equal signals, other q values": Refused(
        table(lambda p: [*bed6(p)[:4], 0, ".", 1, p.score, 8.2, p.offset]), None,
        ("4 peaks of strength 1,", "pValue (column 8)", "strongest: 4"),
    ),
    "equal signals, other scores": Refused(
        table(lambda p: [*bed6(p), 1, 9, 8, p.offset]), None, ("score (column 5)", "with these in column 7")
    ),
    "no strengths": Refused(table(lambda p: p[:3]), None, ("have no strength", "strongest: 3")),
    "dots": Refused(table(lambda p: [*p[:4], ".", "."]), None, ("have no strength",)),
    "counts and values without titles": Refused(
        table(lambda p: [*p[:3], 40, p.score, 1e-5, p.signal, 0.01]), None,
        ("have no strength", "column 5, column 7"),
    ),
    "half of them without strength": Refused(
        table(lambda p: [*p[:4], p.score if p.name < "p2" else ".", "."]), None, ("2 peaks without a strength",)
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NOT_RANKED)
def test_the_strongest_of_equals_are_not_chosen(name: str, genome: Path, tmp_path: Path) -> None:
    row = NOT_RANKED[name]
    path = write(tmp_path / "peaks", row.content)
    assert_refused(path, row, lambda: prepared(path, genome, strongest=3))
    assert len(prepared(path, genome, strongest=4 if "strength" not in row.words[0][-9:] else None)[0]) == 4


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    form=st.sampled_from(sorted(SAME_PEAKS)),
    place=st.floats(0, 1, exclude_max=True),
    removed=st.integers(0, 3),
    inserted=st.text("\t ,;#0159-.e+\"'xN\r\n", max_size=2),
)
def test_random_edits_end_in_peaks_or_in_one_clear_error(form, place, removed, inserted, tmp_path: Path) -> None:
    text = SAME_PEAKS[form][0]
    position = int(place * len(text))
    path = write(tmp_path / "peaks", text[:position] + inserted + text[position + removed :])
    try:
        peaks = read_peaks(path)
    except InputError as error:
        assert str(path) in str(error)
        assert error.fix
    else:
        assert peaks["summit"].between(peaks["start"], peaks["end"] - 1).all()


any_peaks = st.lists(
    st.builds(
        lambda contig, start, width, score, signal, share: Peak(
            contig, start, start + width, "", score, signal, int(share * (width - 1))
        ),
        st.sampled_from(["chr1", "2", "X", "NC_000001.11", "scaffold|7"]),
        st.integers(0, 10**8),
        st.integers(2, 5000),
        st.integers(0, 1000),
        st.floats(0, 1e4, allow_nan=False).map(lambda value: round(value, 3)),
        st.floats(0, 1),
    ),
    min_size=3,
    max_size=12,
).map(lambda peaks: [peak._replace(name=f"p{row}") for row, peak in enumerate(peaks)])

WRAPPED: dict[str, Callable[[Path, str], Content]] = {
    "plain": lambda folder, text: text,
    "gzip": lambda folder, text: gzip.compress(text.encode()),
    "gzip of two members": lambda folder, text: gzip.compress(text.encode()[:9]) + gzip.compress(text.encode()[9:]),
    "BGZF": lambda folder, text: write_bgzf(folder / "made", text).read_bytes(),
    "BGZF, then gzip": lambda folder, text: (
        write_bgzf(folder / "made", text[:9]).read_bytes() + gzip.compress(text[9:].encode())
    ),
    "CRLF": lambda folder, text: text.replace("\n", "\r\n"),
    "byte order mark": lambda folder, text: "\ufeff" + text,
    "no last line end": lambda folder, text: text.rstrip("\n"),
    "blank lines": lambda folder, text: text.replace("\n", "\n\n"),
    "trailing tab": lambda folder, text: text.replace("\n", "\t\n"),
}


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(peaks=any_peaks, wrapped=st.sampled_from(sorted(WRAPPED)))
def test_what_is_written_in_one_form_comes_back_from_every_other(peaks, wrapped, tmp_path: Path) -> None:
    forms = {
        "summits": [(narrow, ""), (idr, ""), (macs, MACS_NARROW), (macs14, MACS14)],
        "midpoints": [(broad, ""), (macs_broad, MACS_BROAD), (gff, ""), (bed6, "")],
        "places": [(lambda p: p[:3], ""), (granges, R_HEADER), (homer, HOMER), (bed9, "")],
    }
    for kind, writers in forms.items():
        for cells, header in writers:
            text = table(cells, header, peaks=peaks)
            found = read_peaks(write(tmp_path / "peaks", WRAPPED[wrapped](tmp_path, text)))
            assert found[["contig", "start", "end"]].values.tolist() == [list(peak[:3]) for peak in peaks]
            centres = [p.start + p.offset if kind == "summits" else (p.start + p.end) // 2 for p in peaks]
            assert found["summit"].tolist() == centres
            if kind != "places" and cells is not bed6 and not (cells is narrow and not any(p.signal for p in peaks)):
                assert found["strength"].tolist() == pytest.approx([peak.signal for peak in peaks])
