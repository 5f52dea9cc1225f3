"""Configurations that are written for a peak file and a genome."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from good_configuration import resolve_text
from hypothesis import given
from hypothesis import strategies as st

from configuration.proposal import MOST, name_of, proposal, write_proposal
from genome_data.intervals.dealing import SHARES, dealt_splits
from genome_data.intervals.splits import assign_split, split_regions
from workflow_support.errors import InputError


def genome(folder: Path, **contigs: int) -> Path:
    path = folder / "genome.fa.gz"
    with gzip.open(path, "wt") as out:
        for contig, length in contigs.items():
            out.write(f">{contig}\n{'ACGT' * (length // 4)}\n")
    return path


def peaks(folder: Path, **counts: int) -> Path:
    path = folder / "my peaks.v2.bed"
    rows = [
        f"{contig}\t{100 * row + 50}\t{100 * row + 90}\tpeak\t{row % 997}"
        for contig, count in counts.items()
        for row in range(count)
    ]
    path.write_text("\n".join(rows) + "\n")
    return path


def shares(rows: pd.DataFrame, splits: dict[str, list[str]], sizes: dict[str, int]) -> pd.Series:
    windows = rows.assign(start=rows["summit"], end=rows["summit"] + 1)
    split = assign_split(windows, split_regions(splits, sizes))
    return pd.Series(split).value_counts(normalize=True)


@given(st.lists(st.integers(0, 3000), min_size=1, max_size=25).filter(lambda counts: sum(counts) >= 100), st.data())
def test_every_split_gets_its_share_of_the_peaks(counts, data):
    sizes = {f"chr{number}": 1_000_000 for number in range(len(counts))}
    seed = data.draw(st.integers(0, 99))
    summits = np.random.default_rng(seed).choice(900_000, sum(counts), replace=False)
    rows = pd.DataFrame({"contig": np.repeat(list(sizes), counts), "summit": summits})
    splits = dealt_splits(rows, sizes)
    found = shares(rows, splits, sizes)
    if max(counts) > 0.6 * sum(counts) or len([each for each in counts if each]) == 1:
        for split, share in SHARES.items():
            assert share / 1.6 <= found[split] <= share * 1.6
    assert found["train"] >= 0.2
    assert set(found.index) >= {"train"}
    assert dealt_splits(rows.sample(frac=1, random_state=1), sizes) == splits


def test_whole_contigs_are_preferred_and_the_largest_is_for_training():
    counts = {"a": 50, "b": 20, "c": 15, "d": 15}
    rows = pd.DataFrame({"contig": np.repeat(list(counts), list(counts.values())), "summit": np.arange(100)})
    splits = dealt_splits(rows, dict.fromkeys(counts, 1000))
    assert splits == {"test": ["b"], "validation": ["c"]}


def test_a_proposal_is_a_configuration_that_uses_all_peaks(tmp_path):
    text = proposal(
        peaks(tmp_path, chr1=600, chr2=300, chrM=40), genome(tmp_path, chr1=80_000, chr2=40_000, chrM=9000), "mine"
    )
    settings = resolve_text(text, tmp_path).settings
    assert "strongest" not in settings["tasks"]["mine"]
    assert settings["genomes"]["genome"]["splits"]["exclude"] == ["chrM"]
    assert settings["study"]["arms"]["default"]["network"] == "default"
    assert "900 peaks on 2 contigs, with a median width of 40 bp" in text


def test_of_very_many_peaks_the_strongest_are_kept(tmp_path):
    many = peaks(tmp_path, chr1=MOST // 2 + 1, chr2=MOST // 2)
    text = proposal(many, genome(tmp_path, chr1=2_000_000, chr2=2_000_000), "mine")
    assert resolve_text(text, tmp_path).settings["tasks"]["mine"]["strongest"] == MOST


def test_names_with_blanks_and_colons_come_through(tmp_path):
    folder = tmp_path / "my: folder"
    folder.mkdir()
    text = proposal(peaks(folder, chr1=500), genome(folder, chr1=80_000), "mine")
    settings = resolve_text(text, tmp_path).settings
    assert str(settings["tasks"]["mine"]["peaks"]).endswith("my: folder/my peaks.v2.bed")
    assert name_of(folder / "my peaks.v2.bed") == "my_peaks"


def test_what_cannot_work_is_refused(tmp_path):
    file, bases = peaks(tmp_path, chr1=99), genome(tmp_path, chr1=80_000)
    with pytest.raises(InputError, match="too few peaks") as few:
        proposal(file, bases, "mine")
    assert few.value.found.startswith("99 peaks")
    out = tmp_path / "mine.yaml"
    out.write_text("mine")
    with pytest.raises(InputError, match="there is a configuration of this name"):
        write_proposal(file, bases, "mine", out)
    assert out.read_text() == "mine"
