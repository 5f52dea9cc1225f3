"""The page of results of a run, put together from its tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from .claims import LEVEL, PAIRS_FOR_VERDICT
from .sections import choices_text, claims_text, copies_text, published_text, results_text, tasks_text, variants_text
from .statistics import LEAST_PAIRS

TASKS, COPIES, RESULTS, CLAIMS, PUBLISHED, CHOICES, VARIANTS, FIGURES, METHODS = (
    "Tasks", "Copies of sequences", "Test split", "Claims", "Published values", "Choices on the validation split",
    "Variants", "Figures", "Methods",
)  # fmt: skip

NO_CLAIMS = "This run tests no claims."
METHODS_TEXT = f"""\
- Every model was scored once on the test split. Epochs, thresholds of calls and choices among arms come from the
  validation split.
- Differences (arm − other arm) are paired by seed. `95 % (seeds)` is a t interval of the paired differences; it shows
  how much the result depends on the seeds. `95 % (windows)` is a percentile bootstrap: test windows are drawn with
  replacement within classes, the same draws for all models of a task, and the differences are averaged over the pairs.
  It shows how much the result depends on the choice of test windows.
- A combination of several networks has one replicate per group of seeds. The first seed of the group names the
  replicate and pairs it with other arms.
- The `gain` of a claim is positive if the claim is right, for metrics of either direction. With {LEAST_PAIRS} pairs or
  more there is a two-sided Wilcoxon signed-rank test, corrected (Holm) for all claims of the same scope. `all tasks`
  pairs over task and seed, as published. Seeds of one task share its test windows, so these pairs are not independent;
  `95 % (tasks)`, a t interval of the means of the tasks, is the evidence for other tasks. If tasks are in groups, such
  as draws of one condition, each group is pooled instead of all tasks, and Holm's correction is for the claims on all
  groups.
- A claim `holds` if all its intervals, over seeds, windows and tasks, lie above 0, and `fails` if all of them lie below
  0; if there is a test, its corrected p must also be below {LEVEL}. Otherwise, or with fewer than {PAIRS_FOR_VERDICT}
  pairs, the claim is `undecided`. Claims without a test are not corrected for their number.
- Parameters and multiply-adds are those of one prediction: of all networks, and of both strands if they are averaged.
  `arm_times.tsv` of the run has the times of training and evaluation."""


@dataclass(frozen=True)
class Study:
    """The tables of a study, and the metric and the reference of each task.

    ``tasks`` has ``task, kind, width, train, validation, test``: bases per window and numbers of windows.
    """

    tasks: pd.DataFrame
    replicates: pd.DataFrame
    means: pd.DataFrame
    costs: pd.DataFrame
    comparisons: pd.DataFrame
    claims: pd.DataFrame
    published: pd.DataFrame
    selections: pd.DataFrame
    metrics: Mapping[str, str]
    references: Mapping[str, str]


def results_page(
    name: str,
    study: Study,
    duplicates: Mapping[str, pd.DataFrame],
    correlations: Mapping[str, Sequence[Mapping]],
    figures: Mapping[str, str],
) -> str:
    """The page as Markdown.

    Parameters
    ----------
    duplicates
        Tables of labelled tasks, as :func:`study.sections.copies_text` takes them.
    correlations
        By name of a set of variants, the content of its ``correlation.json``.
    figures
        Links by title.
    """
    metrics, references = study.metrics, study.references
    sections = {
        TASKS: tasks_text(study.tasks, study.replicates, study.means, metrics, references),
        COPIES: copies_text(duplicates),
        RESULTS: results_text(study.means, study.costs, study.comparisons, metrics, references),
        CLAIMS: claims_text(study.claims) or NO_CLAIMS,
        PUBLISHED: published_text(study.published),
        CHOICES: choices_text(study.selections),
        VARIANTS: variants_text(correlations),
        FIGURES: "\n\n".join(f"**{title}**\n\n![{title}]({link})" for title, link in figures.items()),
        METHODS: METHODS_TEXT,
    }
    texts = [f"## {title}\n\n{text}" for title, text in sections.items() if text]
    return "\n\n".join([f"# Results of `{name}`", *texts]) + "\n"


def figure_title(path: Path) -> str:
    """A title from the name of a figure's file."""
    return path.stem.removeprefix("study_").replace("_", " ").replace(".", ": ").capitalize()
