"""Labelled sequences: every way to write them gives the same arrays, and each mistake is reported with its line."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prepare_sequences import prepare_sequences
from sequence_formats import write_bgzf, write_gzip

from genome_data.formats.tables import MISSING
from genome_data.windows.copy_removal import NEAR_COPY
from genome_data.windows.labelled_sequences import class_names
from genome_data.windows.table import read_windows
from workflow_support.errors import InputError

SPLITS = ("train", "validation", "test")
DEFAULTS = {
    "made_splits": None, "sequence_column": "sequence", "label_column": "label", "width": None, "remove_copies": False,
}  # fmt: skip
OUTPUTS = {
    "windows": "windows.tsv",
    "codes": "codes.npy",
    "classes": "classes.json",
    "duplicates": "duplicates.tsv",
    "accounting": "accounting.tsv",
}
SIX = [("ACGT", "1"), ("acgtr", "0"), ("TTN", "1"), ("GG", "0"), ("CATCAT", "1"), ("A", "0")]
"""Two rows a split, of both classes."""
SIX_CODES = ["NACGTN", "ACGTNN", "NTTNNN", "NNGGNN", "CATCAT", "NNANNN"]


class Prepared:
    """What the script wrote."""

    def __init__(self, folder: Path) -> None:
        paths = {key: folder / name for key, name in OUTPUTS.items()}
        self.windows = read_windows(paths["windows"])
        codes = np.load(paths["codes"])
        assert codes.dtype == np.uint8
        self.codes = ["".join("ACGTN"[code] for code in row) for row in codes]
        self.classes = json.loads(paths["classes"].read_text(encoding="utf-8"))
        self.duplicates = pd.read_csv(paths["duplicates"], sep="\t").set_index(["between", "strand"])
        self.accounting = pd.read_csv(paths["accounting"], sep="\t").set_index("reason")["rows"].to_dict()


def prepare(folder: Path, files: Sequence[Path], splits: Sequence[str] | None = SPLITS, **changes: Any) -> Prepared:
    outputs = {key: folder / "out" / name for key, name in OUTPUTS.items()}
    prepare_sequences(files, splits, **{**DEFAULTS, **changes}, **outputs)
    return Prepared(folder / "out")


def table(rows: Sequence[Sequence[str]], header: str = "sequence,label", separator: str = ",") -> str:
    lines = [header.replace(",", separator), *(separator.join(row) for row in rows)]
    return "\n".join(lines) + "\n"


def three_files(folder: Path, texts: Sequence[str], suffix: str = "csv") -> list[Path]:
    paths = [folder / f"{split}.{suffix}" for split in SPLITS]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text, encoding="utf-8")
    return paths


def by_split(rows: Sequence[Any]) -> list[Sequence[Any]]:
    return [rows[:2], rows[2:4], rows[4:]]


def test_a_file_for_each_split(tmp_path: Path) -> None:
    found = prepare(tmp_path, three_files(tmp_path, [table(rows) for rows in by_split(SIX)]))
    assert found.codes == SIX_CODES
    assert found.classes == ["0", "1"]
    assert found.accounting == {"in": 6, NEAR_COPY: 0, "kept": 6}
    rows = found.windows
    names = ["train_1", "train_2", "validation_1", "validation_2", "test_1", "test_2"]
    assert rows["name"].tolist() == rows["contig"].tolist() == names
    assert rows["label"].tolist() == [1, 0] * 3
    assert rows["split"].tolist() == np.repeat(SPLITS, 2).tolist()
    assert (rows["start"] == 0).all()
    assert rows["end"].tolist() == [4, 5, 3, 2, 6, 1]
    assert rows["gc"].tolist() == pytest.approx([1 / 2, 1 / 2, 0, 1, 1 / 3, 0], abs=1e-6)


def test_each_format_is_recognised_by_the_content_of_the_file(tmp_path: Path) -> None:
    """Tabs, quotes, other columns, FASTA with both kinds of header, folded lines, gzip, BGZF, BOM and CRLF."""
    texts = {
        "tsv": [table(rows, separator="\t") for rows in by_split(SIX)],
        "quoted": [table([(f'"{a}"', f'"{b}"', '"x, y"') for a, b in r], "sequence,label,z") for r in by_split(SIX)],
        "windows": ["\ufeff" + table(rows).replace("\n", "\r\n") + "\r\n" for rows in by_split(SIX)],
        "blank lines": ["\n" + table(rows).replace("\n", "\n \n\n") for rows in by_split(SIX)],
        "exchanged": [table([(b, a) for a, b in rows], "label,sequence") for rows in by_split(SIX)],
        "spaces": [table([(f" {a} ", f" {b} ") for a, b in rows], " sequence , label ") for rows in by_split(SIX)],
        "word": ["".join(f">s{i} {b} more\n{a}\n" for i, (a, b) in enumerate(rows)) for rows in by_split(SIX)],
        "bar": ["".join(f">x|s{i}|{b} 7\n{a}\n" for i, (a, b) in enumerate(rows)) for rows in by_split(SIX)],
        "folded": ["".join(f">s{i}\t{b}\n{a[:1]}\n{a[1:]}\n" for i, (a, b) in enumerate(r)) for r in by_split(SIX)],
    }
    for kind, contents in texts.items():
        found = prepare(tmp_path, three_files(tmp_path, contents, suffix="data"))
        assert found.codes == SIX_CODES, kind
        assert found.windows["label"].tolist() == [1, 0] * 3, kind
    names = ["x|s0", "x|s1"]
    assert prepare(tmp_path, three_files(tmp_path, texts["bar"])).windows["name"].tolist() == names * 3
    for write in (write_gzip, write_bgzf):
        for kind in ("tsv", "bar"):
            paths = [write(tmp_path / f"{i}.gz", text) for i, text in enumerate(texts[kind])]
            assert prepare(tmp_path, paths).codes == SIX_CODES


def test_a_column_of_splits_and_one_of_names(tmp_path: Path) -> None:
    splits = ["train", "Training", "dev", "val", "test", "TEST"]
    rows = [(*row, split, f"name {i}") for i, (row, split) in enumerate(zip(SIX, splits, strict=True))]
    path = tmp_path / "all.csv"
    path.write_text(table(rows, "sequence,label,split,name"))
    found = prepare(tmp_path, [path], None)
    assert found.windows["split"].tolist() == np.repeat(SPLITS, 2).tolist()
    assert found.windows["name"].tolist() == [f"name {i}" for i in range(6)]
    path.write_text(table([row[:3] for row in rows], "sequence,label,split"))
    names = ["train_1", "train_2", "validation_3", "validation_4", "test_5", "test_6"]
    assert prepare(tmp_path, [path], None).windows["name"].tolist() == names


def test_columns_and_width_are_those_of_the_task_and_classes_have_names(tmp_path: Path) -> None:
    rows = [("ACGT", "unbound"), ("ACG", "weak"), ("AC", "Bound")]
    paths = three_files(tmp_path, [table(rows, "seq,class")] * 3)
    found = prepare(tmp_path, paths, sequence_column="seq", label_column="class", width=7)
    assert found.codes == ["NACGTNN", "NNACGNN", "NNACNNN"] * 3
    assert found.classes == ["Bound", "unbound", "weak"]
    assert found.windows["label"].tolist() == [1, 2, 0] * 3
    assert found.duplicates.loc[("train-test", "same"), ["rows", "same_label", "other_label"]].tolist() == [3, 3, 0]


@pytest.mark.parametrize(
    ("labels", "names"),
    [("10 9 -1 9", "-1 9 10"), ("10 9 x", "10 9 x"), ("1.0 0.0", "0.0 1.0"), ("b B a", "B a b")],
)
def test_classes_are_in_the_order_of_numbers_if_all_are_integers(labels: str, names: str) -> None:
    assert class_names(pd.Series(labels.split())) == names.split()


def test_several_files_of_a_split_count_on(tmp_path: Path) -> None:
    paths = three_files(tmp_path, [table(SIX)] * 3)
    found = prepare(tmp_path, [*paths, paths[0]], [*SPLITS, "train"])
    assert found.windows["name"].tolist()[-1] == "train_12"
    assert found.windows["name"].is_unique


# In a table NA is no sequence of two bases but a missing value.
LETTERS = st.text("ACGTNacgtnRYSWKMBDHV", min_size=1, max_size=12).filter(lambda text: text not in MISSING)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(LETTERS, min_size=1, max_size=12), st.booleans())
def test_codes_hold_the_letters_of_the_file(tmp_path: Path, sequences: list[str], is_fasta: bool) -> None:
    rows = [(each, str(i % 2)) for i, each in enumerate([*sequences, "A", "C"])]
    fasta = "".join(f">{i} {label}\n{each}\n" for i, (each, label) in enumerate(rows))
    found = prepare(tmp_path, three_files(tmp_path, [fasta if is_fasta else table(rows)] * 3))
    width = max(len(each) for each, _ in rows)
    for (letters, label), codes, row in zip(rows * 3, found.codes, found.windows.itertuples(), strict=True):
        left = (width - len(letters)) // 2
        inner = "".join(letter if letter in "ACGT" else "N" for letter in letters.upper())
        assert codes == "N" * left + inner + "N" * (width - len(letters) - left)
        assert (row.label, row.end) == (int(label), len(letters))


def test_made_splits_keep_copies_together_on_either_strand(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    once = ["".join(random.choice(list("ACGT"), 20)) for _ in range(100)]
    reverse = [each[::-1].translate(str.maketrans("ACGT", "TGCA")) for each in once]
    rows = [(each, str(i % 2)) for half in (once, once, reverse) for i, each in enumerate(half)]
    path = tmp_path / "all.csv"
    path.write_text(table([(*row, "fold 1") for row in rows], "sequence,label,split"))
    made = {"validation": 0.1, "test": 0.2, "seed": 4}
    found = prepare(tmp_path, [path], None, made_splits=made)
    assert found.windows.groupby(["split", "label"]).size().to_dict() == {
        (split, label): size for split, size in zip(SPLITS, (105, 15, 30), strict=True) for label in (0, 1)
    }
    assert found.duplicates["rows"].to_dict()["train-train", "either"] == 140
    assert not found.duplicates.filter(regex="train-test|train-validation|validation-test", axis=0)["rows"].any()
    assert found.windows["name"].str.fullmatch(r"(train|validation|test)_\d+").all()
    again = prepare(tmp_path, [path], None, made_splits=made)
    pd.testing.assert_frame_equal(again.windows, found.windows)
    other = prepare(tmp_path, [path], None, made_splits={**made, "seed": 5})
    assert (other.windows["split"] != found.windows["split"]).any()


GOOD = "sequence,label\nACGT,0\nAC,1\n"
MISTAKES = {
    "no column": ("seq,label\nAC,0\n", None, "no column 'sequence'", "seq, label"),
    "a column twice": (
        "sequence,label,label\nAC,0,0\n",
        None,
        "more than one column 'label'",
        "sequence, label, label",
    ),
    "no header": ("ACGT,0\nAC,1\n", None, "no column 'sequence'", "ACGT, 0"),
    "blank": ("\n \n", None, "no column 'sequence'", "only blank lines"),
    "a header alone": ("sequence,label\n", None, "contains no sequence", "only a header"),
    "an empty sequence": (GOOD + ",1\n", 4, "a sequence is empty", "no letter"),
    "RNA": (GOOD + "ACGU,1\n", 4, "a character that is no base", "'U'"),
    "protein": (GOOD + "\nMKL,1\n", 5, "a character that is no base", "'L'"),
    "a gap": (GOOD + "AC-T,1\n", 4, "a character that is no base", "'-'"),
    "not ASCII": (GOOD + "ACÄ,1\n", 4, "a character that is no base", "'Ä'"),
    "an inner space": (GOOD + "AC GT,1\n", 4, "a character that is no base", "' '"),
    "an empty label": (GOOD + "AC, \n", 4, "no label", "empty"),
    "too few cells": (GOOD + "AC\n", 4, "differ in their number of cells", "1 cells"),
    "too many cells": (GOOD + "AC,1,2\n", 4, "differ in their number of cells", "3 cells"),
    "open quotes": (GOOD + '"AC,1\nAC,1\n', 5, "cannot be read", "unexpected end"),
    "an empty name": ("sequence,label,name\nAC,0,a\nAC,1,\n", 3, "an empty name", "fix"),
    "a name twice": ("sequence,label,name\nAC,0,a\nA,0,b\nAC,1,a\n", 4, "the same name", "a, which is also in line 2"),
    "FASTA: a name twice": (">a 0\nA\n>b 1\nC\n>a 1\nC\n", 5, "twice", ">a"),
    "FASTA: a name of two labels": (">a|0\nA\n>b|1\nC\n>a|1\nC\n", 5, "the same name", "a, which is also in line 1"),
    "FASTA: no label": (">a 0\nA\n>b\nC\n", 3, "no label", "empty"),
    "FASTA: an empty label": (">a|0\nA\n>b| 1\nC\n", 3, "no label", "empty"),
    "FASTA: no name": (">a|0\nA\n>|1\nC\n", 3, "an empty name", "fix"),
    "FASTA: nothing below": (">a 0\n>b 1\nC\n", 1, "no sequence", ">a"),
    "FASTA: protein": (">a 0\nA\n>b 1\nCC\nCL\n", 5, "no base", "'L'"),
    "too long": (GOOD + "ACGTAC,1\n", 4, "longer than the width", "6 bases"),
    "one class": ("sequence,label\nACGT,0\n", None, "no sequence of the class '1'", "1 sequences of 1 classes"),
    "a further class": (GOOD + "AC,2\n", None, "no sequence of the class '2'", "2 sequences of 2 classes"),
}


@pytest.mark.parametrize("compressed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize(("text", "line", "problem", "found"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_reported_with_its_file_and_line(text, line, problem, found, compressed, tmp_path: Path) -> None:
    paths = three_files(tmp_path, [GOOD, text, GOOD])
    if compressed:
        paths[1].write_bytes(gzip.compress(text.encode()))
    with pytest.raises(InputError, match=problem) as caught:
        prepare(tmp_path, paths, width=5)
    assert found in str(caught.value)
    # Of a class that only one split holds, the first split without it is named.
    assert caught.value.file == paths[0 if "'2'" in problem else 1]
    assert caught.value.line == line
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("text", "made", "problem"),
    [
        ("sequence,label,split\nA,0,train\nA,1,fold1\n", None, "line 3: a sequence belongs to no known split"),
        ("sequence,label,split\nA,0,train\nA,1,\n", None, "line 3: a sequence belongs to no known split"),
        (GOOD, None, "no column 'split'"),
        (">a 0\nA\n>b 1\nC\n", None, "a FASTA does not say which split"),
        (
            "sequence,label,split\nA,0,train\nA,1,train\nA,1,dev\nA,0,dev\n",
            None,
            "the split test contains no sequence$",
        ),
        ("sequence,label\nA,1\nC,1\n", (0.2, 0.2), "all sequences have the same label"),
        (GOOD + "AAA,0\nAAC,1\nACC,0\n", (0.1, 0.1), "the split validation contains no sequence"),
    ],
)
def test_splits_that_cannot_be_had(text: str, made: tuple[float, float] | None, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "all.csv"
    path.write_text(text)
    made_splits = made and {"validation": made[0], "test": made[1], "seed": 0}
    with pytest.raises(InputError, match=rf"(?m)all\.csv.*{problem}"):
        prepare(tmp_path, [path], None, made_splits=made_splits)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("task", "rows", "repeats"),
    [
        ("tf_0", 34378, (8, 1, 0)),
        ("tf_2", 21000, (185, 19, 0)),
        ("mouse_0", 8098, (0, 0, 0)),
        ("mouse_2", 3276, (0, 0, 0)),
    ],
)
def test_published_sequences(task: str, rows: int, repeats: tuple[int, ...], shared_data: Path, tmp_path: Path) -> None:
    """Rows, and repeats within the training split and from it in the others, as published files have them."""
    folder = shared_data / "labelled_sequences" / "gue" / task
    if not folder.is_dir():
        pytest.skip(f"real data is not here: {folder}")
    files = [folder / f"{split}.csv.gz" for split in ("train", "dev", "test")]
    found = prepare(tmp_path, files)
    assert found.accounting == {"in": rows, NEAR_COPY: 0, "kept": rows}
    assert {len(each) for each in found.codes} == {101}
    counts = [found.duplicates.loc[(f"train-{split}", "either"), "rows"] for split in SPLITS]
    assert tuple(counts) == repeats
    texts = pd.concat([pd.read_csv(file) for file in files])
    assert found.codes == texts["sequence"].tolist()
    assert found.windows["label"].tolist() == texts["label"].tolist()
    training = pd.read_csv(files[0])["sequence"]
    assert repeats[0] == training.duplicated().sum()
