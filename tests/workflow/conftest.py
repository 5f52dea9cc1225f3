"""A copy of the code and the tiny run, which tests of the workflow share."""

from __future__ import annotations

from pathlib import Path

import pytest
from checkout import TINY, Checkout


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    return Checkout(tmp_path_factory.mktemp("checkout"))


@pytest.fixture(scope="session")
def finished(checkout: Checkout) -> Path:
    """The results of the tiny run."""
    checkout.snakemake(*TINY, "--cores", "2")
    return checkout.folder / "results/tiny"
