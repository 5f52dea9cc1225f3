"""Configurations that are written for a peak file and a genome."""

import gzip
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from good_configuration import resolve_text
from hypothesis import given, settings
from hypothesis import strategies as st

from configuration.proposal import MOST, name_of, proposal, write_proposal
from genome_data.intervals.dealing import FEWEST, SHARES, dealt_splits, windows_in
from genome_data.intervals.room import room_for_negatives
from genome_data.intervals.splits import assign_split, split_regions
from workflow_support.errors import InputError


def genome(folder: Path, **contigs: int) -> Path:
    path = folder / "genome.fa.gz"
    with gzip.open(path, "wt") as out:
        for contig, length in contigs.items():
            out.write(f">{contig}\n{'ACGT' * (length // 4)}\n")
    return path


def peaks(folder: Path, apart: int = 1000, **counts: int) -> Path:
    path = folder / "my peaks.v2.bed"
    rows = [
        f"{contig}\t{apart * row + 50}\t{apart * row + 90}\tpeak\t{row % 997}"
        for contig, count in counts.items()
        for row in range(count)
    ]
    path.write_text("\n".join(rows) + "\n")
    return path


def windows_of(splits: dict[str, list[str]], rows: pd.DataFrame, sizes: dict[str, int], width: int) -> pd.Series:
    """The number of different windows in each split."""
    windows = rows.assign(start=rows["summit"] - width // 2).drop_duplicates(["contig", "start"])
    windows["end"] = windows["start"] + width
    return pd.Series(assign_split(windows, split_regions(splits, sizes))).value_counts()


@given(
    st.lists(st.integers(0, 3000), min_size=1, max_size=25).filter(lambda counts: sum(counts) >= 100),
    st.sampled_from([1000, 50_000, 1_000_000]),
    st.integers(0, 99),
)
def test_every_split_has_windows_or_the_peaks_are_refused(counts, length, seed):
    sizes = {f"chr{number}": length for number in range(len(counts))}
    summits = np.random.default_rng(seed).integers(0, length, sum(counts))
    rows = pd.DataFrame({"contig": np.repeat(list(sizes), counts), "summit": summits})
    try:
        splits = dealt_splits(rows, sizes, 200)
    except ValueError:
        assert length < 1_000_000
        return
    found = windows_of(splits, rows, sizes, 200)
    assert min(found.get(split, 0) for split in ("train", *SHARES)) >= FEWEST
    assert dealt_splits(rows.sample(frac=1, random_state=1), sizes, 200) == splits


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        # The contig with most peaks is for training; others are taken whole if that comes near enough.
        ({"a": 500, "b": 200, "c": 150, "d": 150}, {"test": ["b"], "validation": ["c"]}),
        # 25 % each is nearer than what is left of one contig.
        ({"a": 250, "b": 250, "c": 250, "d": 250}, {"test": ["b"], "validation": ["c"]}),
    ],
)
def test_whole_contigs_are_preferred(counts, expected):
    rows = pd.DataFrame({"contig": np.repeat(list(counts), list(counts.values()))})
    rows["summit"] = 1000 * (1 + rows.groupby("contig").cumcount())
    assert dealt_splits(rows, dict.fromkeys(counts, 1_000_000), 200) == expected


def test_one_contig_is_cut_at_the_ends_of_windows():
    rows = pd.DataFrame({"contig": "a", "summit": np.arange(1, 1001) * 1000})
    splits = dealt_splits(rows, {"a": 1_100_000}, 200)
    assert splits == {"test": ["a:1-200,100"], "validation": ["a:200,101-350,100"]}
    found = windows_of(splits, rows, {"a": 1_100_000}, 200)
    assert found.to_dict() == {"train": 650, "test": 200, "validation": 150}
    assert windows_in(splits, rows, {"a": 1_100_000}, 200) == found.to_dict()


@pytest.mark.parametrize(
    "summits",
    [[100] * 150, [0] * 150, list(range(5000, 5120)), [*[0] * 100, 500, 9000]],
    ids=["copies", "at an end", "a cluster", "two places"],
)
def test_peaks_that_no_region_can_part_are_refused(summits):
    with pytest.raises(ValueError, match="windows of 200 bases, on"):
        dealt_splits(pd.DataFrame({"contig": "a", "summit": summits}), {"a": 10_000}, 200)


def test_a_proposal_is_a_configuration_that_uses_all_peaks(tmp_path):
    text = proposal(
        peaks(tmp_path, chr1=600, chr2=300, chrM=40), genome(tmp_path, chr1=800_000, chr2=400_000, chrM=40_000), "mine"
    )
    settings = resolve_text(text, tmp_path).settings
    assert "strongest" not in settings["tasks"]["mine"]
    assert settings["genomes"]["genome"]["splits"]["exclude"] == ["chrM"]
    assert settings["study"]["arms"]["large"]["network"] == "large"
    counts = re.search(r"# (\d+) peaks are to train on, (\d+) to choose the best epoch, and (\d+) to test", text)
    assert 890 < sum(map(int, counts.groups())) <= 900
    assert "900 peaks on 2 contigs, with a median width of 40 bp" in text
    assert f"# All 900 peaks are used; `strongest: N` would keep the N strongest of more than {MOST:,}." in text


def test_folds_are_proposed_for_few_peaks_and_are_a_configuration(tmp_path):
    sequence = genome(tmp_path, chr1=600_000, chr2=400_000)
    few, many = (proposal(peaks(tmp_path, 500, chr1=count, chr2=count // 2), sequence, "a") for count in (200, 800))
    assert "`splits: {folds: 5}` in place" in few
    assert "{folds" not in many
    settings_of_run = yaml.safe_load(few)
    settings_of_run["genomes"]["genome"]["splits"] = {"folds": 5}
    resolved = resolve_text(yaml.safe_dump(settings_of_run), tmp_path).settings
    assert resolved["tasks"]["a"]["splits"] == {"folds": 5}


def test_of_very_many_peaks_the_strongest_are_kept(tmp_path):
    many = peaks(tmp_path, chr1=MOST // 2 + 1, chr2=MOST // 2)
    text = proposal(many, genome(tmp_path, chr1=11_000_000, chr2=11_000_000), "mine")
    assert resolve_text(text, tmp_path).settings["tasks"]["mine"]["strongest"] == MOST


def test_paths_with_blanks_colons_and_quotation_marks_come_through(tmp_path):
    folder = tmp_path / "my: fol'der \\t \" #1"
    folder.mkdir()
    text = proposal(peaks(folder, chr1=500), genome(folder, chr1=600_000), "mine")
    settings = resolve_text(text, tmp_path).settings
    assert settings["tasks"]["mine"]["peaks"] == str(folder / "my peaks.v2.bed")
    assert name_of(folder / "my peaks.v2.bed") == "my_peaks"


@pytest.mark.parametrize("name", ["no", "on", "123", "0x1F", "1_000", "2024-01-01", "1.5", "null", "1e5"])
def test_names_that_mean_something_else_to_yaml_come_through(tmp_path, name):
    file = tmp_path / "peaks.bed"
    file.write_text("".join(f"{name}\t{900 * row + 50}\t{900 * row + 90}\n" for row in range(500)))
    with gzip.open(tmp_path / "genome.fa.gz", "wt") as out:
        out.write(f">{name}\n{'ACGT' * 120_000}\n>other\n{'ACGT' * 20_000}\n")
    text = proposal(file, tmp_path / "genome.fa.gz", name)
    settings = resolve_text(text, tmp_path).settings
    assert list(settings["tasks"]) == [name]
    assert yaml.safe_load(text)["name"] == name
    (region,) = settings["genomes"]["genome"]["splits"]["test"]
    assert region.startswith(f"{name}:1-")


@pytest.mark.parametrize("contig", ["MT", "chrM", "MtDNA", "mitochondria", "NC_012920.1", "Pt", "chloroplast"])
def test_organelles_are_left_out(tmp_path, contig):
    file, bases = peaks(tmp_path, one=500), tmp_path / "genome.fa.gz"
    with file.open("a") as out:
        out.writelines(f"{contig}\t{50 * row}\t{50 * row + 40}\tpeak\t1\n" for row in range(200))
    with gzip.open(bases, "wt") as out:
        out.write(f">one\n{'ACGT' * 130_000}\n>{contig}\n{('ACGT' * 4143)[:16569]}\n")
    genome_of = resolve_text(proposal(file, bases, "mine"), tmp_path).settings["genomes"]["genome"]
    assert genome_of["splits"]["exclude"] == [contig]


def test_files_may_call_contigs_by_their_published_names(tmp_path):
    """chrIII of sacCer3 as the genome calls it, III in the peaks."""
    bases = tmp_path / "genome.fa.gz"
    with gzip.open(bases, "wt") as out:
        out.write(f">chrIII\n{('ACGT' * 80_000)[:316_620]}\n")
    file = peaks(tmp_path, apart=600, III=500)
    assert "500 peaks on chrIII" in proposal(file, bases, "mine")


def test_equally_strong_peaks_are_all_kept(tmp_path):
    file = tmp_path / "peaks.bed"
    file.write_text("".join(f"chr1\t{500 * row + 50}\t{500 * row + 90}\tpeak\t1000\t.\n" for row in range(MOST + 5000)))
    text = proposal(file, genome(tmp_path, chr1=13_000_000), "mine")
    assert f"# All {MOST + 5000:,} peaks are used: the file has no strength that tells which {MOST:,} are" in text
    assert "strongest" not in resolve_text(text, tmp_path).settings["tasks"]["mine"]


@pytest.mark.parametrize(
    ("apart", "expected"),
    [(4000, (3, 1000)), (2500, (2, 1000)), (2300, (1, 1000)), (1500, (3, 100)), (650, (2, 100)), (500, (1, 100))],
)
def test_negatives_are_as_many_and_as_far_as_there_is_room(tmp_path, apart, expected, caplog):
    """Between peaks of 40 bases, windows of 200 lie side by side; N at the end of the contig are no room."""
    file = peaks(tmp_path, apart=apart, chr1=400)
    bases = tmp_path / "genome.fa.gz"
    with gzip.open(bases, "wt") as out:
        out.write(f">chr1\n{'ACGT' * (apart * 100)}{'N' * 500_000}\n")
    text = proposal(file, bases, "mine")
    chosen = resolve_text(text, tmp_path).settings["tasks"]["mine"]["negatives"]
    assert (chosen["ratio"], chosen["margin"]) == expected
    says_so = f"room for {expected[0]} per peak, {expected[1]} bases or more" in text
    assert says_so == (expected != (3, 1000)) == ("little room away from peaks" in caplog.text)


def test_a_genome_without_room_for_negatives_is_refused(tmp_path):
    file, bases = peaks(tmp_path, apart=150, chr1=500), genome(tmp_path, chr1=80_000)
    with pytest.raises(InputError, match="too little room for windows without peaks") as caught:
        proposal(file, bases, "mine")
    assert "test: 0 for " in caught.value.found
    assert caught.value.fix


@settings(max_examples=50)
@given(
    st.lists(st.tuples(st.integers(0, 950), st.integers(1, 50)), max_size=8),
    st.lists(st.tuples(st.integers(0, 950), st.integers(1, 50)), max_size=3),
    st.sampled_from([0, 7]),
)
def test_room_is_what_a_walk_along_the_genome_finds(found, unknown, margin):
    tables = [
        pd.DataFrame([("a", start, start + length) for start, length in each], columns=["contig", "start", "end"])
        for each in (found, unknown)
    ]
    splits = {"validation": ["a:1-300"], "test": ["a:301-500"]}
    is_free = np.ones(1000, dtype=bool)
    for start, length in found:
        is_free[max(0, start - margin) : start + length + margin] = False
    for start, length in unknown:
        is_free[start : start + length] = False
    expected = {}
    for split, (start, end) in {"train": (500, 1000), "validation": (0, 300), "test": (300, 500)}.items():
        at, expected[split] = start, 0
        while at + 20 <= end:
            fits = is_free[at : at + 20].all()
            expected[split] += int(fits)
            at += 20 if fits else 1
    assert room_for_negatives(splits, {"a": 1000}, *tables, 20, margin) == expected


def test_what_cannot_work_is_refused(tmp_path):
    file, bases = peaks(tmp_path, chr1=99), genome(tmp_path, chr1=100_000)
    with pytest.raises(InputError, match="too few peaks") as few:
        proposal(file, bases, "mine")
    assert few.value.found.startswith("99 peaks")
    for name in ("my factor", "a/b", "über", "-x", "x: y", ""):
        with pytest.raises(InputError, match="a run cannot have this name"):
            proposal(file, bases, name)
    with pytest.raises(InputError, match="there is no such file"):
        proposal(tmp_path / "peaks.bed.gz", bases, "mine")
    with pytest.raises(InputError, match="cannot name this file"):
        proposal(file.rename(tmp_path / "{a}.bed"), bases, "mine")
    thrice = peaks(tmp_path, chr1=60)
    thrice.write_text(thrice.read_text() * 3)
    with pytest.raises(InputError, match="too few peaks") as few:
        proposal(thrice, bases, "mine")
    assert few.value.found.startswith("60 peaks in different places")
    out = tmp_path / "mine.yaml"
    out.write_text("mine")
    with pytest.raises(InputError, match="there is a configuration of this name"):
        write_proposal(file, bases, "mine", out)
    assert out.read_text() == "mine"
