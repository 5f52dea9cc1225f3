"""Folds in a configuration: what may be written, and what is refused with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from good_configuration import require_refusal, resolve_text

SPLITS = """\
    splits:
      validation: [chr1]
      test: ["chr2:1-5000"]
"""
FAULTS = {
    "folds beside a test split": ("folds: 5, test: [chr1]", ["has folds", "found:   folds and test"]),
    "two folds": ("folds: 2", ["genomes.small.splits.folds", "at least 3"]),
    "two lists": ("folds: [[chr1], [chr2]]", ["genomes.small.splits.folds", "with 3 or more items"]),
    "a fold without a region": ("folds: [[chr1], [], [chr2]]", ["genomes.small.splits.folds[1]"]),
    "regions without lists": ("folds: [chr1, chr2, chr3]", ["genomes.small.splits.folds[0]", "a list"]),
    "a region in two folds": (
        "folds: [[chr1], [chr2], [chr3, chr1]]",
        ["given twice", "chr1 under folds[0] and folds[2]"],
    ),
    "an excluded fold": ("folds: [[chr1], [chr2], [chr3]], exclude: [chr2]", ["given twice", "folds[1] and exclude"]),
    "neither": ("exclude: [chr1]", ["lacks the key `validation`", "or folds"]),
    "no test": ("validation: [chr1]", ["lacks the key `test`"]),
}


@pytest.mark.parametrize("given", ["folds: 5", 'folds: "5"', "folds: [[chr1], [chr2:1-10, chr4], [chr3]]"])
def test_a_number_or_lists_are_folds_of_the_task(good: str, tmp_path: Path, given: str) -> None:
    settings = resolve_text(good.replace(SPLITS, f"    splits: {{{given}}}\n"), tmp_path).settings
    lists = [["chr1"], ["chr2:1-10", "chr4"], ["chr3"]]
    assert settings["tasks"]["CTCF"]["splits"] == {"folds": lists if "[" in given else 5}


@pytest.mark.parametrize("fault", FAULTS)
def test_faulty_folds_are_refused(good: str, tmp_path: Path, fault: str) -> None:
    given, words = FAULTS[fault]
    require_refusal(good.replace(SPLITS, f"    splits: {{{given}}}\n"), tmp_path, words, 6)


def test_embeddings_cannot_be_measured_on_a_split_that_is_not_there(good: str, tmp_path: Path) -> None:
    text = good.replace(SPLITS, "    splits: {folds: 5}\n") + "hyperbolicity: {points: 8}\n"
    require_refusal(text, tmp_path, ["`hyperbolicity`", "`tasks.CTCF` has folds"])
