"""Window tables, what windows are made of, and the array of their base codes."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from extract_sequences import extract_sequences
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from normalise_genome import normalise_genome
from sequence_formats import fasta_text

import genome_data.windows.table
from genome_data.genome import Genome
from genome_data.intervals.contigs import in_genome_order
from genome_data.windows.table import (
    WINDOW_TABLE_COLUMNS,
    composition,
    gc_content,
    read_windows,
    unknown_fraction,
    write_windows,
)
from workflow_support.errors import InputError

LETTERS = "ACGTNGGCA" * 30


@pytest.fixture
def genome(tmp_path: Path) -> Path:
    source, fasta = tmp_path / "source.fa", tmp_path / "genome" / "genome.fa"
    source.write_text(fasta_text({"b": LETTERS, "a": LETTERS[::-1]}))
    normalise_genome(source, fasta, Path(f"{fasta}.fai"), tmp_path / "contigs.tsv", tmp_path / "chrom.sizes")
    return fasta


def table(starts: list[int], width: int = 20, label: int = 1, contig: str = "b") -> pd.DataFrame:
    rows = [(contig, at, at + width, f"window_{at}", label, "train", 0.5) for at in starts]
    return pd.DataFrame(rows, columns=list(WINDOW_TABLE_COLUMNS))


def outputs(folder: Path) -> list[Path]:
    return [folder / name for name in ("windows.tsv", "codes.npy", "surroundings.npy", "window_counts.tsv")]


def test_a_window_table_is_read_back_as_it_was(tmp_path: Path) -> None:
    windows = table([3, 1, 2]).assign(contig=["NA", "1", "chr1"], gc=[np.nan, 1 / 3, 0.0], label=[0, 1, 12])
    write_windows(windows, tmp_path / "w.tsv")
    found = read_windows(tmp_path / "w.tsv")
    assert (tmp_path / "w.tsv").read_text().splitlines()[:2] == [
        "\t".join(WINDOW_TABLE_COLUMNS),
        "NA\t3\t23\twindow_3\t0\ttrain\t",
    ]
    assert found["gc"].tolist() == pytest.approx([np.nan, 1 / 3, 0], abs=1e-6, nan_ok=True)
    assert found.drop(columns="gc").values.tolist() == windows.drop(columns="gc").values.tolist()


@pytest.mark.parametrize(
    "text", [None, "", "a\tb\n1\t2\n", "\t".join(WINDOW_TABLE_COLUMNS) + "\nchr1\tx\t2\tn\t1\ttrain\t0.5\n"]
)
def test_anything_else_is_no_window_table(text: str | None, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "w.tsv").write_text(text)
    with pytest.raises(InputError, match=r"w\.tsv: the file is no window table"):
        read_windows(tmp_path / "w.tsv")


def test_the_order_of_the_genome_is_that_of_its_file_not_of_names() -> None:
    rows = pd.DataFrame({"contig": ["a", "b", "b", "b"], "start": [1, 9, 2, 2], "end": [2, 10, 9, 3], "row": range(4)})
    assert in_genome_order(rows, {"b": 10, "a": 10})["row"].tolist() == [3, 2, 1, 0]


@given(arrays(np.uint8, st.tuples(st.integers(0, 5), st.integers(1, 9)), elements=st.integers(0, 4)))
def test_composition_counts_letters(codes: np.ndarray) -> None:
    for row, gc, unknown in zip(codes.tolist(), gc_content(codes), unknown_fraction(codes), strict=True):
        known = [code for code in row if code != 4]
        assert unknown == 1 - len(known) / len(row) or unknown == pytest.approx(1 - len(known) / len(row))
        if known:
            assert gc == pytest.approx(sum(code in (1, 2) for code in known) / len(known))
        else:
            assert np.isnan(gc)


def test_composition_of_windows_does_not_depend_on_chunks(genome: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    windows = table([0, 7, 33, 100, 250])
    whole = composition(Genome(genome), windows, 20)
    monkeypatch.setattr(genome_data.windows.table, "_CHUNK", 2)
    pd.testing.assert_frame_equal(composition(Genome(genome), windows, 20), whole)
    letters = [LETTERS[start : start + 20] for start in windows["start"]]
    assert whole["unknown"].tolist() == [each.count("N") / 20 for each in letters]


@pytest.mark.parametrize("chunk", [2, 65_536])
def test_row_i_of_the_codes_is_window_i(genome: Path, tmp_path: Path, chunk: int, monkeypatch) -> None:
    monkeypatch.setattr(genome_data.windows.table, "_CHUNK", chunk)
    write_windows(table([5, 1, 77]), tmp_path / "positives.tsv")
    write_windows(table([9, 0], label=0, contig="a"), tmp_path / "negatives.tsv")
    extract_sequences(tmp_path / "positives.tsv", tmp_path / "negatives.tsv", genome, False, *outputs(tmp_path))
    windows = read_windows(tmp_path / "windows.tsv")
    codes = np.load(tmp_path / "codes.npy", mmap_mode="r")
    assert windows["label"].tolist() == [1, 1, 1, 0, 0]
    assert codes.dtype == np.uint8
    letters = {"b": LETTERS, "a": LETTERS[::-1]}
    expected = [letters[row.contig][row.start : row.end] for row in windows.itertuples()]
    assert ["".join("ACGTN"[code] for code in row) for row in codes] == expected


def test_windows_of_two_widths_are_refused_and_nothing_is_written(genome: Path, tmp_path: Path) -> None:
    write_windows(table([5]), tmp_path / "positives.tsv")
    write_windows(table([5], width=21), tmp_path / "negatives.tsv")
    out = tmp_path / "out"
    with pytest.raises(InputError, match="differ in width"):
        extract_sequences(tmp_path / "positives.tsv", tmp_path / "negatives.tsv", genome, False, *outputs(out))
    assert not out.exists()
