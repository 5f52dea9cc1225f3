"""Negatives keep away from peaks, stay in their split, match GC, and say exactly what they could not find."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_negatives import sample_negatives as run_script
from scipy import stats

from genome_data.formats.bed import read_intervals
from genome_data.genome import Genome, normalise_fasta
from genome_data.intervals.overlaps import overlapping
from genome_data.intervals.splits import assign_split, split_regions
from genome_data.windows import negatives, window_search
from genome_data.windows.gc_bins import GCBins
from genome_data.windows.negatives import describe_shortfall
from genome_data.windows.settings import NegativeSettings, WindowSettings
from genome_data.windows.table import composition, read_windows, write_windows
from workflow_support.errors import InputError

SETTINGS = {
    "width": 10,
    "ratio": 1.0,
    "margin": 0,
    "overlap": False,
    "gc_bin_width": 0.1,
    "max_unknown_fraction": 0.0,
    "seed": 1,
}
OF_WINDOWS = ("width", "max_unknown_fraction")


def sections(options: dict) -> tuple[dict, dict]:
    """The sections ``windows`` and ``negatives`` of the configuration that hold the options."""
    windows = {key: options[key] for key in OF_WINDOWS}
    return windows, {key: value for key, value in options.items() if key not in OF_WINDOWS}


def sample_negatives(*data: object, **options: object) -> tuple[pd.DataFrame, pd.DataFrame]:
    windows, settings_of_draw = sections(options)
    return negatives.sample_negatives(*data, WindowSettings(**windows), NegativeSettings(**settings_of_draw))


def intervals(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["contig", "start", "end"]).astype({"contig": "str", "start": int, "end": int})


def regions(*rows: tuple) -> pd.DataFrame:
    return intervals(*(row[:3] for row in rows)).assign(split=[row[3] for row in rows])


def positives(*rows: tuple) -> pd.DataFrame:
    """Rows of contig, start, end, split and GC."""
    return regions(*(row[:4] for row in rows)).assign(gc=[row[4] for row in rows])


def genome_of(folder: Path, **sequences: str) -> Genome:
    source, fasta = folder / "source.fa", folder / "genome.fa"
    source.write_text("".join(f">{contig}\n{letters}\n" for contig, letters in sequences.items()))
    normalise_fasta(source, fasta, f"{fasta}.fai", folder / "contigs.tsv", folder / "chrom.sizes")
    return Genome(fasta)


def random_sequence(length: int, seed: int, letters: str = "ACGT") -> str:
    return "".join(np.random.default_rng(seed).choice(list(letters), length))


def bin_of_fraction(gc: float | Fraction, options: dict) -> int:
    """GC bin in exact arithmetic."""
    step = Fraction(str(options["gc_bin_width"]))
    return min(int(Fraction(str(gc)) / step), -int(-1 // step) - 1)


def bin_of_letters(letters: str, options: dict) -> int:
    known = len(letters) - letters.count("N")
    return bin_of_fraction(Fraction(letters.count("G") + letters.count("C"), known), options)


def allowed_windows(sequences, split_of, barred, options) -> dict[tuple[str, int], tuple[str, int]]:
    """By brute force, each (contig, start) where a negative may lie, and its (split, GC bin)."""
    width, margin = options["width"], options["margin"]
    allowed = {}
    for contig, first, last, split in split_of.itertuples(index=False):
        for start in range(first, last - width + 1):
            letters = sequences[contig][start : start + width]
            unknown = letters.count("N")
            if unknown == width or unknown > options["max_unknown_fraction"] * width + 1e-9:
                continue
            if not any(
                row.contig == contig and row.start - reach < start + width and start < row.end + reach
                for frame, reach in zip(barred, (margin, 0, 0), strict=True)
                for row in frame.itertuples()
            ):
                allowed[contig, start] = split, bin_of_letters(letters, options)
    return allowed


def faults(windows: pd.DataFrame, counts: pd.DataFrame, allowed: dict, options: dict) -> list[str]:
    """Everything that is wrong with a set of negatives and its count table."""
    width = options["width"]
    places = list(zip(windows["contig"], windows["start"], strict=True))
    wrong = [f"not allowed: {place}" for place in places if place not in allowed]
    if wrong:
        return wrong
    wrong += [
        f"wrong split: {row.name}" for row in windows.itertuples() if allowed[row.contig, row.start][0] != row.split
    ]
    if len(set(places)) < len(places):
        wrong.append("a window twice")

    def clashes(one, other):
        return one[0] == other[0] and abs(one[1] - other[1]) < width

    if not options["overlap"]:
        wrong += [
            f"overlap: {one} {other}" for one in places for other in places if one < other and clashes(one, other)
        ]
    found = Counter(allowed[place] for place in places)
    for row in counts.itertuples():
        key = row.split, round(row.gc_from / options["gc_bin_width"])
        if found.pop(key, 0) != row.found or row.found > row.wanted or row.found + row.missing != row.wanted:
            wrong.append(f"wrong counts: {row}")
        fits = [place for place, other in allowed.items() if other == key and place not in places]
        if not options["overlap"]:
            fits = [place for place in fits if not any(clashes(place, taken) for taken in places)]
        if row.missing and fits:
            wrong.append(f"{key} is short although {fits[0]} fits")
    return wrong + [f"not wanted: {key}" for key in found]


@st.composite
def experiments(draw):
    width = draw(st.integers(2, 8))
    letters = draw(st.sampled_from(["ACGT", "AAACGTTT", "ACGTNN", "AG"]))
    sequences = {
        contig: random_sequence(draw(st.integers(width, 150)), draw(st.integers(0, 10**6)), letters)
        for contig in ["a", "b", "c"][: draw(st.integers(1, 3))]
    }
    split_of = []
    for contig, sequence in sequences.items():
        cut = draw(st.integers(0, len(sequence)))
        split_of += [(contig, 0, cut, "train"), (contig, cut, len(sequence), draw(st.sampled_from(["test", "train"])))]
    split_of = regions(*(row for row in split_of if row[1] < row[2]))

    def places(largest):
        rows = []
        for _ in range(draw(st.integers(0, largest))):
            contig = draw(st.sampled_from(list(sequences)))
            start = draw(st.integers(0, len(sequences[contig]) - 1))
            rows.append((contig, start, min(start + draw(st.integers(1, 20)), len(sequences[contig]))))
        return intervals(*rows)

    wanted = [
        (contig, start, start + width, split, draw(st.sampled_from([0.0, 0.3, 0.5, 0.6, 1.0])))
        for contig, start, _, split in split_of.itertuples(index=False)
        for _ in range(draw(st.integers(1, 3)))
    ]
    options = {
        "width": width,
        "ratio": draw(st.sampled_from([0.4, 1.0, 3.0, 20.0])),
        "margin": draw(st.integers(0, 12)),
        "overlap": draw(st.booleans()),
        "gc_bin_width": draw(st.sampled_from([0.1, 0.25, 0.3])),
        "max_unknown_fraction": draw(st.sampled_from([0.0, 0.5, 1.0])),
        "seed": draw(st.integers(0, 99)),
    }
    return sequences, split_of, positives(*wanted), places(4), places(2), options


@settings(max_examples=100)
@given(experiments(), st.sampled_from([1, 7, 1 << 20]))
def test_negatives_are_allowed_disjoint_and_exhaustive(experiment, starts_per_block):
    sequences, split_of, wanted, peaks, masked, options = experiment
    allowed = allowed_windows(sequences, split_of, (peaks, masked, wanted), options)
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(window_search, "STARTS_PER_BLOCK", starts_per_block)
        genome = genome_of(Path(folder), **sequences)
        try:
            windows, counts = sample_negatives(genome, split_of, wanted, peaks, [masked], **options)
        except InputError as error:
            split = error.problem.split("'")[1]
            asked = Counter((row.split, bin_of_fraction(row.gc, options)) for row in wanted.itertuples())
            # A bin whose share of the ratio is below one window may be rounded to none.
            assert not any(key[0] == split and asked[key] * options["ratio"] >= 1 for key in allowed.values())
            return
        assert faults(windows, counts, allowed, options) == []
        for split, group in counts.groupby("split"):
            assert group["wanted"].sum() == int((wanted["split"] == split).sum() * options["ratio"] + 0.5)
        pd.testing.assert_series_equal(
            windows["gc"], composition(genome, windows, options["width"])["gc"], check_exact=True
        )


def _flat_genome(folder: Path, length: int = 400_000) -> tuple[Genome, pd.DataFrame, pd.DataFrame]:
    genome = genome_of(folder, one=random_sequence(length, 5), two=random_sequence(length // 4, 6))
    split_of = split_regions({"validation": [f"one:1-{length // 4}"], "test": ["two"]}, genome.sizes)
    wanted = [("one", 0, 10, "train", 0.5), ("one", 0, 10, "validation", 0.5), ("two", 0, 10, "test", 0.5)]
    return genome, split_of, positives(*wanted)


def test_each_seed_has_its_windows_whatever_the_order_of_the_contigs(tmp_path):
    genome, split_of, wanted = _flat_genome(tmp_path, 40_000)
    options = SETTINGS | {"ratio": 50}

    def places(genome: Genome, seed: int) -> set:
        windows, _ = sample_negatives(genome, split_of, wanted, intervals(), [], **options | {"seed": seed})
        return set(zip(windows["contig"], windows["start"], windows["split"], strict=True))

    (tmp_path / "swapped").mkdir()
    swapped = genome_of(
        tmp_path / "swapped", two=genome.bases("two").tobytes().decode(), one=genome.bases("one").tobytes().decode()
    )
    assert places(genome, 1) == places(genome, 1) == places(swapped, 1)
    assert places(genome, 1) != places(genome, 2)


@pytest.mark.parametrize("scarce", [False, True])
def test_windows_are_uniform_over_a_flat_genome(tmp_path, scarce):
    genome = genome_of(tmp_path, one=random_sequence(200_000, 3))
    split_of = regions(("one", 0, 200_000, "train"))
    options = SETTINGS | {"ratio": 8000 if scarce else 2000, "gc_bin_width": 0.1 if scarce else 1.0}
    windows, counts = sample_negatives(
        genome, split_of, positives(("one", 0, 10, "train", 0.5)), intervals(), [], **options
    )
    assert counts["missing"].sum() == 0
    where = np.histogram(windows["start"], bins=20, range=(0, 200_000))[0]
    assert stats.chisquare(where).pvalue > 0.001


def test_every_start_is_equally_likely(tmp_path):
    genome = genome_of(tmp_path, one="ACGT" * 10)
    wanted = positives(("one", 0, 10, "train", 0.5))
    only_start = []
    for seed in range(300):
        windows, _ = sample_negatives(
            genome,
            regions(("one", 10, 40, "train")),
            wanted,
            intervals(),
            [],
            **SETTINGS | {"gc_bin_width": 1.0, "seed": seed},
        )
        only_start += windows["start"].tolist()
    assert len(only_start) == 300
    assert stats.chisquare(np.bincount(only_start, minlength=31)[10:]).pvalue > 0.001


def test_a_rare_bin_is_not_blocked_by_common_ones(tmp_path):
    """Ten GC islands among AT: every island is found although the tiles rarely fall on one."""
    letters = list(random_sequence(4_000, 4, "AT"))
    for start in range(203, 4_000, 400):
        letters[start : start + 10] = "GC" * 5
    genome = genome_of(tmp_path, one="".join(letters))
    wanted = positives(*[("one", 0, 10, "train", 1.0)] * 10, *[("one", 0, 10, "train", 0.0)] * 200)
    windows, counts = sample_negatives(genome, regions(("one", 0, 4_000, "train")), wanted, intervals(), [], **SETTINGS)
    assert counts["missing"].tolist() == [0, 0]
    rich = windows.loc[windows["gc"] >= 0.9, "start"]
    assert (np.abs(rich - np.arange(203, 4_000, 400)) <= 1).all()  # off by one, the GC is still 0.9


@pytest.mark.parametrize("seed", range(12))
def test_a_blocked_window_makes_way_for_one_beside_it(tmp_path, seed):
    """The only window of pure G overlaps the leftmost of half G on both sides; one a base further right still fits."""
    genome = genome_of(tmp_path, one="T" * 40 + "G" * 10 + "AG" * 6 + "T" * 40)
    wanted = positives(("one", 0, 10, "train", 1.0), ("one", 0, 10, "train", 0.5))
    options = SETTINGS | {"gc_bin_width": 0.05, "seed": seed}
    windows, counts = sample_negatives(genome, regions(("one", 30, 102, "train")), wanted, intervals(), [], **options)
    assert counts["missing"].tolist() == [0, 0]
    assert windows["start"][0] == 40
    assert windows["start"][1] in (50, 51, 52, 53)


@pytest.mark.parametrize("mirrored", [False, True])
def test_windows_may_touch(tmp_path, mirrored):
    """The only window of pure G touches the only one of pure A, and half G, which has other places, leaves it free."""
    sequence = "T" * 5 + "G" * 10 + "A" * 10 + "GA" * 5
    genome = genome_of(tmp_path, one="N" * 10 + (sequence[::-1] if mirrored else sequence))
    room = regions(("one", 10, 45, "train"))
    wanted = positives(*[("one", 0, 10, "train", gc) for gc in (0.0, 0.5, 1.0)])
    for seed in range(12):
        options = SETTINGS | {"gc_bin_width": 0.05, "seed": seed}
        _, counts = sample_negatives(genome, room, wanted, intervals(), [], **options)
        assert counts["missing"].tolist() == [0, 0, 0]


def test_unknown_bases_are_neither_gc_nor_drawn_alone(tmp_path):
    letters = np.array(list(random_sequence(3_000, 9)))
    letters[np.random.default_rng(1).random(3_000) < 0.7] = "N"
    genome = genome_of(tmp_path, one="".join(letters))
    wanted = positives(*[("one", 0, 4, "train", gc) for gc in (0.0, 0.5, 1.0)])
    whole = regions(("one", 0, 3_000, "train"))
    for most_unknown in (0.25, 0.5, 1.0):
        options = SETTINGS | {"width": 4, "ratio": 1000, "max_unknown_fraction": most_unknown}
        windows, counts = sample_negatives(genome, whole, wanted, intervals(), [], **options)
        found = composition(genome, windows, 4)
        assert found["gc"].notna().all()
        assert found["unknown"].max() == min(most_unknown, 0.75)
        assert counts["missing"].gt(0).all()


def test_the_script_writes_its_three_files_or_none(tmp_path):
    wanted = _flat_genome(tmp_path, 40_000)[2]
    write_windows(wanted.assign(name="peak", label=1), tmp_path / "positives.tsv")
    (tmp_path / "peaks.bed").write_text("one\t20000\t20010\n")
    (tmp_path / "blacklist.bed").write_text("two\t0\t5000\n")
    outputs = {name: tmp_path / "out" / name for name in ("negatives", "bed", "counts")}
    arguments = {
        "positives": tmp_path / "positives.tsv",
        "intervals": tmp_path / "peaks.bed",
        "fasta": tmp_path / "genome.fa",
        "blacklist": [tmp_path / "blacklist.bed"],
        "splits": {"validation": ["one:1-10000"], "test": ["two"]},
        **outputs,
        **dict(zip(("windows", "settings"), sections(SETTINGS | {"ratio": 20, "margin": 50}), strict=True)),
    }
    (tmp_path / "unlabelled.bed").write_text("two\t0\t10000\n")
    with pytest.raises(InputError, match="'test'"):
        run_script(unlabelled=[tmp_path / "unlabelled.bed"], **arguments)
    assert not any(path.exists() for path in outputs.values())

    run_script(unlabelled=[], **arguments)
    windows = read_windows(outputs["negatives"])
    assert windows["split"].value_counts().to_dict() == {"train": 20, "validation": 20, "test": 20}
    assert windows.loc[windows["contig"] == "two", "start"].min() >= 5_000
    bed = pd.read_csv(outputs["bed"], sep="\t", names=["contig", "start", "end", "name"], dtype={"contig": "str"})
    pd.testing.assert_frame_equal(bed, windows[["contig", "start", "end", "name"]])
    counts = pd.read_csv(outputs["counts"], sep="\t")
    assert list(counts) == ["split", "gc_from", "gc_to", "wanted", "found", "missing"]
    assert counts["found"].sum() == 60


def test_an_impossible_bin_ends_with_an_exact_report(tmp_path):
    genome = genome_of(tmp_path, one=random_sequence(5_000, 4, "AT") + "G" * 14)
    wanted = positives(*[("one", 0, 10, "test", 0.05)] * 3, *[("one", 0, 10, "test", 0.95)] * 7)
    windows, counts = sample_negatives(genome, regions(("one", 0, 5_014, "test")), wanted, intervals(), [], **SETTINGS)
    assert counts.to_dict("list") == {
        "split": ["test", "test"],
        "gc_from": [0.0, 0.9],
        "gc_to": [0.1, 1.0],
        "wanted": [3, 7],
        "found": [3, 1],
        "missing": [0, 6],
    }
    assert sorted(windows["name"]) == ["negative_1", "negative_2", "negative_3", "negative_4"]
    lines = describe_shortfall(counts)
    assert lines[0] == "test: GC 0.9 to 1 ran out: 7 wanted, 1 found, 6 missing"
    assert "6 of 10" in lines[1]
    assert all(fix in lines[1] for fix in ("gc_bin_width", "margin", "ratio", "overlap"))
    assert describe_shortfall(counts[counts["missing"] == 0]) == []


def test_no_negative_at_all_is_an_error_that_names_the_split(tmp_path):
    genome, split_of, wanted = _flat_genome(tmp_path, 4_000)
    whole_contig = intervals(("two", 400, 600))
    with pytest.raises(InputError, match="'test'") as caught:
        sample_negatives(genome, split_of, wanted, whole_contig, [], **SETTINGS | {"margin": 400})
    assert "margin" in caught.value.fix


def test_a_margin_ends_with_its_contig(tmp_path):
    """A peak at the end of one contig leaves the start of the next alone."""
    genome = genome_of(tmp_path, one="AC" * 10, two="AC" * 5)
    wanted = positives(("one", 0, 10, "train", 0.5))
    windows, _ = sample_negatives(
        genome,
        regions(("one", 0, 20, "train"), ("two", 0, 10, "train")),
        wanted,
        intervals(("one", 15, 20)),
        [],
        **SETTINGS | {"margin": 10},
    )
    assert windows[["contig", "start", "end"]].to_numpy().tolist() == [["two", 0, 10]]


@pytest.mark.parametrize("bin_width", [0.01, 0.02, 0.05, 0.07, 0.1, 0.25, 0.3, 1.0])
@pytest.mark.parametrize("width", [2, 101, 200, 1000])
def test_gc_bins_are_exact(width, bin_width):
    bins = GCBins(width, bin_width, 0.02)
    for unknown in range(len(bins.table) - 1):
        known = width - unknown
        exact = [bin_of_fraction(Fraction(gc, known), {"gc_bin_width": bin_width}) for gc in range(known + 1)]
        assert bins.table[unknown, : known + 1].tolist() == exact
    assert (bins.table[-1] < 0).all()
    assert len(bins.edges) == bins.count + 1
    assert bins.edges[-1] == 1


@pytest.mark.parametrize(("ratio", "expected"), [(0.5, [1, 0, 1, 2]), (1, [1, 1, 2, 4]), (1.3, [1, 1, 3, 5])])
def test_fractional_ratios_keep_the_total_of_the_split(ratio, expected):
    """Largest remainder: 8 positives in bins of 1, 1, 2 and 4; of equal remainders the lower bin comes first."""
    gc = np.repeat([0.1, 0.3, 0.6, 0.8], [1, 1, 2, 4])
    wanted = negatives._wanted(pd.DataFrame({"split": "train", "gc": gc}), ["train"], GCBins(10, 0.1, 0), ratio)
    assert wanted[0, [1, 3, 6, 8]].tolist() == expected


def test_the_checks_of_this_file_see_planted_faults(tmp_path):
    sequences = {"one": random_sequence(600, 8)}
    split_of = regions(("one", 0, 400, "train"), ("one", 400, 600, "test"))
    wanted = positives(("one", 100, 110, "train", 0.5), ("one", 500, 510, "test", 0.5))
    options = SETTINGS | {"ratio": 3, "margin": 20}
    peaks = intervals(("one", 90, 120))
    allowed = allowed_windows(sequences, split_of, (peaks, intervals(), wanted), options)
    windows, counts = sample_negatives(genome_of(tmp_path, **sequences), split_of, wanted, peaks, [], **options)
    assert faults(windows, counts, allowed, options) == []

    def with_start(start: int) -> pd.DataFrame:
        return windows.assign(start=[start, *windows["start"][1:]])

    second = windows["start"][1]
    assert faults(with_start(75), counts, allowed, options), "within the margin of a peak"
    assert faults(with_start(395), counts, allowed, options), "across a boundary"
    assert faults(with_start(second), counts, allowed, options), "the same window twice"
    assert faults(windows[::-1].assign(split=windows["split"].to_numpy()), counts, allowed, options), "another split"
    assert faults(windows[1:], counts, allowed, options), "one less than reported"
    fewer = counts.assign(found=counts["found"] - [1, 0], missing=counts["missing"] + [1, 0])
    assert any("although" in fault for fault in faults(windows[1:], fewer, allowed, options)), (
        "called exhausted too early"
    )


def test_ctcf_on_chromosome_21_with_five_negatives_a_peak(shared_data, tmp_path):
    fasta = tmp_path / "genome.fa"
    normalise_fasta(
        shared_data / "hg19" / "chr21.hg19.fa.gz", fasta, f"{fasta}.fai", tmp_path / "contigs", tmp_path / "sizes"
    )
    genome = Genome(fasta)
    split_of = split_regions(
        {"validation": ["chr21:30,000,001-35,000,000"], "test": ["chr21:35,000,001-40,000,000"]}, genome.sizes
    )
    peaks = read_intervals(shared_data / "hg19" / "peaks" / "GM12878_CTCF.awgUniform.hg19.bed.gz")
    peaks = peaks[peaks["contig"] == "chr21"]
    middles = (peaks["start"] + peaks["end"]) // 2
    centred = peaks.assign(start=middles - 100, end=middles + 100)
    centred["split"] = assign_split(centred, split_of)
    centred = centred[centred["split"].isin(["train", "validation", "test"])]
    centred["gc"] = composition(genome, centred, 200)["gc"]
    blacklist = read_intervals(shared_data / "hg19-blacklist.v2.bed.gz")
    options = SETTINGS | {"width": 200, "ratio": 5, "margin": 1000, "gc_bin_width": 0.02, "max_unknown_fraction": 0.1}

    windows, counts = sample_negatives(genome, split_of, centred, peaks, [blacklist], **options)

    assert len(windows) == counts["found"].sum() >= 0.99 * 5 * len(centred)
    near = peaks.assign(start=(peaks["start"] - 1000).clip(lower=0), end=peaks["end"] + 1000)
    assert not overlapping(windows, near).any()
    assert not overlapping(windows, blacklist).any()
    assert (assign_split(windows, split_of) == windows["split"]).all()
    assert (np.diff(windows["start"]) >= 200).all()
    assert stats.ks_2samp(windows["gc"], centred["gc"]).statistic <= 0.02
