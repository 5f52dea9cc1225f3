"""Peaks: every accepted way to write them, and windows with each dropped row counted."""

import gzip
import logging
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from normalise_genome import normalise_genome
from prepare_peaks import prepare_peaks
from sequence_formats import fasta_text

from genome_data.formats.peaks import read_peaks
from genome_data.windows.table import read_windows
from workflow_support.errors import InputError

SPLITS = {"validation": ["chr2:1-1000"], "test": ["chr2:1001-2000"]}


def write(path: Path, text: str) -> Path:
    path.write_bytes(text.encode())
    return path


def make_genome(folder: Path, contigs: dict[str, str]) -> Path:
    source, fasta = write(folder / "source.fa", fasta_text(contigs)), folder / "genome.fa"
    normalise_genome(source, fasta, folder / "genome.fa.fai", folder / "contigs.tsv", folder / "chrom.sizes")
    return fasta


@pytest.fixture(scope="module")
def genome(tmp_path_factory: pytest.TempPathFactory) -> Path:
    letters = np.random.default_rng(1).choice(list("ACGT"), 4000)
    first, second = "".join(letters[:2000]), "".join(letters[2000:])
    first = first[:500] + "N" * 100 + first[600:]
    return make_genome(tmp_path_factory.mktemp("genome"), {"chr1": first, "chr2": second})


def prepared(folder: Path, genome: Path, text: str, **changes) -> tuple[pd.DataFrame, dict[str, int], list[str]]:
    """Positives, counts and intervals of a peak file."""
    options = {
        "blacklist": [],
        "width": 100,
        "strongest": None,
        "splits": SPLITS,
        "max_unknown_fraction": 0.5,
    } | changes
    outputs = [folder / "positives.tsv", folder / "intervals.bed", folder / "counts.tsv"]
    prepare_peaks(write(folder / "peaks.bed", text), genome, *options.values(), *outputs)
    counts = pd.read_csv(outputs[2], sep="\t")
    return (
        read_windows(outputs[0]),
        dict(counts[["reason", "rows"]].itertuples(index=False)),
        outputs[1].read_text().splitlines(),
    )


def narrow_peak(contig: str, start: int, end: int, signal: float, summit: int, name: str = ".") -> str:
    return f"{contig}\t{start}\t{end}\t{name}\t0\t.\t{signal}\t-1\t-1\t{summit}\n"


def test_bed3_is_centred_on_its_midpoint_and_has_no_strength(tmp_path: Path) -> None:
    peaks = read_peaks(write(tmp_path / "p", "chr1\t10\t21\nchr2\t5\t6\n"))
    assert peaks.drop(columns="strength").values.tolist() == [
        ["chr1", 10, 21, "peak_1", 15, 1],
        ["chr2", 5, 6, "peak_2", 5, 2],
    ]
    assert peaks["strength"].isna().all()


def test_bed6_takes_its_score_and_narrow_peak_its_signal_and_summit(tmp_path: Path) -> None:
    bed = read_peaks(write(tmp_path / "b", "chr1\t10\t20\tx\t7.5\t+\nchr1\t10\t20\t.\t.\t-\n"))
    assert bed["name"].tolist() == ["x", "peak_2"]
    assert bed["strength"].tolist() == pytest.approx([7.5, np.nan], nan_ok=True)
    rows = (
        narrow_peak("chr1", 10, 20, 3.25, 0)
        + narrow_peak("chr1", 10, 20, 1e3, 9, "y")
        + narrow_peak("c", 10, 20, 0, -1)
    )
    narrow = read_peaks(write(tmp_path / "n", rows + narrow_peak("d", 10, 20, 0, 10)))
    assert narrow["strength"].tolist() == [3.25, 1000, 0, 0]
    # Without a summit the midpoint; one past the end, as trimmed ENCODE peaks have it, the last base.
    assert narrow["summit"].tolist() == [10, 19, 15, 19]
    assert narrow["name"].tolist() == ["peak_1", "y", "peak_3", "peak_4"]


PLAIN = "chr1\t10\t20\tpeak one\nchr2\t30\t40\tpeak two\n"
ACCEPTED = {
    "as it is": (PLAIN, None),
    "CRLF": (PLAIN.replace("\n", "\r\n"), "carriage returns"),
    "old Macintosh line ends": (PLAIN.replace("\n", "\r"), "carriage returns"),
    "byte order mark": ("\ufeff" + PLAIN, "byte order mark"),
    "no last line end": (PLAIN.rstrip(), None),
    "blank lines": ("\n" + PLAIN.replace("\n", "\n\n  \n\t\n"), "7 blank, comment"),
    "comments": ("# made by hand\n" + PLAIN, "1 blank, comment"),
    "track and browser lines": (f"browser position chr1\ntrack name=x\n{PLAIN}track\tname=y\n", "3 blank, comment"),
    "a header": ("chrom\tchromStart\tchromEnd\tname\n" + PLAIN, "1 blank, comment"),
    "a header as a comment": ("#chrom\tstart\tend\tname\n" + PLAIN, "1 blank, comment"),
    "trailing spaces": (PLAIN.replace("\n", "  \n"), None),
}


@pytest.mark.parametrize(("text", "message"), ACCEPTED.values(), ids=ACCEPTED)
@pytest.mark.parametrize("is_compressed", [False, True], ids=["plain", "gzip"])
def test_untidy_files_are_read_and_reported(text, message, is_compressed, tmp_path: Path, caplog) -> None:
    expected = read_peaks(write(tmp_path / "plain", PLAIN)).drop(columns="line")
    content = text.encode()
    path = tmp_path / "peaks"
    path.write_bytes(gzip.compress(content) if is_compressed else content)
    with caplog.at_level(logging.INFO, logger="rc"):
        peaks = read_peaks(path)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    assert [lines[line - 1].lstrip("\ufeff").split("\t")[0] for line in peaks["line"]] == ["chr1", "chr2"]
    pd.testing.assert_frame_equal(peaks.drop(columns="line"), expected)
    assert (message or "peaks") in (caplog.text or "peaks")


def test_spaces_part_columns_where_there_is_no_tab(tmp_path: Path) -> None:
    peaks = read_peaks(write(tmp_path / "p", "track1 10  20 x\nchr2 30 40 y\n"))
    assert peaks[["contig", "start", "end", "name"]].values.tolist() == [["track1", 10, 20, "x"], ["chr2", 30, 40, "y"]]


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(
            st.from_regex(r"[A-Za-z0-9_.|-]{1,8}", fullmatch=True).filter(lambda x: x not in ("track", "browser")),
            st.integers(0, 10**9),
            st.integers(1, 5000),
            st.floats(0, 1e6),
            st.integers(-1, 5000),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_any_narrow_peak_file_is_read_back(rows, tmp_path: Path) -> None:
    rows = [(contig, start, width, signal, min(summit, width - 1)) for contig, start, width, signal, summit in rows]
    text = "".join(narrow_peak(contig, start, start + width, signal, s) for contig, start, width, signal, s in rows)
    peaks = read_peaks(write(tmp_path / "p", text))
    assert peaks["contig"].tolist() == [row[0] for row in rows]
    assert peaks["strength"].tolist() == pytest.approx([row[3] for row in rows])
    assert peaks["summit"].tolist() == [
        start + summit if summit >= 0 else (start + start + width) // 2 for _, start, width, _, summit in rows
    ]


@pytest.mark.parametrize(("width", "start"), [(100, 950), (101, 950), (1, 1000), (2, 999)])
def test_windows_begin_half_a_width_before_the_summit(width: int, start: int, genome: Path, tmp_path: Path) -> None:
    text = narrow_peak("chr1", 990, 1020, 1, 10) + "".join(narrow_peak("chr2", at, at + 9, 1, 4) for at in (500, 1500))
    windows, counts, _ = prepared(tmp_path, genome, text, width=width)
    assert windows.loc[0, ["start", "end"]].tolist() == [start, start + width]
    assert counts["kept"] == 3


ONE_EACH = "".join(
    narrow_peak(*where, 5, 5) for where in (("chr1", 1000, 1011), ("chr2", 500, 511), ("chr2", 1500, 1511))
)


@pytest.mark.parametrize(
    ("peak", "reason"),
    [
        (narrow_peak("chr9", 10, 20, 9, 5), "contig_not_in_genome"),
        (narrow_peak("chr1", 40, 60, 9, 9), "beyond_contig_end"),
        (narrow_peak("chr1", 1940, 1960, 9, 11), "beyond_contig_end"),
        (narrow_peak("chr1", 1200, 1220, 9, 10), "blacklisted"),
        (narrow_peak("chr1", 900, 1100, 1, 105), "duplicate"),
        (narrow_peak("chr1", 520, 540, 9, 10), "mostly_unknown_bases"),
        (narrow_peak("chr2", 990, 1010, 9, 5), "straddles_splits"),
        (narrow_peak("chr1", 100, 200, 9, 50), "outside_splits"),
        (narrow_peak("chr1", 1400, 1420, 1, 5), "weaker_than_strongest"),
        (narrow_peak("chr1", 1300, 1320, 6, 5), "kept"),
    ],
)
def test_each_reason_is_counted_once(peak: str, reason: str, genome: Path, tmp_path: Path) -> None:
    blacklist = write(tmp_path / "blacklist.bed", "chr1\t1100\t1161\nchr9\t0\t5\n")
    splits = SPLITS | {"exclude": ["chr1:1-400"]}
    windows, counts, intervals = prepared(
        tmp_path, genome, ONE_EACH + peak, blacklist=[blacklist], splits=splits, strongest=4
    )
    expected = {"in": 4, "kept": 3 + (reason == "kept")} | ({reason: 1} if reason != "kept" else {})
    if reason == "weaker_than_strongest":
        windows, counts, intervals = prepared(tmp_path, genome, ONE_EACH + peak, strongest=3)
    assert {name: rows for name, rows in counts.items() if rows} == expected
    assert len(windows) == counts["kept"]
    assert len(intervals) == 4 - (reason == "contig_not_in_genome")


def test_a_window_without_a_known_base_is_dropped_whatever_is_allowed(genome: Path, tmp_path: Path) -> None:
    windows, counts, _ = prepared(
        tmp_path, genome, ONE_EACH + narrow_peak("chr1", 540, 560, 9, 10), max_unknown_fraction=1
    )
    assert counts["mostly_unknown_bases"] == 1
    assert windows["gc"].notna().all()


def test_a_blacklisted_neighbour_that_only_touches_is_no_reason(genome: Path, tmp_path: Path) -> None:
    blacklist = write(tmp_path / "blacklist.bed", "chr1\t1055\t1100\nchr1\t900\t955\n")
    assert prepared(tmp_path, genome, ONE_EACH, blacklist=[blacklist])[1]["kept"] == 3


def test_of_equal_windows_the_strongest_is_kept_before_the_strongest_are_counted(genome: Path, tmp_path: Path) -> None:
    weak = narrow_peak("chr1", 1300, 1340, 1, 20, "weak")
    strong, stronger = (
        narrow_peak("chr1", 1310, 1330, 7, 10, "strong"),
        narrow_peak("chr1", 1700, 1720, 8, 10, "stronger"),
    )
    windows, counts, _ = prepared(tmp_path, genome, ONE_EACH + weak + strong + stronger, strongest=5)
    assert {"strong", "stronger"} < set(windows["name"])
    assert (counts["duplicate"], counts["weaker_than_strongest"], counts["kept"]) == (1, 0, 5)


def test_a_few_equally_strong_peaks_are_kept_in_the_order_of_the_file(genome: Path, tmp_path: Path) -> None:
    strong = "".join(narrow_peak("chr1", 60 + 9 * at, 70 + 9 * at, 9 + at, 5) for at in range(40))
    more = "".join(narrow_peak("chr1", at, at + 10, 5, 5, f"at{at}") for at in (1900, 1300, 1500))
    windows, _, _ = prepared(tmp_path, genome, strong + ONE_EACH.replace("\t5\t-1", "\t7\t-1") + more, strongest=45)
    assert {name for name in windows["name"] if name.startswith("at")} == {"at1900", "at1300"}


def test_the_strongest_of_equally_strong_peaks_are_not_chosen(genome: Path, tmp_path: Path) -> None:
    more = "".join(narrow_peak("chr1", at, at + 10, 5, 5, f"at{at}") for at in (1900, 1300, 1500))
    with pytest.raises(InputError, match="6 peaks of strength 5, of which 4 would be kept") as caught:
        prepared(tmp_path, genome, ONE_EACH + more, strongest=4)
    assert "write strongest: 6, or leave it out" in caught.value.fix
    assert len(prepared(tmp_path, genome, ONE_EACH + more, strongest=6)[0]) == 6


def test_positives_stand_in_the_order_of_the_genome_with_their_gc(genome: Path, tmp_path: Path) -> None:
    lines = ONE_EACH.splitlines(keepends=True)
    windows, _, intervals = prepared(tmp_path, genome, "".join(reversed(lines)))
    assert windows["contig"].tolist() == ["chr1", "chr2", "chr2"]
    assert windows["split"].tolist() == ["train", "validation", "test"]
    assert windows["label"].tolist() == [1, 1, 1]
    letters = genome.read_text().split("\n")[1][955:1055]
    assert windows.loc[0, "gc"] == pytest.approx(sum(letter in "GC" for letter in letters) / 100)
    assert intervals == ["chr1\t1000\t1011", "chr2\t500\t511", "chr2\t1500\t1511"]


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(st.sampled_from(["chr1", "chr2", "chr3"]), st.integers(0, 1980), st.integers(0, 9)), max_size=30
    ),
    strongest=st.none() | st.integers(3, 8),
)
def test_rows_in_are_always_kept_or_dropped(rows, strongest, genome: Path, tmp_path: Path) -> None:
    # Ties among the strongest are refused, and so each peak has its own strength.
    text = "".join(
        narrow_peak(contig, start, start + 20, signal + row / 100, 10)
        for row, (contig, start, signal) in enumerate(rows)
    )
    always = "".join(line.replace("\t5\t-1", f"\t9{row}\t-1") for row, line in enumerate(ONE_EACH.splitlines(True)))
    windows, counts, _ = prepared(tmp_path, genome, always + text, strongest=strongest)
    assert counts["in"] == len(rows) + 3
    assert counts["in"] == sum(counts.values()) - counts["in"]
    assert not windows.duplicated(["contig", "start"]).any()
    assert strongest is None or counts["kept"] <= strongest


@pytest.mark.parametrize(
    ("path", "genome_path", "rows", "on_genome", "strength"),
    [
        ("hg19/peaks/GM12878_CTCF.awgUniform.hg19.bed.gz", "hg19/chr21.hg19.fa.gz", 43_402, 446, False),
        ("hg19/peaks/CTCF.ENCODE.chr21.liftedhg19.narrowPeak", "hg19/chr21.hg19.fa.gz", 527, 527, True),
        ("fly_dm3/nexus/dmel_s2_max_chipnexus_01_summits.bed.gz", "fly_dm3/dm3_chr2R.fa.gz", 39_936, 8_090, True),
        ("yeast_sacCer3/peaks/Reb1_CX.bed", "yeast_sacCer3/sacCer3.fa.gz", 1_078, 1_078, True),
        ("hg19/peaks/ChIPseq.GM12878.SPI1.conservative.train.narrowPeak.gz", None, 36_800, None, True),
    ],
)
def test_real_peaks(shared_data: Path, tmp_path: Path, path, genome_path, rows, on_genome, strength) -> None:
    peaks = read_peaks(shared_data / path)
    assert len(peaks) == rows
    assert peaks["strength"].notna().all() == strength
    assert peaks["summit"].between(peaks["start"], peaks["end"] - 1).all()
    if genome_path is None:
        return
    outputs = [tmp_path / name for name in ("genome.fa", "genome.fa.fai", "contigs.tsv", "chrom.sizes")]
    normalise_genome(shared_data / genome_path, *outputs)
    sizes = pd.read_csv(outputs[3], sep="\t", names=["contig", "length"], index_col="contig")["length"]
    first, half = sizes.index[0], sizes.iloc[0] // 2
    splits = {"validation": [f"{first}:1-{half}"], "test": [f"{first}:{half + 1}-{sizes.iloc[0]}"]}
    if len(sizes) == 1:
        splits = {"validation": [f"{first}:1-{half}"], "test": [f"{first}:{half + 1}-{half + half // 2}"]}
    files = [tmp_path / name for name in ("positives.tsv", "intervals.bed", "counts.tsv")]
    prepare_peaks(shared_data / path, outputs[0], [], 201, None, splits, 0.5, *files)
    assert len(files[1].read_text().splitlines()) == on_genome
    counts = pd.read_csv(files[2], sep="\t", index_col="reason")["rows"]
    assert counts["in"] == rows == counts.drop("in").sum()
    assert counts["contig_not_in_genome"] == rows - on_genome


def test_a_genome_without_the_peaks_contigs_names_both_styles(genome: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no contig of the file") as caught:
        prepared(tmp_path, genome, "1\t5\t9\n2\t5\t9\n")
    assert "Ensembl" in str(caught.value)
    assert "UCSC" in str(caught.value)
    assert "sed 's/^/chr/'" in caught.value.fix
