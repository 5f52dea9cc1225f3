"""What a killed process left of a file goes when the file is written again; other files stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from workflow_support.files import atomic_path

LEFT = ".partial-abcd_123-"


@pytest.mark.parametrize("name", ["table.tsv", "with [brackets]*.tsv"])
def test_leftovers_of_the_same_file_are_removed(tmp_path: Path, name: str) -> None:
    (tmp_path / f"{LEFT}{name}").write_text("half")
    with atomic_path(tmp_path / name) as partial:
        assert list(tmp_path.iterdir()) == [partial]
        partial.write_text("whole")
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "whole"


@pytest.mark.parametrize("other", ["second-table.tsv", "able.tsv", "table.tsv.gz"])
def test_leftovers_of_other_files_stay(tmp_path: Path, other: str) -> None:
    left = tmp_path / f"{LEFT}{other}"
    left.write_text("half")
    with atomic_path(tmp_path / "table.tsv") as partial:
        partial.write_text("whole")
    assert left.read_text() == "half"
