"""The page of results of a run, put together from its tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from workflow_support.metrics import BASELINE_ARM, BASELINE_KMER

from .copies import copies_text
from .formatting import count, interval, markdown_table, number, p_value, scope_words, size_words
from .method import METHODS

RUN, COPIES, RESULTS, CLAIMS, PUBLISHED, CHOICES, VARIANTS, FIGURES, METHOD = (
    "What was run", "Copies of sequences", "Test split", "Claims", "Published values",
    "Choices on the validation split", "Variants", "Figures", "How the numbers were made",
)  # fmt: skip
BOUNDS = {"JSD floor": "average profile (floor)", "JSD ceiling": "pseudo-replicates (ceiling, no bound)"}


@dataclass(frozen=True)
class Study:
    """The tables of a study, and the metric and reference of each task.

    ``tasks`` has ``task, kind, width, train, validation, test``: bases and numbers of windows.
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
        Of labelled tasks, as :func:`study.copies.copies_text` takes them.
    correlations
        By name of a set of variants, what their correlation file lists.
    figures
        Links by title.
    """
    sections = {
        RUN: _run(study),
        COPIES: copies_text(duplicates),
        RESULTS: "\n\n".join(_results(study)),
        CLAIMS: claims_text(study.claims) or "This run tests none.",
        PUBLISHED: _published(study.published),
        CHOICES: _choices(study.selections),
        VARIANTS: "\n\n".join(_variants(*each) for each in correlations.items()),
        FIGURES: "\n\n".join(f"**{title}**\n\n![{title}]({link})" for title, link in figures.items()),
        METHOD: METHODS.strip(),
    }
    texts = [f"## {title}\n\n{text}" for title, text in sections.items() if text]
    return "\n\n".join([f"# Results of `{name}`", *texts]) + "\n"


def claims_text(claims: pd.DataFrame) -> str:
    """The claims as a table, without columns of intervals that none of them has."""
    if claims.empty:
        return ""
    columns = {
        "Claim": claims["claim"],
        "Scope": [scope_words(*each) for each in zip(claims["scope"], claims["tasks"], strict=True)],
        "Metric": claims["metric"],
        "Pairs": claims["pairs"].map(count),
        "Gain": [number(gain, sign=True) for gain in claims["difference"]],
        "95 % (seeds)": _intervals(claims, "low", "high"),
        "95 % (windows)": _intervals(claims, "window_low", "window_high"),
        "95 % (tasks)": _intervals(claims, "task_low", "task_high"),
        "Wilcoxon p": claims["wilcoxon_p"].map(p_value),
        "Holm p": claims["holm_p"].map(p_value),
        "Verdict": claims["verdict"],
    }
    return _table(columns)


def figure_title(path: Path) -> str:
    """A title from the name of a figure's file."""
    return path.stem.removeprefix("study_").replace("_", " ").replace(".", ": ").capitalize()


def _run(study: Study) -> str:
    rows = []
    for task in study.tasks.itertuples():
        of_task = study.means[study.means["task"] == task.task]
        sizes = of_task.drop_duplicates("size").sort_values("train_size")
        seeds = study.replicates.loc[study.replicates["arm"] != BASELINE_ARM].query("task == @task.task")["seed"]
        rows.append(
            [
                task.task, task.kind, task.width, count(task.train), count(task.validation), count(task.test),
                ", ".join(map(count, sizes["train_size"])), str(seeds.nunique()),
                study.metrics[task.task], study.references[task.task],
            ]
        )  # fmt: skip
    header = [
        "Task", "Kind", "Bases", "Training windows", "Validation", "Test", "Sizes trained on", "Seeds", "Metric",
        "Reference",
    ]  # fmt: skip
    return markdown_table(header, rows)


def _results(study: Study) -> list[str]:
    texts = []
    for task, metric in study.metrics.items():
        of_task = study.means[study.means["task"] == task]
        of_metric = of_task[of_task["metric"] == metric]
        for size in of_metric.sort_values("train_size", ascending=False)["size"].unique():
            texts += [f"### {task}: {size_words(size)}", _main_table(study, task, size)]
        bounds = of_task[of_task["metric"].isin(BOUNDS)].drop_duplicates("metric")
        if len(bounds):
            named = [f"{BOUNDS[row.metric]} {number(row.mean)}" for row in bounds.itertuples()]
            texts.append(f"JSD for comparison: {'; '.join(named)}.")
    return texts


def _main_table(study: Study, task: str, size: str) -> str:
    metric, reference = study.metrics[task], study.references[task]
    keys = {"task": task, "size": size}
    means, costs, compared = (_rows_of(table, keys) for table in (study.means, study.costs, study.comparisons))
    table = means[means["metric"] == metric].merge(costs, how="left", on=["task", "size", "arm"])
    compared = compared[compared["reference"] == reference].drop_duplicates("arm")
    table = table.merge(compared, how="left", on=["task", "size", "arm"], suffixes=("", "_compared"))
    columns = {
        "Arm": table["arm"].replace(BASELINE_ARM, f"{BASELINE_KMER}-mer logistic regression (floor)"),
        "n": table["replicates"].map(count),
        metric: [number(mean) + (f" ± {number(sd)}" if sd == sd else "") for mean, sd in table[["mean", "sd"]].values],
        f"− {reference}": [number(difference, sign=True) for difference in table["difference"]],
        "95 % (seeds)": _intervals(table, "seed_low", "seed_high"),
        "95 % (windows)": _intervals(table, "window_low", "window_high"),
        "Parameters": table["parameters"].map(count),
        "Multiply-adds": table["multiply_adds"].map(count),
    }
    return _table(columns)


def _published(published: pd.DataFrame) -> str:
    if published.empty:
        return ""
    columns = {
        "Arm": published["arm"],
        "Task": published["task"],
        "Size": published["size"],
        "Metric": published["metric"],
        "n": published["replicates"].map(count),
        "Mean": published["mean"].map(number),
        "Published": [f"{number(row.published)} ({row.source})" for row in published.itertuples()],
        "Gap": [number(gap, sign=True) for gap in published["gap"]],
        "95 % (seeds)": _intervals(published, "low", "high"),
    }
    return _table(columns)


def _choices(selections: pd.DataFrame) -> str:
    if selections.empty:
        return ""
    chosen = selections[selections["chosen"]]
    rows = []
    for choice in chosen.itertuples():
        keys = {"task": choice.task, "size": choice.size, "combination": choice.combination}
        others = _rows_of(selections, keys).query("candidate != @choice.candidate")
        among = ", ".join(f"{other.candidate} {number(other.quality)}" for other in others.itertuples())
        rows.append([*keys.values(), f"{choice.candidate} {number(choice.quality)}", among])
    return markdown_table(["Task", "Size", "Combination", "Chosen (quality)", "Among"], rows)


def _variants(name: str, correlations: Sequence[Mapping]) -> str:
    rows = []
    for found in correlations:
        values = {key: float("nan") if value is None else value for key, value in found.items()}
        pearson, spearman = (number(values[key], 3) for key in ("pearson", "spearman"))
        bounds = [interval(values[low], values[high], 3) for low, high in _BOUNDS_OF_CORRELATIONS]
        rows.append([found["scorer"], found["subset"], count(found["n"]), pearson, *bounds[:2], spearman, bounds[2]])
    header = ["Scorer", "Variants", "n", "Pearson", "95 % (bootstrap)", "95 % (Fisher)", "Spearman", "95 % (bootstrap)"]
    return f"### {name}\n\n{markdown_table(header, rows)}"


_BOUNDS_OF_CORRELATIONS = (("low", "high"), ("fisher_low", "fisher_high"), ("spearman_low", "spearman_high"))


def _rows_of(table: pd.DataFrame, keys: Mapping[str, str]) -> pd.DataFrame:
    return table[(table[list(keys)] == list(keys.values())).all(axis=1)]


def _intervals(table: pd.DataFrame, low: str, high: str) -> list[str]:
    return [interval(*bounds) for bounds in zip(table[low], table[high], strict=True)]


def _table(columns: Mapping[str, Sequence[str]]) -> str:
    """A table without the columns in which nothing stands."""
    filled = {name: list(values) for name, values in columns.items() if any(values)}
    return markdown_table(list(filled), zip(*filled.values(), strict=True))
