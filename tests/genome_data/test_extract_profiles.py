"""Files of a profile task: rows belong together, positions of counts and codes agree, every window is accounted for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from extract_profiles import extract_profiles
from extract_track import extract_track
from normalise_genome import normalise_genome
from prepare_peaks import prepare_peaks
from sequence_formats import fasta_text

from genome_data.formats.tracks import TrackWriter
from genome_data.windows.table import read_windows, write_windows
from workflow_support.errors import InputError

SIZES = {"chr1": 2000, "chr2": 1000}
WINDOW, OUTPUT, JITTER = 60, 20, 5
WIDTH, SPAN, INSET = WINDOW + 2 * JITTER, OUTPUT + 2 * JITTER, (WINDOW - OUTPUT) // 2
STARTS = [("chr1", 100, "train"), ("chr1", 500, "train"), ("chr2", 0, "validation"), ("chr2", 930, "test")]
TRACKS = ("plus.bw", "minus.bw", "control.plus.bw", "control.minus.bw")

Signal = dict[str, np.ndarray]


def write_track(path: Path, values: Signal) -> None:
    with TrackWriter(path, SIZES) as track:
        for contig, of_contig in values.items():
            track.add_bases(contig, np.arange(len(of_contig)), of_contig)


def write_positives(folder: Path, rows: list[tuple[str, int, str]], width: int = WIDTH) -> None:
    windows = pd.DataFrame(rows, columns=["contig", "start", "split"])
    windows = windows.assign(end=windows["start"] + width, name=[f"peak_{row}" for row in windows.index])
    write_windows(windows.assign(label=1, gc=0.5), folder / "positives.tsv")


@pytest.fixture
def letters() -> dict[str, str]:
    rng = np.random.default_rng(1)
    return {contig: "".join(rng.choice(list("ACGTN"), size)) for contig, size in SIZES.items()}


@pytest.fixture
def signal() -> dict[str, Signal]:
    """Counts at every base, by track."""
    rng = np.random.default_rng(2)
    return {name: {contig: rng.integers(0, 9, size) for contig, size in SIZES.items()} for name in TRACKS}


@pytest.fixture
def task(tmp_path: Path, letters: dict[str, str], signal: dict[str, Signal]) -> Path:
    """A folder with a genome, windows, and tracks of both strands and their control."""
    (tmp_path / "source.fa").write_text(fasta_text(letters))
    outputs = ("genome.fa", "genome.fa.fai", "contigs.tsv", "chrom.sizes")
    normalise_genome(tmp_path / "source.fa", *(tmp_path / name for name in outputs))
    write_positives(tmp_path, STARTS)
    for name, values in signal.items():
        write_track(tmp_path / name, values)
    return tmp_path


def extract(task: Path, sources: int = 1, control: bool = True) -> Path:
    tracks = [[task / name] * sources for name in TRACKS]
    out = task / "out"
    extract_profiles(
        task / "positives.tsv",
        task / "genome.fa",
        *(tracks if control else (*tracks[:2], [], [])),
        WINDOW,
        OUTPUT,
        JITTER,
        False,
        out / "windows.tsv",
        out / "codes.npy",
        out / "counts.npy",
        out / "window_counts.tsv",
        out / "control.npy" if control else None,
    )
    return out


def expected_counts(signal: dict[str, Signal], strands: tuple[str, str], rows: pd.DataFrame) -> np.ndarray:
    spans = [(contig, start + INSET) for contig, start in zip(rows["contig"], rows["start"], strict=True)]
    return np.array([[signal[each][contig][at : at + SPAN] for each in strands] for contig, at in spans])


def test_rows_and_positions_of_all_files_agree(task: Path, letters: dict[str, str], signal: dict[str, Signal]) -> None:
    out = extract(task)
    windows = read_windows(out / "windows.tsv")
    assert windows.equals(read_windows(task / "positives.tsv"))
    codes = np.load(out / "codes.npy", mmap_mode="r")
    for row, (contig, start, _) in zip(codes, STARTS, strict=True):
        assert np.array_equal(row, ["ACGTN".index(letter) for letter in letters[contig][start : start + WIDTH]])
    for name, strands in (("counts.npy", TRACKS[:2]), ("control.npy", TRACKS[2:])):
        array = np.load(out / name, mmap_mode="r")
        assert isinstance(array, np.memmap)
        assert array.flags.c_contiguous
        assert (array.dtype, array.shape) == (np.uint16, (4, 2, SPAN))
        assert np.array_equal(array, expected_counts(signal, strands, windows))


def test_sources_are_summed_and_large_counts_kept(task: Path, signal: dict[str, Signal]) -> None:
    signal["plus.bw"]["chr1"][100 + INSET] = 40_000
    write_track(task / "plus.bw", signal["plus.bw"])
    assert np.load(extract(task) / "counts.npy").dtype == np.uint16
    counts = np.load(extract(task, sources=2) / "counts.npy")
    assert counts.dtype == np.uint32
    assert counts[0, 0, 0] == 80_000
    assert np.array_equal(counts, 2 * expected_counts(signal, TRACKS[:2], read_windows(task / "positives.tsv")))


def test_windows_without_reads_in_their_output_are_dropped_and_counted(task: Path, signal: dict[str, Signal]) -> None:
    # Reads of the second window lie in its jitter alone, at the bases on either side of the output.
    inner = 500 + INSET + JITTER
    for name in TRACKS[:2]:
        signal[name]["chr1"][inner : inner + OUTPUT] = 0
        signal[name]["chr1"][[inner - 1, inner + OUTPUT]] = 3
        write_track(task / name, signal[name])
    out = extract(task)
    assert (out / "window_counts.tsv").read_text() == (
        "reason\trows\nin\t4\nno reads in the output window\t1\nnear-copy of a validation or test window\t0\nkept\t3\n"
    )
    windows = read_windows(out / "windows.tsv")
    assert windows["name"].tolist() == ["peak_0", "peak_2", "peak_3"]
    assert np.load(out / "codes.npy").shape == (3, WIDTH)
    assert np.array_equal(np.load(out / "counts.npy"), expected_counts(signal, TRACKS[:2], windows))
    assert np.array_equal(np.load(out / "control.npy"), expected_counts(signal, TRACKS[2:], windows))


@pytest.mark.parametrize("inside", [0, OUTPUT - 1])
def test_one_read_at_an_end_of_the_output_keeps_a_window(task: Path, signal: dict[str, Signal], inside: int) -> None:
    for name in TRACKS[:2]:
        signal[name]["chr1"][500 : 500 + WIDTH] = 0
    signal["minus.bw"]["chr1"][500 + INSET + JITTER + inside] = 1
    for name in TRACKS[:2]:
        write_track(task / name, signal[name])
    assert len(read_windows(extract(task) / "windows.tsv")) == 4


def test_without_a_control_none_is_written(task: Path) -> None:
    assert sorted(file.name for file in extract(task, control=False).iterdir()) == [
        "codes.npy",
        "counts.npy",
        "window_counts.tsv",
        "windows.tsv",
    ]


def test_a_split_without_reads_is_refused(task: Path, signal: dict[str, Signal]) -> None:
    for name in TRACKS[:2]:
        signal[name]["chr2"][:WIDTH] = 0
        write_track(task / name, signal[name])
    assert_refused(task, ["in the split validation", "1 no reads in the output window", "validation 0, test 1"])


def test_windows_of_another_width_are_refused(task: Path) -> None:
    write_positives(task, STARTS, width=WINDOW)
    assert_refused(task, ["positives.tsv", "found:   60 bp", "70 bp: the window, and the jitter"])


def test_a_bad_control_is_refused(task: Path, signal: dict[str, Signal]) -> None:
    write_track(task / "control.minus.bw", {contig: values / 2 for contig, values in signal["plus.bw"].items()})
    assert_refused(task, ["control.minus.bw", "no whole numbers"])


def assert_refused(task: Path, words: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        extract(task)
    for word in ("found:", "allowed:", "fix:", *words):
        assert word in str(caught.value)
    assert not list((task / "out").glob("*")), "something half-written was left"


def test_real_ctcf_profiles(shared_data: Path, tmp_path: Path) -> None:
    hg19 = shared_data / "hg19"
    fasta = tmp_path / "genome.fa"
    normalise_genome(
        hg19 / "chr21.hg19.fa.gz", fasta, tmp_path / "genome.fa.fai", tmp_path / "contigs.tsv", tmp_path / "sizes"
    )
    splits = {"validation": ["chr21:14000001-22000000"], "test": ["chr21:22000001-32000000"]}
    prepare_peaks(
        *(hg19 / "peaks/GM12878_CTCF.awgUniform.hg19.bed.gz", fasta, [], 1346 + 400, None, splits, 0.1),
        *(tmp_path / name for name in ("positives.tsv", "peaks.bed", "peak_counts.tsv")),
    )
    strands = [[hg19 / f"signal/GM12878_CTCF_r1.chr21.hg19.5p.{strand}.bw"] for strand in ("plus", "minus")]
    outputs = [tmp_path / name for name in ("windows.tsv", "codes.npy", "counts.npy")]
    accounting = tmp_path / "window_counts.tsv"
    extract_profiles(tmp_path / "positives.tsv", fasta, *strands, [], [], 1346, 1000, 200, False, *outputs, accounting)
    rows = pd.read_csv(accounting, sep="\t").set_index("reason")["rows"]
    windows, codes, counts = read_windows(outputs[0]), np.load(outputs[1]), np.load(outputs[2])
    copies = "near-copy of a validation or test window"
    assert rows.to_dict() == {"in": 446, "no reads in the output window": 29, copies: 0, "kept": 417}
    assert rows["kept"] == len(windows) == len(codes) == len(counts)
    assert (codes.shape[1], counts.shape[1:], counts.dtype) == (1746, (2, 1400), np.uint16)
    # Around the summits, + strand reads begin to the left and − strand reads to the right.
    centre = counts.shape[2] // 2
    left, right = (counts[:, :, at : at + 100].sum(axis=(0, 2)) for at in (centre - 100, centre))
    assert left[0] > 2 * right[0]
    assert right[1] > 2 * left[1]
    reads = counts[:, :, 200:1200].sum(axis=(1, 2))
    assert reads.min() >= 1
    assert np.median(np.append(reads, np.zeros(29))) == 42


@pytest.mark.parametrize("is_stranded", [False, True])
def test_a_track_has_the_values_at_the_bases_of_the_counts(
    task: Path, signal: dict[str, Signal], is_stranded: bool
) -> None:
    minus = [task / "minus.bw"] * is_stranded
    extract_track(
        task / "positives.tsv", task / "genome.fa", [task / "plus.bw"], minus, OUTPUT, JITTER, task / "track.npy"
    )
    track = np.load(task / "track.npy")
    names = TRACKS[:2] if is_stranded else TRACKS[:1]
    assert track.shape == (len(STARTS), len(names), SPAN)
    for row, (contig, start, _) in enumerate(STARTS):
        for strand, name in enumerate(names):
            values = signal[name][contig][start + INSET : start + INSET + SPAN]
            assert track[row, strand, : len(values)].tolist() == values.tolist()
            assert not track[row, strand, len(values) :].any()


def test_a_track_with_a_negative_value_is_refused(task: Path, signal: dict[str, Signal]) -> None:
    write_track(task / "negative.bw", {contig: values - 5.0 for contig, values in signal["plus.bw"].items()})
    files = task / "positives.tsv", task / "genome.fa", [task / "negative.bw"], []
    with pytest.raises(InputError, match="the track has a negative value"):
        extract_track(*files, OUTPUT, JITTER, task / "track.npy")
    assert not (task / "track.npy").exists()
