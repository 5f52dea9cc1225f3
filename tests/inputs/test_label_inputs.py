"""Files of labelled sequences as programs and people write them: the rows and classes that come out, or the error."""

from __future__ import annotations

import gzip
import json
import logging
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from good_configuration import SCHEMA
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prepare_sequences import prepare_sequences
from sequence_formats import write_bgzf

from configuration import resolve
from genome_data.formats.labelled_files import read_labelled_file
from workflow_support.errors import InputError

SEQUENCES = ["CCCTTCCTACCTGGGG", "GCCCTGAGGTAGCGTT", "AAAACTAGGCGACAAC", "TTGACCATGGACATTA"]
ROWS = list(zip(SEQUENCES, "0101", strict=True))
BY_NUMBER = {"sequence_column": 1, "label_column": 2}


def table(rows=ROWS, header: str | None = "sequence,label", separator: str = ",") -> str:
    lines = ([] if header is None else [header]) + [separator.join(row) for row in rows]
    return "\n".join(lines) + "\n"


def changed(index: int, sequence: str | None = None, label: str | None = None) -> list[tuple[str, str]]:
    rows = list(ROWS)
    rows[index] = (rows[index][0] if sequence is None else sequence, rows[index][1] if label is None else label)
    return rows


class Outcome(NamedTuple):
    sequences: list[str]
    labels: list[str]


def read(path: Path, content: str | bytes, **columns: Any) -> Outcome:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    found = read_labelled_file(path, **{"sequence_column": "sequence", "label_column": "label"} | columns)
    return Outcome(["".join("ACGTN"[code] for code in codes) for codes in found["sequence"]], found["label"].tolist())


HEADED = table()
# Content, and the columns where they are not the usual ones; all give ROWS.
SAME: dict[str, tuple[str | bytes, dict[str, Any]]] = {
    "commas": (HEADED, {}),
    "tabs": (table(header="sequence\tlabel", separator="\t"), {}),
    "semicolons": (table(header="sequence;label", separator=";"), {}),
    "quotes": ('"sequence","label"\n' + "".join(f'"{a}","{b}"\n' for a, b in ROWS), {}),
    "CRLF": (HEADED.replace("\n", "\r\n"), {}),
    "old Macintosh": (HEADED.replace("\n", "\r"), {}),
    "a byte order mark": ("\ufeff" + HEADED, {}),
    "no line end": (HEADED.rstrip(), {}),
    "blank lines": ("\n\n" + HEADED.replace("\n", "\n\n"), {}),
    "comments": ("## made by a program\n" + HEADED, {}),
    "a # before the header": ("# sequence,label\n" + table(header=None), {}),
    "gzip": (gzip.compress(HEADED.encode()), {}),
    "gzip of two members": (gzip.compress(HEADED[:30].encode()) + gzip.compress(HEADED[30:].encode()), {}),
    "spaces": (HEADED.replace(",", " , "), {}),
    "pandas' index": ("," + HEADED.replace("\n", "\n7,").removesuffix("7,"), {}),
    "columns by number": (HEADED, BY_NUMBER),
    "no header, columns by number": (table(header=None), BY_NUMBER),
    "no header, exchanged columns": (
        table([(b, a) for a, b in ROWS], None),
        {"sequence_column": 2, "label_column": 1},
    ),
    "no header, lower case": (table(header=None).lower(), BY_NUMBER),
    "labels with decimals": (table([(a, f"{b}.0") for a, b in ROWS]), {}),
    "labels with decimals, some": (table(changed(2, label="0.0")), {}),
    "labels with a point": (table(changed(2, label="0.")), {}),
    "another column with quotes": (
        "sequence,note,label\n" + "".join(f'{a},"x, ""y""",{b}\n' for a, b in ROWS),
        {},
    ),
    "another column over two lines": (
        "sequence,note,label\n" + "".join(f'{a},"x\ny",{b}\n' for a, b in ROWS),
        {},
    ),
    "FASTA with a word": ("".join(f">s{i} {b}\n{a}\n" for i, (a, b) in enumerate(ROWS)), {}),
    "FASTA with a bar": ("".join(f">s{i}|{b} 5\n{a}\n" for i, (a, b) in enumerate(ROWS)), {}),
    "FASTA with decimals": ("".join(f">s{i}|{b}.0\n{a}\n" for i, (a, b) in enumerate(ROWS)), {}),
    "FASTA, folded": ("".join(f">s{i} {b}\n{a[:5]}\n{a[5:]}\n" for i, (a, b) in enumerate(ROWS)), {}),
}


@pytest.mark.parametrize(("content", "columns"), SAME.values(), ids=SAME)
def test_the_same_rows_come_out_of_every_form(content, columns, tmp_path: Path) -> None:
    assert read(tmp_path / "s.data", content, **columns) == Outcome(SEQUENCES, list("0101"))


# Content, the columns, the line that the error names, and text of its message.
REFUSED: dict[str, tuple[str | bytes, dict[str, Any], int | None, str]] = {
    **{
        f"the label {label or 'of nothing'}": (table(changed(1, label=label)), {}, 3, "a sequence has no label")
        for label in ("", "NA", "N/A", "nan", "NaN", "<NA>", "#N/A", "NULL", ".")
    },
    **{
        f"the sequence {text}": (table(changed(1, sequence=text)), {}, 3, "a sequence is empty")
        for text in ("NA", "nan", ".")
    },
    "the name NA": ("name,sequence,label\na,ACGT,0\nNA,ACGT,1\n", {}, 3, "a sequence has an empty name"),
    "FASTA, the label NA": (">a|0\nACGT\n>b|NA\nACGT\n", {}, 3, "a sequence has no label"),
    "no header, columns by name": (table(header=None), {}, None, "the file has no header"),
    "no header, a bad first base": (
        table(changed(0, sequence="CCCTTCCUACCTGGGG"), None),
        BY_NUMBER,
        1,
        "no base",
    ),
    "a header of other names": (table(header="seq,class"), {}, None, "found:   seq, class"),
    "a header in capitals": (table(header="Sequence,Label"), {}, None, "found:   Sequence, Label"),
    "a column twice": (table(header="label,label"), {}, None, "more than one column 'label'"),
    "an unused column twice": ("sequence,label,x,x\nACGT,1,2,3\n", {}, None, "more than one column 'x'"),
    "a column twice, columns by number": (table(header="label,label"), BY_NUMBER, None, "more than one column"),
    "a column that is not there": (HEADED, {"label_column": 3}, None, "no column 3"),
    "R's row names": ("sequence,label\n1,ACGT,0\n2,ACGT,1\n", {}, 2, "row.names = FALSE"),
    "a label over two lines": ('sequence,label\nACGT,"0\nACGT"\nACGT,1\n', {}, 3, "over several lines"),
    "a header twice": (HEADED + HEADED, {}, 6, "no base"),
    "tabs below commas": (HEADED + "ACGT\t1\n", {}, 6, "1 cells"),
    "spaces": (HEADED.replace(",", " "), {}, None, "found:   sequence label"),
    "a truncated gzip": (gzip.compress(HEADED.encode() * 9)[:-9], {}, None, "truncated"),
    "bytes that are no text": (HEADED.encode() + b"AC\xff,1\n", {}, 6, "not text"),
    "a null byte": (HEADED.encode() + b"AC\0,1\n", {}, 6, "not text"),
    "zip": (b"PK\x03\x04" + bytes(60), {}, None, "zip"),
    "a web page": ("<!DOCTYPE html>\n<html></html>\n", {}, None, "web page"),
    "UTF-16": (HEADED.encode("utf-16"), {}, None, "UTF-16|not text"),
}


@pytest.mark.parametrize(("content", "columns", "line", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_read_is_refused_with_its_line(content, columns, line, message, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path / "s.data", content, **columns)
    error = caught.value
    assert any(text in str(error) for text in message.split("|")), error
    assert error.file == tmp_path / "s.data"
    if "UTF-16" not in message:
        assert error.line == line
    assert error.found is not None
    assert error.allowed
    assert error.fix


OUTPUTS = ("windows", "codes", "classes", "duplicates", "accounting")


def prepare(folder: Path, texts: dict[str, str], **columns: Any) -> tuple[pd.DataFrame, list[str]]:
    """Run the script of the rule on one file per split; the windows and the classes."""
    files = []
    for split, text in texts.items():
        files.append(folder / f"{split}.csv")
        files[-1].write_text(text)
    settings = {"made_splits": None, "sequence_column": "sequence", "label_column": "label", "width": None} | columns
    settings["remove_copies"] = False
    paths = {name: folder / f"out.{name}" for name in OUTPUTS}
    prepare_sequences(files, list(texts), **settings, **paths)
    return pd.read_csv(paths["windows"], sep="\t"), json.loads(paths["classes"].read_text())


def test_labels_of_two_programs_are_the_same_classes(tmp_path: Path) -> None:
    """pandas writes 0.0 where a value of a column of whole numbers was missing once."""
    texts = dict.fromkeys(("train", "validation", "test"), HEADED)
    texts["test"] = table([(a, f"{b}.0") for a, b in ROWS])
    windows, classes = prepare(tmp_path, texts)
    assert classes == ["0", "1"]
    assert windows["label"].tolist() == [0, 1] * 6


@pytest.mark.parametrize(("first", "second"), [("1", "01"), ("+1", "1"), ("1e0", "1"), ("0.50", "0.5")])
def test_one_number_written_in_two_ways_is_refused(first: str, second: str, tmp_path: Path) -> None:
    rows = [(SEQUENCES[0], first), (SEQUENCES[1], second), (SEQUENCES[2], "7")]
    with pytest.raises(InputError, match="two labels are the same number") as caught:
        prepare(tmp_path, dict.fromkeys(("train", "validation", "test"), table(rows)))
    assert repr(first) in caught.value.found
    assert repr(second) in caught.value.found
    assert caught.value.line in (2, 3)


@pytest.mark.parametrize(
    ("first", "second", "problem"),
    [
        ("Bound", "bound", "differ only in capitals"),
        ("CTCF site", "ctcf  site", "differ only in capitals"),
        ("caf\u00e9", "cafe\u0301", "differ only in capitals"),
        ("Ⅱ", "II", "differ only in capitals"),
        ("1", "true", "mean the same"),
        ("True", "Yes", "mean the same"),
        ("no", "0.0", "mean the same"),
    ],
)
def test_labels_that_could_be_one_class_are_refused(first: str, second: str, problem: str, tmp_path: Path) -> None:
    rows = [(SEQUENCES[0], first), (SEQUENCES[1], second), (SEQUENCES[2], "free")]
    with pytest.raises(InputError, match=f"two labels {problem}") as caught:
        prepare(tmp_path, dict.fromkeys(("train", "validation", "test"), table(rows)))
    assert caught.value.line in (2, 3)
    assert caught.value.file == tmp_path / "train.csv"
    assert "in one way" in str(caught.value)


@pytest.mark.parametrize("yes", ["true", "True", "TRUE"])
def test_true_and_false_are_two_classes_however_programs_write_them(yes: str, tmp_path: Path, caplog) -> None:
    """R writes TRUE, Python True, JSON true."""
    caplog.set_level(logging.INFO)
    no = {"true": "false", "True": "False", "TRUE": "FALSE"}[yes]
    texts = dict.fromkeys(("train", "validation", "test"), table([(a, ("false", "true")[int(b)]) for a, b in ROWS]))
    texts["test"] = table([(a, (no, yes)[int(b)]) for a, b in ROWS])
    windows, classes = prepare(tmp_path, texts)
    assert classes == ["false", "true"]
    assert windows["label"].tolist() == [0, 1] * 6
    assert (f"2 labels {yes!r} are read as 'true'" in caplog.text) == (yes != "true")


def test_a_file_without_a_header_keeps_its_first_row_and_the_log_says_so(tmp_path: Path, caplog) -> None:
    caplog.set_level(logging.INFO)
    windows, _ = prepare(tmp_path, dict.fromkeys(("train", "validation", "test"), table(header=None)), **BY_NUMBER)
    assert len(windows) == 12
    assert "has no header; all 4 rows are data" in caplog.text


def test_a_missing_csv_is_answered_with_the_packed_one_beside_it(tmp_path: Path) -> None:
    (tmp_path / "s.csv.gz").write_bytes(gzip.compress(HEADED.encode()))
    sequences = {"all": str(tmp_path / "s.csv"), "make_splits": {"validation": 0.2, "test": 0.2}}
    configuration = {
        "name": "x",
        "study": {"arms": {"a": {"representation": "standard", "kmer": 1, "channels": 4}}, "seeds": [1]},
        "tasks": {"L": {"kind": "labelled", "sequences": sequences}},
    }
    with pytest.raises(InputError, match="does not exist") as caught:
        resolve(configuration, [], SCHEMA)
    assert f"{tmp_path / 's.csv.gz'} exists" in caught.value.fix


FORMS = {
    "CSV": lambda rows: table(rows),
    "TSV": lambda rows: table(rows, "sequence\tlabel", "\t"),
    "semicolons": lambda rows: table(rows, "sequence;label", ";"),
    "quotes": lambda rows: "sequence,label\n" + "".join(f'"{a}","{b}"\n' for a, b in rows),
    "exchanged": lambda rows: table([(b, a) for a, b in rows], "label,sequence"),
    "FASTA": lambda rows: "".join(f">{i}|{b}\n{a}\n" for i, (a, b) in enumerate(rows)),
}
ALTERATIONS = {
    "plain": lambda text, folder: text.encode(),
    "gzip": lambda text, folder: gzip.compress(text.encode()),
    "BGZF": lambda text, folder: write_bgzf(folder / "made", text).read_bytes(),
    "CRLF": lambda text, folder: text.replace("\n", "\r\n").encode(),
    "BOM": lambda text, folder: ("\ufeff" + text).encode(),
    "blank lines": lambda text, folder: text.replace("\n", "\n\n").encode(),
    "no end": lambda text, folder: text.rstrip("\n").encode(),
}


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.text("ACGT", min_size=1, max_size=20), st.sampled_from(["0", "1", "-1", "bound", "0.5"])),
        min_size=1,
        max_size=8,
    ),
    st.sampled_from(sorted(FORMS)),
    st.sampled_from(sorted(ALTERATIONS)),
)
def test_what_one_form_says_comes_back_from_every_other(tmp_path: Path, rows, form, alteration) -> None:
    content = ALTERATIONS[alteration](FORMS[form](rows), tmp_path)
    found = read(tmp_path / "s.data", content)
    assert found == Outcome([a for a, _ in rows], [b for _, b in rows])
    assert np.all([len(each) for each in found.sequences])
