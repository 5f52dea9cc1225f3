"""Windows that share 32 bases in a row or are equal are found, on either strand, and no others."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from count_near_copies import COLUMNS, count_near_copies
from find_near_copies import find_near_copies
from hypothesis import given
from hypothesis import strategies as st

from genome_data import SPLITS
from genome_data.alphabet import UNKNOWN, reverse_complement
from genome_data.windows import near_copies as module
from genome_data.windows.near_copies import SHARED_BASES, canonical_kmers, held_out_near_copies, near_copies
from genome_data.windows.sequence_duplicates import duplicate_report
from genome_data.windows.table import write_windows

WIDTH = 120
AT, FROM = 10, 40


def random_codes(seed: int, rows: int, width: int = WIDTH) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 4, (rows, width), dtype=np.uint8)


def sharing(length: int, strand: str, unknown: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Two windows that share ``length`` bases and not the ones beside them, on the same or on opposite strands.

    ``unknown`` is a place among these bases where both windows have N.
    """
    one, other = random_codes(length, 2)
    piece = one[FROM - 1 : FROM + length + 1].copy()
    piece[[0, -1]] = (piece[[0, -1]] + 1) % 4
    if unknown is not None:
        piece[1 + unknown] = one[FROM + unknown] = UNKNOWN
    other[AT - 1 : AT + length + 1] = reverse_complement(piece) if strand == "-" else piece
    return one[None], other[None]


def is_near_copy(one: np.ndarray, other: np.ndarray) -> bool:
    (found,) = near_copies(one, np.arange(1), other, np.arange(1))
    (turned,) = near_copies(other, np.arange(1), one, np.arange(1))
    assert found == turned
    return bool(found)


@pytest.mark.parametrize("strand", ["+", "-"])
@pytest.mark.parametrize(("length", "expected"), [(31, False), (32, True), (33, True)])
def test_thirty_two_shared_bases_make_a_near_copy_and_thirty_one_do_not(length, expected, strand):
    assert is_near_copy(*sharing(length, strand)) == expected


@pytest.mark.parametrize("strand", ["+", "-"])
@pytest.mark.parametrize(
    ("length", "unknown", "expected"),
    [(32, 15, False), (32, 0, False), (33, 0, True), (33, 32, True), (33, 16, False), (63, 31, False), (64, 31, True)],
)
def test_a_shared_piece_is_cut_where_a_base_is_unknown(length, unknown, expected, strand):
    """In a part of a window, N equals nothing, not even N."""
    assert is_near_copy(*sharing(length, strand, unknown)) == expected


def test_a_piece_at_the_ends_of_windows_counts_and_a_palindrome_does_too():
    one, other = random_codes(3, 2)
    other[-SHARED_BASES:] = one[:SHARED_BASES]
    assert is_near_copy(one[None], other[None])
    one, other = random_codes(4, 2)
    one[16:32] = reverse_complement(one[:16])
    other[40:72] = one[:32]
    assert is_near_copy(one[None], other[None])


@pytest.mark.parametrize("width", [1, 16, 31])
def test_windows_of_fewer_bases_share_nothing_unless_they_are_equal(width):
    codes = random_codes(0, 3, width)
    assert canonical_kmers(codes)[0].shape == (3, 0)
    assert near_copies(codes, np.arange(3), codes, np.arange(3)).all()
    others = codes.copy()
    others[:, width // 2] = UNKNOWN
    assert not near_copies(codes, np.arange(3), others, np.arange(3)).any()


def padded(sequence: np.ndarray, width: int, left: int) -> np.ndarray:
    window = np.full((1, width), UNKNOWN, dtype=np.uint8)
    window[0, left : left + len(sequence)] = sequence
    return window


@pytest.mark.parametrize("strand", ["+", "-"])
@pytest.mark.parametrize("width", [31, 40, 41])
def test_a_copy_of_a_sequence_too_short_for_a_32_mer_is_a_near_copy(width, strand):
    """Also in a window of another width, and where odd padding moves the reverse complement by one base."""
    (sequence,) = random_codes(7, 1, 31)
    copy = reverse_complement(sequence) if strand == "-" else sequence
    left = (width - 31) // 2
    assert is_near_copy(padded(sequence, width, left), padded(copy, width, left))
    assert is_near_copy(padded(sequence, width, left), padded(copy, 60, 14))
    for place in (0, 15, 30):
        changed = copy.copy()
        changed[place] = (changed[place] + 1) % 4
        assert not is_near_copy(padded(sequence, width, left), padded(changed, width, left))
    assert not is_near_copy(padded(sequence, width, left), padded(copy[1:], width, left))


@pytest.mark.parametrize("strand", ["+", "-"])
def test_a_copy_with_unknown_bases_everywhere_is_a_near_copy(strand):
    (window,) = random_codes(8, 1, 200)
    window[15::31] = UNKNOWN
    copy = reverse_complement(window) if strand == "-" else window.copy()
    assert is_near_copy(window[None], copy[None])
    copy[100] = UNKNOWN if copy[100] != UNKNOWN else 0
    assert not is_near_copy(window[None], copy[None])


@given(st.lists(st.lists(st.integers(0, 4), min_size=3, max_size=3), min_size=1, max_size=20), st.sampled_from([1, 7]))
def test_short_near_copies_are_the_equal_sequences(rows, positions):
    codes = np.array(rows, dtype=np.uint8)
    texts = ["".join("ACGTN"[code] for code in row).strip("N") for row in codes]
    turned = ["".join("ACGTN"[code] for code in reverse_complement(row)).strip("N") for row in codes]
    asked, others = np.arange(0, len(codes), 2), np.arange(1, len(codes), 2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_POSITIONS_PER_BLOCK", positions)
        found = near_copies(codes, asked, codes, others)
    known = {text for row in others for text in (texts[row], turned[row])}
    assert found.tolist() == [texts[row] in known for row in asked]


def test_numbers_are_the_same_on_both_strands_and_differ_between_32_mers():
    codes = random_codes(1, 4, 300)
    kmers, is_known = canonical_kmers(codes)
    turned, _ = canonical_kmers(reverse_complement(codes))
    assert kmers.shape == (4, 300 - SHARED_BASES + 1)
    assert is_known.all()
    assert np.array_equal(kmers, turned[:, ::-1])
    assert len(np.unique(kmers)) == kmers.size
    # Poly-A and poly-T are one 32-mer, poly-C and poly-G another.
    of_one_base = canonical_kmers(np.repeat(np.arange(4, dtype=np.uint8)[:, None], SHARED_BASES, axis=1))[0][:, 0]
    assert of_one_base.tolist() == [0, int("01" * 32, 2), int("01" * 32, 2), 0]


def by_brute_force(codes: np.ndarray, others: np.ndarray) -> list[bool]:
    """Comparison of the text of every 32-mer without N with those of both strands."""

    def words(window: np.ndarray) -> set[str]:
        text = "".join("ACGTN"[code] for code in window)
        return {text[i : i + 32] for i in range(len(text) - 31) if "N" not in text[i : i + 32]}

    known = {word for other in others for strand in (other, reverse_complement(other)) for word in words(strand)}
    return [bool(words(window) & known) for window in codes]


PIECES = st.tuples(st.integers(0, 90), st.integers(28, 60), st.booleans(), st.integers(0, 40), st.integers(-40, 99))


def window_with(piece: tuple[int, int, bool, int, int], seed: int, width: int) -> np.ndarray:
    """A random window with a piece of one long sequence, on either strand; N at a base if the last number is one."""
    start, length, is_reverse, at, unknown = piece
    window, source = random_codes(seed, 1, width)[0], random_codes(99, 1, 150)[0]
    shared = source[start : start + length]
    shared = (reverse_complement(shared) if is_reverse else shared)[: width - at]
    window[at : at + len(shared)] = shared
    if 0 <= unknown < width:
        window[unknown] = UNKNOWN
    return window


@given(st.lists(PIECES, min_size=1, max_size=12), st.lists(PIECES, max_size=8), st.sampled_from([1, 70, 200, 10**6]))
def test_near_copies_are_those_that_a_comparison_of_all_words_finds(pieces, other_pieces, positions):
    """Widths differ between the two sets, and blocks do not show."""
    codes = np.array([window_with(piece, row, 70) for row, piece in enumerate(pieces)])
    others = np.array([window_with(piece, 1000 + row, 100) for row, piece in enumerate(other_pieces)])
    others = others.reshape(-1, 100).astype(np.uint8)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_POSITIONS_PER_BLOCK", positions)
        patch.setattr(module, "_POSITIONS_PER_INDEX", 2 * positions)
        found = near_copies(codes, np.arange(len(codes)), others, np.arange(len(others)))
    assert found.tolist() == by_brute_force(codes, others)


@given(st.lists(st.tuples(PIECES, st.sampled_from(SPLITS)), min_size=1, max_size=15))
def test_only_held_out_windows_are_marked_and_only_for_training_windows(rows):
    codes = np.array([window_with(piece, row, 70) for row, (piece, _) in enumerate(rows)])
    splits = np.array([split for _, split in rows])
    found = held_out_near_copies(codes, splits, codes, splits)
    expected = by_brute_force(codes, codes[splits == "train"])
    assert found.tolist() == [near and split != "train" for near, split in zip(expected, splits, strict=True)]


def test_every_exact_copy_is_a_near_copy():
    codes = random_codes(5, 40)
    codes[30], codes[31] = codes[2], reverse_complement(codes[3])
    splits = np.repeat(["train", "validation", "test"], [20, 5, 15])
    found = held_out_near_copies(codes, splits, codes, splits)
    assert np.flatnonzero(found).tolist() == [30, 31]
    report = duplicate_report([row.tobytes() for row in codes], np.zeros(40), splits).set_index(["between", "strand"])
    assert report.loc[("train-test", "either"), "rows"] == 2


def test_short_copies_are_in_the_mask_and_in_the_counts(tmp_path):
    codes = random_codes(6, 6, 31)
    codes[4], codes[5] = codes[0], reverse_complement(codes[1])
    paths = write_task(tmp_path / "a", codes, ["train"] * 3 + ["validation"] + ["test"] * 2)
    assert np.load(paths["near_copies.npy"]).tolist() == [False] * 4 + [True, True]
    others = write_task(tmp_path / "b", codes[[5, 0, 3]], ["validation", "test", "train"])
    files = ([paths[name], others[name]] for name in ("windows.tsv", "codes.npy", "near_copies.npy"))
    count_near_copies(["a", "b"], *files, tmp_path / "near_copies.tsv")
    table = pd.read_csv(tmp_path / "near_copies.tsv", sep="\t").set_index(["task", "split", "training_task"])
    assert table["near_copies"].to_dict() == {
        ("a", "validation", "a"): 0,
        ("a", "test", "a"): 2,
        ("a", "validation", "b"): 1,
        ("a", "test", "b"): 0,
        ("b", "validation", "b"): 0,
        ("b", "test", "b"): 0,
        ("b", "validation", "a"): 1,
        ("b", "test", "a"): 1,
    }


def write_task(folder: Path, codes: np.ndarray, splits: list[str]) -> dict[str, Path]:
    folder.mkdir()
    table = pd.DataFrame({"split": splits, "contig": "chr1", "start": 0, "name": "w", "label": 0, "gc": 0.5})
    table["end"] = codes.shape[1]
    write_windows(table, folder / "windows.tsv")
    np.save(folder / "codes.npy", codes)
    paths = {name: folder / name for name in ("windows.tsv", "codes.npy", "near_copies.npy")}
    find_near_copies(*paths.values())
    return paths


def test_a_run_counts_near_copies_of_its_tasks_and_between_them(tmp_path):
    """Task a: one of three test windows repeats a piece of training; task b: a test window repeats one of a's."""
    a, b = random_codes(1, 8), random_codes(2, 5, 120)
    a[6, 20:60] = reverse_complement(a[1, 5:45])
    a[4, :40] = a[0, :40]
    b[3, 70:110] = a[2, 30:70]
    b[4, 70:110] = a[7, 30:70]  # of the test split of a: no leakage
    tasks = {
        "a": write_task(tmp_path / "a", a, ["train"] * 4 + ["validation"] + ["test"] * 3),
        "b": write_task(tmp_path / "b", b, ["train"] * 2 + ["validation"] + ["test"] * 2),
    }
    assert np.load(tasks["a"]["near_copies.npy"]).tolist() == [False] * 4 + [True, False, True, False]
    files = ([paths[name] for paths in tasks.values()] for name in ("windows.tsv", "codes.npy", "near_copies.npy"))
    count_near_copies(list(tasks), *files, tmp_path / "near_copies.tsv")
    table = pd.read_csv(tmp_path / "near_copies.tsv", sep="\t")
    assert list(table.columns) == COLUMNS
    assert table.drop(columns="share").to_numpy().tolist() == [
        ["a", "validation", "a", 32, 1, 1],
        ["a", "test", "a", 32, 3, 1],
        ["a", "validation", "b", 32, 1, 0],
        ["a", "test", "b", 32, 3, 0],
        ["b", "validation", "b", 32, 1, 0],
        ["b", "test", "b", 32, 2, 0],
        ["b", "validation", "a", 32, 1, 0],
        ["b", "test", "a", 32, 2, 1],
    ]
    assert table["share"].tolist() == pytest.approx([1, 1 / 3, 0, 0, 0, 0, 0, 0.5], abs=1e-6)
