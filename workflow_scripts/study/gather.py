"""Pages of several runs -> one page, with the claims that they share paired over the tasks of all of them.

Usage: python -m study.gather results/a results/b --out docs
"""

from __future__ import annotations

import argparse
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote

import pandas as pd

from workflow_support.files import atomic_path

from .claims import ALL_TASKS, COLUMNS, Claim, Gains, claim_gains, pooled_row, with_verdicts
from .evaluations import ALL
from .files import read_table
from .formatting import FEWEST, is_of_group
from .method import METHODS
from .page import CLAIMS, COPIES, METHOD, PUBLISHED, RESULTS, VARIANTS, claims_text
from .pairs import Measurements

PAGE = "results.md"
LINK = re.compile(r"\]\(([^)]+\.png)\)")
HEAD = """\
# Results

Put together from the pages of the runs below; no number here was written by hand. How they were made is said at the
end.
"""
POOLED = """\
## Claims, over the tasks of all runs

Paired over task and seed, apart for each kind of task, whose arms of one name differ in more than their data (Wilcoxon;
Holm over the claims of a kind and metric). `95 % (tasks)` is a t interval of the means of the tasks, and takes the
place of the one over windows. `ahead at` counts the tasks whose mean gain is positive. `fewest` is the smallest
training size of each task, where it has several. A run whose tasks are in groups, conditions of an experiment, has its
claims pooled by group, and is left out here.
"""
POOLED_COLUMNS = [*COLUMNS[:-2], "ahead"]


def gather(runs: Sequence[Path], out: Path, note: str = "") -> None:
    """Write ``out/results.md``, with ``note`` at its head, and page and figures of each run to ``out/results/<run>/``.

    A run without a page is named as absent.
    """
    present = [run for run in runs if (run / PAGE).is_file()]
    absent = [run.name for run in runs if run not in present]
    parts = [HEAD.strip(), *([note] if note else [])]
    if absent:
        parts.append(f"Not run, and so absent: {', '.join(absent)}.")
    pooled = _claims_of_all(present)
    if not pooled.empty:
        parts += [POOLED.strip(), _with_tasks_ahead(pooled)]
    for run in present:
        _copy(run, out / "results" / run.name)
        parts.append(_summary(run))
    parts.append(f"## {METHOD}\n\n{METHODS.strip()}")
    with atomic_path(out / PAGE) as temporary:
        temporary.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _claims_of_all(runs: Iterable[Path]) -> pd.DataFrame:
    """``claims.tsv`` with one row a claim and metric, over the tasks of all runs, and how many tasks are ahead."""
    found: dict[tuple[str, str, Claim], list[Gains]] = {}
    for run in runs:
        kinds = _kinds(run / "study")
        for metric, claim, gains in _gains_of_run(run / "study"):
            found.setdefault((kinds[claim.better], metric, claim), []).append(gains)
    rows = [
        (*pooled_row(claim, metric, gains, f"all {kind} tasks"), sum(each.by_seed.mean() > 0 for each in gains))
        for (kind, metric, claim), gains in found.items()
    ]
    pooled = pd.DataFrame(rows, columns=POOLED_COLUMNS)
    # Claims of one kind and metric are one family.
    judged = with_verdicts(pooled.assign(scope=pooled["scope"] + pooled["metric"]))
    return judged.assign(scope=pooled["scope"], ahead=pooled["ahead"])


def _kinds(study: Path) -> dict[str, str]:
    """The kind of task that each arm and combination is for."""
    arms = read_table(study / "arms.tsv")
    return dict(zip(arms["arm"], arms["kind"], strict=True))


def _gains_of_run(study: Path) -> Iterable[tuple[str, Claim, Gains]]:
    """Metric, claim and gains of each task; none of a run with groups, whose tasks are unlike one another."""
    claims, replicates = read_table(study / "claims.tsv"), read_table(study / "replicates.tsv")
    if claims["scope"].map(is_of_group).any():
        return
    of_tasks = claims[claims["scope"] != ALL_TASKS]
    metrics = dict(zip(of_tasks["scope"], of_tasks["metric"], strict=True))
    measurements = Measurements(replicates, metrics, {})
    fewest = _fewest(replicates)
    for stated in _stated(of_tasks):
        for task, metric in metrics.items():
            for claim, gains in claim_gains(measurements, task, metric, stated):
                size = FEWEST if claim.size == fewest[task] else claim.size
                yield metric, Claim(claim.better, claim.than, size, claim.wider_than), gains


def _stated(claims: pd.DataFrame) -> list[Mapping[str, str]]:
    """The claims as the configuration states them."""
    stated = {
        (row.better, row.than, row.size if row.wider_than else ""): None for row in claims.itertuples(index=False)
    }
    return [{"better": better, "than": than} | ({"wider_at": size} if size else {}) for better, than, size in stated]


def _fewest(replicates: pd.DataFrame) -> dict[str, str]:
    """The size of each task with the fewest training windows, unless that is all."""
    smallest = replicates.sort_values("train_size", kind="stable").drop_duplicates("task")
    return {row.task: "" if row.size == ALL else row.size for row in smallest[["task", "size"]].itertuples(index=False)}


def _with_tasks_ahead(pooled: pd.DataFrame) -> str:
    ahead = [f"{ahead} of {tasks}" for ahead, tasks in zip(pooled["ahead"], pooled["tasks"], strict=True)]
    lines = claims_text(pooled).splitlines()
    extra = ["ahead at", "---:", *ahead]
    return "\n".join(f"{line} {cell} |" for line, cell in zip(lines, extra, strict=True))


def _summary(run: Path) -> str:
    """The tables of a run as its page has them, but for its choices, one level lower, and a link to its copy."""
    sections = dict(re.findall(r"^## (.+?)\n\n(.*?)(?=\n## |\Z)", (run / PAGE).read_text("utf-8"), re.M | re.S))
    parts = [f"## {run.name}", f"[Page with figures](results/{run.name}/{PAGE})"]
    parts += [
        f"### {title}\n\n{sections[title].strip().replace('### ', '#### ')}"
        for title in (COPIES, PUBLISHED, VARIANTS, CLAIMS, RESULTS)
        if title in sections
    ]
    return "\n\n".join(parts)


def _copy(run: Path, folder: Path) -> None:
    """Copy a run's page and the figures that it links to; links stay as they are."""
    text = (run / PAGE).read_text("utf-8")
    for link in (PAGE, *map(unquote, LINK.findall(text))):
        with atomic_path(folder / link) as temporary:
            shutil.copyfile(run / link, temporary)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path, help="folders of runs")
    parser.add_argument("--out", type=Path, required=True, help="folder of the page")
    parser.add_argument("--note", default="", help="what to say at the head of the page, as Markdown")
    arguments = parser.parse_args()
    gather(arguments.runs, arguments.out, arguments.note)
