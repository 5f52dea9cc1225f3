"""The sections of a page of results as Markdown, each made from tables of the study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from workflow_support.metrics import BASELINE_ARM, BASELINE_KMER, METRICS, WITHOUT_NEAR_COPIES

from .evaluations import MODEL
from .formatting import count, interval, markdown_table, number, p_value, scope_words, size_words
from .tables import rows_with

_CORRELATION_BOUNDS = (("low", "high"), ("fisher_low", "fisher_high"), ("spearman_low", "spearman_high"))


def tasks_text(
    tasks: pd.DataFrame,
    replicates: pd.DataFrame,
    means: pd.DataFrame,
    metrics: Mapping[str, str],
    references: Mapping[str, str],
) -> str:
    """The tasks of a run, their windows, training sizes and seeds.

    Parameters
    ----------
    tasks
        ``task, kind, width, train, validation, test, folds``, as :func:`study.answers.answers_text` takes them.
    """
    rows = []
    for task in tasks.itertuples():
        sizes = rows_with(means, {"task": task.task}).drop_duplicates("size").sort_values("train_size")
        seeds = replicates.loc[(replicates["arm"] != BASELINE_ARM) & (replicates["task"] == task.task), "seed"]
        rows.append(
            [
                task.task, task.kind, task.width, count(task.train), count(task.validation),
                count(task.test) + (f" in {task.folds} folds" if task.folds else ""),
                ", ".join(map(count, sizes["train_size"])), str(seeds.nunique()),
                metrics[task.task], references[task.task],
            ]
        )  # fmt: skip
    header = [
        "Task", "Kind", "Bases", "Training windows", "Validation", "Test", "Sizes trained on", "Seeds", "Metric",
        "Reference",
    ]  # fmt: skip
    return markdown_table(header, rows)


def peaks_text(formats: Mapping[str, str]) -> str:
    """The format in which the peaks of each task were read; empty without peaks."""
    return "\n".join(f"- {task}: read as {name}." for task, name in formats.items())


def results_text(
    means: pd.DataFrame,
    subsets: pd.DataFrame,
    costs: pd.DataFrame,
    intervals: pd.DataFrame,
    comparisons: pd.DataFrame,
    metrics: Mapping[str, str],
    references: Mapping[str, str],
) -> str:
    """The study metric and the costs of every arm, one table per task and size; and values to compare it with."""
    texts = []
    for task, metric in metrics.items():
        of_task = rows_with(means, {"task": task})
        of_metric = rows_with(of_task, {"metric": metric})
        for size in of_metric.sort_values("train_size", ascending=False)["size"].unique():
            of_size = rows_with(of_metric, {"size": size})
            table = _results_table(of_size, subsets, costs, intervals, comparisons, metric, references[task])
            texts += [f"### {task}: {size_words(size)}", table]
        texts += _bounds(of_task, subsets)
    return "\n\n".join(texts)


def positions_text(positions: pd.DataFrame) -> str:
    """The AUROC of bound test windows by the distance of the site from the middle, one table per task.

    Parameters
    ----------
    positions
        The table of :func:`study.evaluations.positions_table`, of which the largest size is shown.
    """
    texts = []
    for task, of_task in positions.groupby("task", sort=False):
        largest = of_task[of_task["train_size"] == of_task["train_size"].max()]
        shown = largest.pivot(index="arm", columns="distance", values="auroc").loc[largest["arm"].unique()]
        rows = [[arm, *map(number, values)] for arm, values in zip(shown.index, shown.to_numpy(), strict=True)]
        header = ["AUROC with the site moved by", *(f"{distance:,} bp" for distance in shown.columns)]
        texts += [f"### {task}", markdown_table(header, rows)]
    return "\n\n".join(texts)


def claims_text(claims: pd.DataFrame) -> str:
    """The claims as a table, without columns that no claim has; empty without claims.

    The verdict of a claim that could not be tested says why.
    """
    if claims.empty:
        return ""
    errors = {f"Error ({source}s)": claims[f"{source}_error"].map(number) for source in ("seed", "window", "task")}
    columns = {
        "Claim": claims["claim"],
        "Scope": [scope_words(*each) for each in zip(claims["scope"], claims["tasks"], strict=True)],
        "Metric": claims["metric"],
        "Pairs": claims["pairs"].map(count),
        "Gain": [number(gain, sign=True) for gain in claims["difference"]],
        **errors,
        "95 %": _intervals(claims),
        "p": claims["p"].map(p_value),
        "Holm p": claims["holm_p"].map(p_value),
        "Verdict": [f"{row.verdict}: {row.why}" if row.why else row.verdict for row in claims.itertuples()],
    }
    return _without_empty_columns(columns)


def published_text(published: pd.DataFrame, subsets: pd.DataFrame) -> str:
    """The arms beside published values; empty if none were given."""
    if published.empty:
        return ""
    columns = {
        "Arm": published["arm"],
        "Task": published["task"],
        "Size": published["size"],
        "Metric": published["metric"],
        "n": published["replicates"].map(count),
        "Mean": published["mean"].map(number),
        f"Mean {WITHOUT_NEAR_COPIES}": _without_near_copies(published, subsets)["mean"].map(number),
        "Published": [f"{number(row.published)} ({row.source})" for row in published.itertuples()],
        "Gap": [number(gap, sign=True) for gap in published["gap"]],
        "95 % (seeds)": _intervals(published),
    }
    return _without_empty_columns(columns)


def equal_costs_text(channels: Mapping[str, pd.DataFrame]) -> str:
    """The arms of claims at equal cost: their channels, and both costs; empty without such claims.

    Parameters
    ----------
    channels
        By task, ``named, matched_to, measure, channels, cost, target``; trials of one arm have the same name.
    """
    rows = [
        [
            task,
            row.named,
            row.matched_to,
            row.measure.replace("_", "-"),
            *map(count, (row.channels, row.cost, row.target)),
        ]
        for task, table in channels.items()
        for row in table.drop_duplicates("named").itertuples()
    ]
    if not rows:
        return ""
    return markdown_table(["Task", "Arm", "Compared with", "Equal", "Channels", "Its cost", "Cost of the other"], rows)


def choices_text(selections: pd.DataFrame) -> str:
    """The candidates of every "best of" combination: for how many replicates each was chosen, and its mean quality."""
    if selections.empty:
        return ""
    rows = []
    for keys, of_choice in selections.groupby(["task", "size", "combination"], sort=False):
        candidates = of_choice.groupby("candidate", sort=False).agg({"chosen": "sum", "quality": "mean"})
        ordered = candidates.sort_values(["chosen", "quality"], ascending=False, kind="stable")
        taken = ordered[ordered["chosen"] > 0]
        times = ", ".join(f"{name} ({times})" for name, times in taken["chosen"].items())
        rows.append([*keys, times, ", ".join(f"{name} {number(mean)}" for name, mean in ordered["quality"].items())])
    return markdown_table(["Task", "Size", "Combination", "Chosen (replicates)", "Mean quality"], rows)


def variants_text(correlations: Mapping[str, Sequence[Mapping]]) -> str:
    """The correlations of scores with measured effects, one table per set of variants.

    Parameters
    ----------
    correlations
        By name of a set of variants, the content of its ``correlation.json``.
    """
    return "\n\n".join(f"### {name}\n\n{_correlations_table(found)}" for name, found in correlations.items())


def _results_table(
    means: pd.DataFrame,
    subsets: pd.DataFrame,
    costs: pd.DataFrame,
    intervals: pd.DataFrame,
    comparisons: pd.DataFrame,
    metric: str,
    reference: str,
) -> str:
    keys = ["task", "size", "arm"]
    compared = rows_with(comparisons, {"reference": reference}).drop_duplicates(keys)
    table = means.merge(costs, how="left", on=keys)
    for name, bounds in (("_mean", intervals), ("_compared", compared)):
        table = table.merge(bounds.set_index(keys).add_suffix(name), how="left", left_on=keys, right_index=True)
    columns = {
        "Arm": table["arm"].replace(BASELINE_ARM, f"{BASELINE_KMER}-mer logistic regression (floor)"),
        "n": table["replicates"].map(count),
        metric: _with_deviations(table),
        f"95 % ({metric})": _intervals(table, "_mean", sign=False),
        f"{metric} {WITHOUT_NEAR_COPIES}": _with_deviations(_without_near_copies(table, subsets)),
        f"− {reference}": [number(difference, sign=True) for difference in table["difference_compared"]],
        "95 % (difference)": _intervals(table, "_compared"),
        "Parameters": table["parameters"].map(count),
        "Multiply-adds": table["multiply_adds"].map(count),
    }
    return _without_empty_columns(columns)


def _with_deviations(means: pd.DataFrame) -> list[str]:
    """Means with the standard deviation over replicates, if there is one."""
    return [number(mean) + (f" ± {number(sd)}" if sd == sd else "") for mean, sd in means[["mean", "sd"]].values]


def _without_near_copies(means: pd.DataFrame, subsets: pd.DataFrame) -> pd.DataFrame:
    """Means of the rows of ``means`` on the test windows that are no near-copies; NaN where there are none."""
    keys = [*MODEL, "metric"]
    return means[keys].merge(rows_with(subsets, {"subset": WITHOUT_NEAR_COPIES}), how="left", on=keys)


def _bounds(means: pd.DataFrame, subsets: pd.DataFrame) -> list[str]:
    """One line for each metric of a task that has bounds, which are the same for all arms."""
    of_metrics = means.drop_duplicates("metric")
    values = of_metrics.set_index("metric")["mean"]
    rest = dict(zip(of_metrics["metric"], _without_near_copies(of_metrics, subsets)["mean"], strict=True))
    named: dict[str, list[str]] = {}
    for metric in METRICS:
        if metric.bounds and metric.name in values:
            value, of_rest = number(values[metric.name]), number(rest[metric.name])
            words = f"{metric.bound_label} {value}" + (f" ({of_rest} {WITHOUT_NEAR_COPIES})" if of_rest else "")
            named.setdefault(metric.bounds, []).append(words)
    return [f"{name} for comparison: {'; '.join(bounds)}." for name, bounds in named.items()]


def _correlations_table(correlations: Sequence[Mapping]) -> str:
    rows = []
    for found in correlations:
        values = {key: float("nan") if value is None else value for key, value in found.items()}
        pearson, spearman = (number(values[key], 3) for key in ("pearson", "spearman"))
        bounds = [interval(values[low], values[high], 3) for low, high in _CORRELATION_BOUNDS]
        rows.append([found["scorer"], found["subset"], count(found["n"]), pearson, *bounds[:2], spearman, bounds[2]])
    header = ["Scorer", "Variants", "n", "Pearson", "95 % (bootstrap)", "95 % (Fisher)", "Spearman", "95 % (bootstrap)"]
    return markdown_table(header, rows)


def _intervals(table: pd.DataFrame, suffix: str = "", sign: bool = True) -> list[str]:
    bounds = zip(table[f"low{suffix}"], table[f"high{suffix}"], strict=True)
    return [interval(*each, sign=sign) for each in bounds]


def _without_empty_columns(columns: Mapping[str, Sequence[str]]) -> str:
    filled = {name: list(values) for name, values in columns.items() if any(values)}
    return markdown_table(list(filled), zip(*filled.values(), strict=True))
