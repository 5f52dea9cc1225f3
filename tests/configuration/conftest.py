"""What the tests of configurations share."""

from __future__ import annotations

from pathlib import Path

import pytest
from good_configuration import GOOD


@pytest.fixture
def good(tmp_path: Path) -> str:
    (tmp_path / "genome.fa").write_text(">chr1\nACGT\n")
    (tmp_path / "peaks.bed").write_text("chr1\t0\t4\n")
    return GOOD.format(folder=tmp_path)
