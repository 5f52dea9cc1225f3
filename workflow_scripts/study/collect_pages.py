"""Collect the results of several runs on one page, and test the claims that they share over the tasks of all runs.

Usage: python -m study.collect_pages results/a results/b --out docs
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote

import pandas as pd

from workflow_support.files import atomic_path
from workflow_support.kinds import basis_of
from workflow_support.metrics import main_metric

from .claims import COLUMNS, Claim, claim_gains, pooled_row, with_verdicts
from .copies import copies_text
from .evaluations import ALL
from .formatting import FEWEST, is_of_all, is_of_group, scope_of_kind
from .page import CLAIMS, COPIES, METHODS, METHODS_TEXT, PUBLISHED, RESULTS, VARIANTS
from .pairs import Measurements, Values
from .print_summary import kinds_of_tasks, read_config
from .sections import claims_text, published_text, results_text, variants_text
from .tables import read_table

PAGE = "results.md"
LINK = re.compile(r"\]\(([^)]+\.png)\)")
HEAD = """\
# Results

This page is made from the tables of the runs below; no number was written by hand. The methods are at the end."""
POOLED = """\
## Claims, over the tasks of all runs

Each line is about tasks like those of all runs together, separately for each kind of task, because arms of the same
name differ between kinds in more than their data. The tasks are taken to have no test windows in common. `Holm p` is
corrected for all lines of this table. `ahead at` counts the tasks whose mean gain is positive. `fewest` is the smallest
training size of each task that has several. Runs whose tasks are in groups, such as the conditions of an experiment,
are left out, because their claims are pooled by group."""


def collect_pages(runs: Sequence[Path], out: Path, note: str = "") -> None:
    """Write ``out/results.md``, and copy the page and figures of each run to ``out/results/<run>/``.

    The page names the runs that have no page as absent.

    Parameters
    ----------
    note
        Markdown for the head of the page.
    """
    present = [run for run in runs if (run / PAGE).is_file()]
    absent = [run.name for run in runs if run not in present]
    parts = [HEAD, *([note] if note else [])]
    if absent:
        parts.append(f"Absent, because they were not run: {', '.join(absent)}.")
    pooled = _claims_of_all(present)
    if not pooled.empty:
        parts += [POOLED, _with_tasks_ahead(pooled)]
    for run in present:
        _copy(run, out / "results" / run.name)
        parts.append(_tables_of_run(run))
    parts.append(f"## {METHODS}\n\n{METHODS_TEXT}")
    with atomic_path(out / PAGE) as temporary:
        temporary.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _claims_of_all(runs: Iterable[Path]) -> pd.DataFrame:
    """One row per claim on several tasks, by metric and kind, like ``claims.tsv``, and the number of tasks ahead."""
    found: dict[tuple[str, str, Claim], list[Values]] = {}
    for run in runs:
        kinds = kinds_of_tasks(read_config(run))
        for task, metric, claim, gains in _gains_of_run(run / "study"):
            found.setdefault((kinds[task], metric, claim), []).append(gains)
    rows = [
        pooled_row(claim, metric, gains, scope_of_kind(kind))
        | {"ahead": sum(of_task.by_seed.mean() > 0 for of_task in gains)}
        for (kind, metric, claim), gains in found.items()
        if len(gains) > 1
    ]
    return with_verdicts(pd.DataFrame(rows, columns=[*COLUMNS, "ahead"]))


def _gains_of_run(study: Path) -> Iterable[tuple[str, str, Claim, Values]]:
    """Yield task, metric, claim and gains of each task; nothing for a run with groups, whose tasks differ too much."""
    claims, replicates = read_table(study / "claims.tsv"), read_table(study / "replicates.tsv")
    if claims["scope"].map(is_of_group).any():
        return
    of_tasks = claims[~claims["scope"].map(is_of_all).astype(bool)]
    metrics = dict(zip(of_tasks["scope"], of_tasks["metric"], strict=True))
    measurements = Measurements(replicates, metrics)
    fewest = _fewest(replicates)
    for stated in _stated(of_tasks):
        for task, metric in metrics.items():
            for claim, gains in claim_gains(measurements, task, metric, stated):
                size = FEWEST if claim.size == fewest[task] else claim.size
                yield task, metric, Claim(claim.better, claim.than, size, claim.wider_than), gains


def _stated(claims: pd.DataFrame) -> list[Mapping[str, str]]:
    """The claims in the form of the configuration."""
    stated = {
        (row.better, row.than, row.size if row.wider_than else ""): None for row in claims.itertuples(index=False)
    }
    return [{"better": better, "than": than} | ({"wider_at": size} if size else {}) for better, than, size in stated]


def _fewest(replicates: pd.DataFrame) -> dict[str, str]:
    """The size of each task with the fewest training windows; empty if that is all of them."""
    smallest = replicates.sort_values("train_size", kind="stable").drop_duplicates("task")
    return {row.task: "" if row.size == ALL else row.size for row in smallest[["task", "size"]].itertuples(index=False)}


def _with_tasks_ahead(pooled: pd.DataFrame) -> str:
    ahead = [f"{ahead} of {tasks}" for ahead, tasks in zip(pooled["ahead"], pooled["tasks"], strict=True)]
    lines = claims_text(pooled).splitlines()
    extra = ["ahead at", "---:", *ahead]
    return "\n".join(f"{line} {cell} |" for line, cell in zip(lines, extra, strict=True))


def _tables_of_run(run: Path) -> str:
    """The main sections of a run, made from its tables, and a link to the copy of its page."""
    config = read_config(run)
    kinds = kinds_of_tasks(config)
    names = ("means", "subsets", "costs", "intervals", "comparisons", "claims", "published", "near_copies")
    means, subsets, costs, intervals, comparisons, claims, published, near_copies = (
        read_table(run / "study" / f"{name}.tsv") for name in names
    )
    metrics = {task: main_metric(kind) for task, kind in kinds.items()}
    # The comparisons with the reference of a task come first; a task without comparisons shows no difference from it.
    references = dict.fromkeys(kinds, "") | comparisons.groupby("task")["reference"].first().to_dict()
    labelled = [task for task, kind in kinds.items() if basis_of(kind) == "labelled"]
    duplicates = {task: read_table(run / "tasks" / task / "duplicates.tsv") for task in labelled}
    without_copies = [task for task, values in config["tasks"].items() if values.get("remove_copies")]
    removed = {task: read_table(run / "tasks" / task / "window_counts.tsv") for task in without_copies}
    sections = {
        COPIES: copies_text(duplicates, near_copies, removed),
        PUBLISHED: published_text(published, subsets),
        VARIANTS: variants_text(_correlations(run / "variants", config["variants"])),
        CLAIMS: claims_text(claims),
        RESULTS: results_text(means, subsets, costs, intervals, comparisons, metrics, references),
    }
    parts = [f"## {run.name}", f"[Page with figures](results/{run.name}/{PAGE})"]
    # Sections are one level lower here than on the page of the run.
    parts += [f"### {title}\n\n{text.replace('### ', '#### ')}" for title, text in sections.items() if text]
    return "\n\n".join(parts)


def _correlations(folder: Path, names: Iterable[str]) -> dict[str, list[Mapping]]:
    """Correlations with measured effects for each set of variants that has them, by name."""
    found = {name: json.loads((folder / f"{name}.correlation.json").read_bytes()) for name in names}
    return {name: correlations for name, correlations in found.items() if correlations}


def _copy(run: Path, folder: Path) -> None:
    """Copy the page of a run and the figures that it links to, so that its links stay valid."""
    text = (run / PAGE).read_text("utf-8")
    for link in (PAGE, *map(unquote, LINK.findall(text))):
        with atomic_path(folder / link) as temporary:
            shutil.copyfile(run / link, temporary)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path, help="folders of runs")
    parser.add_argument("--out", type=Path, required=True, help="folder of the page")
    parser.add_argument("--note", default="", help="Markdown for the head of the page")
    arguments = parser.parse_args()
    collect_pages(arguments.runs, arguments.out, arguments.note)
