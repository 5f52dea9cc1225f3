"""The files of labelled sequences: each serves as one split, however its path is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from configuration import resolve
from configuration.documentation import SCHEMA_FILE
from workflow_support.errors import InputError

TRAIN_AND_TEST = {"train": "a.csv", "test": "b.csv"}


def resolved(folder: Path, sequences: dict) -> None:
    for name in ("a.csv", "b.csv", "c.csv"):
        (folder / name).write_text("sequence,label\nACGT,0\n")
    arms = {"only": {"representation": "regular", "kmer": 1, "channels": 4}}
    task = {"kind": "labelled", "sequences": sequences}
    resolve({"name": "run", "study": {"arms": arms, "seeds": [1]}, "tasks": {"words": task}}, [], SCHEMA_FILE)


@pytest.mark.parametrize(
    "again", ["b.csv", "./b.csv", "link.csv", {"location": "b.csv", "checksum": "md5:" + "0" * 32}]
)
def test_a_file_serves_as_one_split(again: str | dict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link.csv").symlink_to("b.csv")
    resolved(tmp_path, TRAIN_AND_TEST | {"validation": "c.csv"})
    with pytest.raises(InputError, match=r"`tasks.words.sequences.test` is the file of the validation split"):
        resolved(tmp_path, TRAIN_AND_TEST | {"validation": again})


def test_an_address_serves_as_one_split(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    same = dict.fromkeys(("train", "test"), "https://example.org/a.csv")
    with pytest.raises(InputError, match="another file for every split"):
        resolved(tmp_path, same | {"make_splits": {"validation": 0.1}})
