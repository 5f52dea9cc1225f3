"""The numbers of negatives that are wanted, found and missing, and the files that hold them."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from negative_windows import (
    SETTINGS,
    bin_of_fraction,
    flat_genome,
    genome_of,
    intervals,
    positives,
    random_sequence,
    regions,
    sample_negatives,
    sections,
)
from sample_negatives import sample_negatives as run_script
from scipy import stats

from genome_data.formats.bed import read_intervals
from genome_data.genome import Genome, normalise_fasta
from genome_data.intervals.overlaps import overlapping
from genome_data.intervals.splits import assign_split, split_regions
from genome_data.windows import negatives
from genome_data.windows.gc_bins import GCBins
from genome_data.windows.negatives import describe_shortfall
from genome_data.windows.table import composition, read_windows, write_windows
from workflow_support.errors import InputError


def test_the_script_writes_its_three_files_or_none(tmp_path):
    wanted = flat_genome(tmp_path, 40_000)[2]
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
    genome, split_of, wanted = flat_genome(tmp_path, 4_000)
    whole_contig = intervals(("two", 400, 600))
    with pytest.raises(InputError, match="'test'") as caught:
        sample_negatives(genome, split_of, wanted, whole_contig, [], **SETTINGS | {"margin": 400})
    assert "margin" in caught.value.fix


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


def test_ctcf_on_chromosome_21_with_five_negatives_per_peak(shared_data, tmp_path):
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
