"""Training windows that are near-copies of held-out ones are left out on request, counted, and nothing else changes."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from extract_profiles import extract_profiles
from extract_sequences import extract_sequences
from find_near_copies import find_near_copies
from hypothesis import given, settings
from hypothesis import strategies as st
from normalise_genome import normalise_genome
from prepare_sequences import prepare_sequences
from sequence_formats import fasta_text

from genome_data import SPLITS
from genome_data.accounting import Accounting
from genome_data.alphabet import reverse_complement
from genome_data.formats.tracks import TrackWriter
from genome_data.windows.copy_removal import NEAR_COPY, drop_near_copies
from genome_data.windows.near_copies import held_out_near_copies
from genome_data.windows.table import WINDOW_TABLE_COLUMNS, read_windows, write_windows
from workflow_support.errors import InputError

WIDTH = 100
SPLIT_OF = {"chr1": "train", "chr2": "validation", "chr3": "test", "chr3_alt": "train"}


def letters() -> dict[str, str]:
    """chr1 holds a part of chr2, and on its other strand one of chr3; chr3_alt is all of chr3, as a haplotype is."""
    rng = np.random.default_rng(4)
    codes = {contig: rng.integers(0, 4, 2000, dtype=np.uint8) for contig in ("chr1", "chr2", "chr3")}
    codes["chr1"][540:580] = codes["chr2"][310:350]
    codes["chr1"][960:992] = reverse_complement(codes["chr3"][520:552])
    codes["chr1"][1350:1381] = codes["chr3"][1130:1161]  # 31 bases are no copy
    codes["chr3_alt"] = codes["chr3"]
    return {contig: "".join("ACGT"[code] for code in each) for contig, each in codes.items()}


def of_starts(starts: Sequence[int], label: int) -> pd.DataFrame:
    rows = [
        (contig, start, start + WIDTH, f"{contig}_{start}", label, split, 0.5)
        for contig, split in SPLIT_OF.items()
        for start in starts
    ]
    return pd.DataFrame(rows, columns=list(WINDOW_TABLE_COLUMNS))


@pytest.fixture
def task(tmp_path: Path) -> Path:
    """A folder with a genome, windows of both classes, and reads at every base."""
    (tmp_path / "source.fa").write_text(fasta_text(letters()))
    names = ("genome.fa", "genome.fa.fai", "contigs.tsv", "chrom.sizes")
    normalise_genome(tmp_path / "source.fa", *(tmp_path / name for name in names))
    write_windows(of_starts(range(100, 1900, 400), 1), tmp_path / "positives.tsv")
    write_windows(of_starts(range(300, 1900, 400), 0), tmp_path / "negatives.tsv")
    for strand in ("plus", "minus"):
        with TrackWriter(tmp_path / f"{strand}.bw", dict.fromkeys(SPLIT_OF, 2000)) as track:
            for contig in SPLIT_OF:
                track.add_bases(contig, np.arange(2000), 1 + np.arange(2000) % 7)
    return tmp_path


def binary(task: Path, remove_copies: bool) -> tuple[pd.DataFrame, np.ndarray, dict[str, int]]:
    out = [
        task / f"out_{remove_copies}" / name
        for name in ("windows.tsv", "codes.npy", "surroundings.npy", "window_counts.tsv")
    ]
    tables = [task / name for name in ("positives.tsv", "negatives.tsv", "genome.fa")]
    extract_sequences(*tables, remove_copies, *out)
    counts = pd.read_csv(out[3], sep="\t").set_index("reason")["rows"].to_dict()
    return read_windows(out[0]), np.load(out[1]), counts


def near_copies(windows: pd.DataFrame, codes: np.ndarray) -> int:
    splits = windows["split"].to_numpy()
    return int(held_out_near_copies(codes, splits, codes, splits).sum())


def test_copies_on_either_strand_and_duplicated_contigs_leave_training_and_are_counted(task: Path) -> None:
    before, all_codes, unchanged = binary(task, False)
    assert unchanged == {"in": len(before), NEAR_COPY: 0, "kept": len(before)}
    assert near_copies(before, all_codes) > 0
    windows, codes, counts = binary(task, True)
    gone = before[~before["name"].isin(windows["name"])]
    assert set(gone["contig"]) == {"chr1", "chr3_alt"}
    assert gone.loc[gone["contig"] == "chr1", "start"].sort_values().tolist() == [500, 900]
    assert (gone["contig"] == "chr3_alt").sum() == (before["contig"] == "chr3_alt").sum()
    assert counts == {"in": len(before), NEAR_COPY: len(gone), "kept": len(windows)}
    assert near_copies(windows, codes) == 0


def test_the_other_splits_stay_and_rows_of_codes_are_those_of_windows(task: Path) -> None:
    before, all_codes, _ = binary(task, False)
    windows, codes, _ = binary(task, True)
    of_window = dict(zip(before["name"] + before["label"].astype(str), all_codes, strict=True))
    keys = windows["name"] + windows["label"].astype(str)
    assert np.array_equal(codes, [of_window[key] for key in keys])
    held_out = before[before["split"] != "train"].reset_index(drop=True)
    assert windows[windows["split"] != "train"].reset_index(drop=True).equals(held_out)


def test_after_removal_the_rule_of_near_copies_marks_nothing(task: Path) -> None:
    binary(task, True)
    folder = task / "out_True"
    find_near_copies(folder / "windows.tsv", folder / "codes.npy", folder / "near_copies.npy")
    assert not np.load(folder / "near_copies.npy").any()


def test_windows_of_profile_tasks_lose_their_copies_with_all_their_arrays(task: Path) -> None:
    found = {}
    for remove_copies in (False, True):
        out = task / f"profiles_{remove_copies}"
        tracks = [[task / "plus.bw"], [task / "minus.bw"], [], []]
        names = ("windows.tsv", "codes.npy", "counts.npy", "window_counts.tsv")
        paths = [out / name for name in names]
        extract_profiles(task / "positives.tsv", task / "genome.fa", *tracks, 80, 40, 10, remove_copies, *paths)
        counts = pd.read_csv(paths[3], sep="\t").set_index("reason")["rows"].to_dict()
        found[remove_copies] = read_windows(paths[0]), np.load(paths[1]), np.load(paths[2]), counts
    (before, _, all_counts, _), (windows, codes, counts, accounting) = found[False], found[True]
    kept = before["name"].isin(windows["name"]).to_numpy()
    assert near_copies(windows, codes) == 0
    assert np.array_equal(counts, all_counts[kept])
    assert len(codes) == len(windows) == kept.sum() < len(before)
    assert accounting["in"] == len(before) == accounting[NEAR_COPY] + accounting["kept"]


def test_labelled_sequences_lose_their_copies(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    texts = ["".join(rng.choice(list("ACGT"), 60)) for _ in range(18)]
    turned = "".join("ACGT"["TGCA".index(base)] for base in reversed(texts[12]))
    texts[1] = texts[1][:7] + turned[5:45] + texts[1][47:]
    splits = np.repeat(["train", "validation", "test"], 6)
    rows = pd.DataFrame({"sequence": texts, "label": [0, 1] * 9, "split": splits, "name": [f"s{n}" for n in range(18)]})
    rows.to_csv(tmp_path / "all.csv", index=False)
    names = ("windows.tsv", "codes.npy", "classes.json", "duplicates.tsv", "window_counts.tsv")
    paths = [tmp_path / name for name in names]
    prepare_sequences([tmp_path / "all.csv"], None, None, "sequence", "label", None, True, *paths)
    windows, codes = read_windows(paths[0]), np.load(paths[1])
    assert windows["name"].tolist() == [f"s{n}" for n in range(18) if n != 1]
    assert ["".join("ACGT"[code] for code in row) for row in codes] == [texts[n] for n in range(18) if n != 1]
    assert pd.read_csv(paths[4], sep="\t")["rows"].tolist() == [18, 1, 17]


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from(SPLITS), st.integers(0, 1)), min_size=1, max_size=30),
    st.integers(0, 10**6),
)
def test_removal_leaves_no_copy_and_takes_training_windows_alone(rows, seed) -> None:
    """Windows are random but for one of four pieces, on a random strand; a class that would be lost is refused."""
    rng = np.random.default_rng(seed)
    pieces = rng.integers(0, 4, (4, 40), dtype=np.uint8)
    codes = rng.integers(0, 4, (len(rows), WIDTH), dtype=np.uint8)
    for window, (piece, _, _) in zip(codes, rows, strict=True):
        at = rng.integers(0, WIDTH - 40)
        window[at : at + 40] = pieces[piece] if rng.random() < 0.5 else reverse_complement(pieces[piece])
    windows = pd.DataFrame({"split": [split for _, split, _ in rows], "label": [label for *_, label in rows]})
    held_out = {piece for piece, split, _ in rows if split != "train"}
    is_copy = np.array([split == "train" and piece in held_out for piece, split, _ in rows])
    of_training = windows[windows["split"] == "train"]
    lost = set(of_training["label"]) - set(windows[(windows["split"] == "train") & ~is_copy]["label"])
    accounting = Accounting(len(rows), [NEAR_COPY])
    if lost:
        with pytest.raises(InputError, match="without a window to train on") as caught:
            drop_near_copies(accounting, windows, codes, "peaks.bed")
        assert f"label {min(lost)}" in str(caught.value)
        return
    drop_near_copies(accounting, windows, codes, "peaks.bed")
    assert accounting.is_kept.tolist() == (~is_copy).tolist()
