"""Page of what `make config` gave on known factors: ``python -m study.recipes SETS.tsv RESULTS PAGE.md``."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from workflow_support.files import atomic_path
from workflow_support.metrics import BASELINE_ARM

from .formatting import markdown_table
from .print_summary import read_config
from .tables import read_table

METRIC = "AUROC"
#: The arm of the configurations that `make config` writes.
ARM = "large"
IUPAC = {
    "A": "A", "C": "C", "G": "G", "T": "T", "R": "AG", "Y": "CT", "S": "CG", "W": "AT", "K": "GT", "M": "AC",
    "B": "CGT", "D": "AGT", "H": "ACT", "V": "ACG", "N": "ACGT",
}  # fmt: skip
COMPLEMENT = str.maketrans("ACGTRYSWKMBDHVN", "TGCAYRSWMKVHDBN")
HEADER = (
    "Factor", "Peaks", "Training windows", "AUROC", "95 %", "6-mers", "Difference", "95 % of it", "Known motif",
    "Found, with its sites", "Minutes",
)  # fmt: skip
TEXT = """\
# Recipes

This page is made by `make recipes`; no number was written by hand. Each row is a factor whose peak file and genome were
given to `make config`, and whose configuration was run as it came: windows of 200 bases, three negatives for each peak,
the network `large`, which is the `default` network and a bag of k-mers in one, from three starts.

{table}

AUROC is on the test split, which had no part in any choice, as mean over starts; `95 %` is over starts and test windows
together. `6-mers` is the logistic regression on 6-mers that is part of every run. The motif is the first of those found
in the contributions of bases that the known motif matches, and otherwise the one with most sites. Minutes are those of
all jobs on one core, one after the other.
"""


def recipes_page(sets: pd.DataFrame, results: Path) -> str:
    """The page as Markdown, with a row for each set of which ``results`` has a run.

    Parameters
    ----------
    sets
        ``name, known``: the name of each run, and the known motif of the factor in letters of IUPAC.
    results
        The folder of the runs.
    """
    runs = {results / f"recipe_{each.name}": each.known for each in sets.itertuples(index=False)}
    present = {run: known for run, known in runs.items() if (run / "results.md").is_file()}
    absent = [run.name.removeprefix("recipe_") for run in runs if run not in present]
    table = markdown_table(HEADER, [_row(run, known) for run, known in present.items()])
    return TEXT.format(table=table) + (f"\nNot run: {', '.join(absent)}.\n" if absent else "")


def matching_motif(known: str, consensuses: Sequence[str]) -> int | None:
    """The number of the first consensus that contains a motif given in letters of IUPAC, on either strand."""
    strands = (known, known[::-1].translate(COMPLEMENT))
    pattern = "|".join("".join(f"[{IUPAC[letter]}]" for letter in strand) for strand in strands)
    found = (number for number, text in enumerate(consensuses) if re.search(pattern, text, re.IGNORECASE))
    return next(found, None)


def _row(run: Path, known: str) -> list[str]:
    ((task, _),) = read_config(run)["tasks"].items()
    intervals = read_table(run / "study" / "intervals.tsv").query("metric == @METRIC").set_index("arm")
    pairs = read_table(run / "study" / "comparisons.tsv").query("metric == @METRIC and reference == @BASELINE_ARM")
    arm, floor, pair = intervals.loc[ARM], intervals.loc[BASELINE_ARM], pairs.set_index("arm").loc[ARM]
    kept = read_table(run / "tasks" / task / "peak_counts.tsv").set_index("reason")["rows"]["kept"]
    size = read_table(run / "study" / "means.tsv")["train_size"].iloc[0]
    seconds = read_table(run / "rule_times.tsv")["seconds"].sum()
    return [
        task.removeprefix("recipe_"),
        f"{kept:,}",
        f"{size:,}",
        f"{arm['mean']:.3f}",
        f"{arm['low']:.3f} to {arm['high']:.3f}",
        f"{floor['mean']:.3f}",
        f"{pair['difference']:+.3f}",
        f"{pair['low']:+.3f} to {pair['high']:+.3f}",
        f"`{known}`",
        _motif(run / "attributions" / f"{task}.motifs.tsv", known),
        f"{seconds / 60:.1f}",
    ]


def _motif(path: Path, known: str) -> str:
    motifs = read_table(path)
    if motifs.empty:
        return "none"
    number = matching_motif(known, motifs["consensus"])
    shown = motifs.iloc[number or 0]
    return f"{'another: ' if number is None else ''}`{shown['consensus']}` ({shown['sites']:,})"


if __name__ == "__main__":
    sets, results, page = map(Path, sys.argv[1:])
    text = recipes_page(pd.read_csv(sets, sep="\t"), results)
    with atomic_path(page) as partial:
        partial.write_text(text, encoding="utf-8")
