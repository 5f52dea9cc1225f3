"""The page of results of a run, put together from its tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from workflow_support.kinds import PROFILE, basis_of
from workflow_support.metrics import BASELINE_ARM, WITHOUT_NEAR_COPIES, metrics_for

from .claims import LEVEL
from .copies import copies_text
from .evidence import LEAST_SEEDS, LEAST_TASKS
from .glossary import LOGIT, glossary_text
from .sections import (
    choices_text,
    claims_text,
    equal_costs_text,
    peaks_text,
    positions_text,
    published_text,
    results_text,
    tasks_text,
    variants_text,
)

ANSWERS, TASKS, PEAKS, COPIES, RESULTS, POSITIONS, CLAIMS, EQUAL_COSTS = (
    "Answers", "Tasks", "Peaks", "Copies of sequences", "Test split", "Place of the site", "Claims", "Equal costs",
)  # fmt: skip
PUBLISHED, CHOICES, VARIANTS, FIGURES, WORDS, METHODS = (
    "Published values", "Choices on the validation split", "Variants", "Figures", "Numbers in words", "Methods",
)  # fmt: skip

_ALWAYS, _OF_COPIES, _OF_PLACES, _OF_SEVERAL, _OF_CLAIMS, _OF_EQUAL_COSTS = range(6)
_METHODS = (
    (
        _ALWAYS,
        """\
- The recommended arm of a task has the best mean over seeds of the AUROC, or for profiles of the loss, on the
  validation split, at the largest training size (`study/validation.tsv`).
- Every model was scored once on the test split. Epochs, thresholds of calls and choices among arms come from the
  validation split. The networks of a "best of" combination are chosen by other seeds than those they are tested with.
- Where a task has folds, every window was scored once, by networks that were neither trained nor chosen on its fold;
  metrics are of the scores of all folds together, and calls have the threshold of the fold. The networks of classes are
  calibrated on the validation windows of their fold, so that scores of different folds can be compared. Numbers of
  training and validation windows are means. The recommended arm is chosen by validation windows that are test windows
  of other folds, so that with very many arms its own metric is a little too good. Intervals do not cover that training
  sets of folds share windows.
- `95 %` of a metric or of a difference (arm − other arm, paired by seed) is over seeds and test windows together: it
  shows how much the result depends on both. The variance over seeds is that of the paired values; the variance over
  windows is that of the contributions of single windows, of DeLong for AUROC. Each is taken times the square of its own
  t quantile. Windows that overlap, such as those of several peaks at one place, count as one draw. `±` is the standard
  deviation over seeds alone.""",
    ),
    (
        _OF_COPIES,
        """\
- `without near-copies` is the same metric of the same networks, with the same thresholds, on the test sequences that
  are no near-copies of any training sequence of their task. Intervals, differences and claims are about all of the test
  split. `study/subsets.tsv` has all metrics.""",
    ),
    (
        _OF_PLACES,
        """\
- `Place of the site` has the AUROC of up to 200 bound test windows that were moved along the genome, as mean over both
  directions, against all unbound test windows, which were not. `study/positions.tsv` also has their mean logit and the
  share that is called bound.""",
    ),
    (
        _OF_SEVERAL,
        """\
- The intervals of two arms may overlap although one is surely better: arms share seeds and test windows, and verdicts
  rest on their paired difference, which has a column of its own.
- A combination of several networks has one replicate per group of seeds. The first seed of the group names the
  replicate and pairs it with other arms.""",
    ),
    (
        _OF_CLAIMS,
        f"""\
- The `gain` of a claim is positive if the claim is right, for metrics of either direction. A line about one task is
  about that task alone, with other seeds and other test windows. A line about tasks like several that were studied is
  about other tasks; it rests on the mean gains of the tasks, which count alike (t test), and needs {LEAST_TASKS} of
  them. `Error` is the standard error by source; on tasks together, that of windows is due to windows that tasks have in
  common. If tasks are in groups, such as draws of one condition, each group is pooled instead of all tasks.
- `p` is two-sided. `Holm p` is corrected for all lines of the table, so that any false verdict among them has a
  probability of at most {LEVEL}. All claims count alike, and half of each is its line on tasks together, if it has
  one.
- A claim `holds` if its gain is positive and `Holm p` below {LEVEL}. It `fails`, and the opposite is true, if the gain
  is negative and `Holm p` below {LEVEL}. Otherwise it is `undecided`, which does not say that the arms are equal. It is
  not tested on one task with fewer than {LEAST_SEEDS} pairs of networks, or on fewer than {LEAST_TASKS} tasks
  together.""",
    ),
    (
        _OF_EQUAL_COSTS,
        """\
- An arm `..._at_multiply_adds_of_...` or `..._at_parameters_of_...` is a copy with as many of them in one answer as the
  other side of its claim, up to the steps of whole channels. Its channels were found for each task.""",
    ),
    (
        _ALWAYS,
        """\
- Parameters and multiply-adds are those of one prediction: of all networks, and of both strands if they are averaged.
  `arm_times.tsv` of the run has the times of training and evaluation.""",
    ),
)
METHODS_TEXT = "\n".join(text for _, text in _METHODS)
"""The methods of any run; a page leaves out what its run has not."""


@dataclass(frozen=True)
class Study:
    """The tables of a study, and the metric and the reference of each task.

    ``tasks`` has ``task, kind, width, train, validation, test, folds``: bases per window, numbers of windows, of folds.
    """

    tasks: pd.DataFrame
    replicates: pd.DataFrame
    means: pd.DataFrame
    subsets: pd.DataFrame
    costs: pd.DataFrame
    intervals: pd.DataFrame
    comparisons: pd.DataFrame
    claims: pd.DataFrame
    published: pd.DataFrame
    selections: pd.DataFrame
    near_copies: pd.DataFrame
    positions: pd.DataFrame
    metrics: Mapping[str, str]
    references: Mapping[str, str]


def results_page(
    name: str,
    study: Study,
    answers: str,
    peaks: Mapping[str, str],
    duplicates: Mapping[str, pd.DataFrame],
    removed: Mapping[str, pd.DataFrame],
    correlations: Mapping[str, Sequence[Mapping]],
    figures: Mapping[str, str],
    channels: Mapping[str, pd.DataFrame],
) -> str:
    """The page as Markdown.

    Parameters
    ----------
    answers
        The text of :func:`study.answers.answers_text`.
    peaks
        By task with peaks, the format in which they were read.
    duplicates, removed
        Tables of labelled tasks, and of tasks without near-copies in training, as :func:`study.copies.copies_text`
        takes them.
    correlations
        By name of a set of variants, the content of its ``correlation.json``.
    figures
        Links by title.
    channels
        Tables of tasks with arms at equal cost, as :func:`study.sections.equal_costs_text` takes them.
    """
    metrics, references = study.metrics, study.references
    sections = {
        ANSWERS: answers,
        TASKS: tasks_text(study.tasks, study.replicates, study.means, metrics, references),
        PEAKS: peaks_text(peaks),
        COPIES: copies_text(duplicates, study.near_copies, removed),
        RESULTS: results_text(
            study.means, study.subsets, study.costs, study.intervals, study.comparisons, metrics, references
        ),
        POSITIONS: positions_text(study.positions),
        CLAIMS: claims_text(study.claims),
        EQUAL_COSTS: equal_costs_text(channels),
        PUBLISHED: published_text(study.published, study.subsets),
        CHOICES: choices_text(study.selections),
        VARIANTS: variants_text(correlations),
        FIGURES: "\n\n".join(f"**{title}**\n\n![{title}]({link})" for title, link in figures.items()),
        WORDS: _words(study),
        METHODS: _methods(study, bool(equal_costs_text(channels))),
    }
    texts = [f"## {title}\n\n{text}" for title, text in sections.items() if text]
    return "\n\n".join([f"# Results of `{name}`", *texts]) + "\n"


def _words(study: Study) -> str:
    """A sentence on each metric in the tables and figures of the run."""
    kinds = list(study.tasks["kind"])
    metrics = dict.fromkeys(name for kind in kinds for name in metrics_for(kind))
    has_logits = any(basis_of(kind) != PROFILE for kind in kinds)
    return "\n".join([glossary_text(metrics), *([f"- {LOGIT}"] if has_logits else [])])


def _methods(study: Study, has_equal_costs: bool) -> str:
    """The methods of this run, without what it has none of."""
    applies = {
        _ALWAYS: True,
        _OF_COPIES: (study.subsets["subset"] == WITHOUT_NEAR_COPIES).any(),
        _OF_PLACES: not study.positions.empty,
        _OF_SEVERAL: study.means.loc[study.means["arm"] != BASELINE_ARM, "arm"].nunique() > 1,
        _OF_CLAIMS: not study.claims.empty,
        _OF_EQUAL_COSTS: has_equal_costs,
    }
    return "\n".join(text for about, text in _METHODS if applies[about])
