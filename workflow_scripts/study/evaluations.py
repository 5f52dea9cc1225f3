"""The tables of a study from the records of ``evaluation.json``: replicates, means, subsets, costs, choices, places."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from workflow_support.metrics import metrics_of

from .statistics import t_interval

MODEL = ["task", "arm", "size"]
REPLICATE_COLUMNS = [*MODEL, "train_size", "seed", "metric", "value"]
SUMMARY_COLUMNS = [*MODEL, "train_size", "metric", "replicates", "mean", "sd"]
MEAN_COLUMNS = [*SUMMARY_COLUMNS, "low", "high"]
FOLDS = "folds"
SUBSET = ["subset", "windows"]
SELECTION_COLUMNS = ["task", "size", "combination", "seed", "candidate", "quality", "chosen"]
POSITION_COLUMNS = [*MODEL, "train_size", "distance", "replicates", "auroc", "mean_logit", "called"]
VALIDATION_COLUMNS = [*MODEL, "train_size", "seed", "quality"]
COSTS = ["members", "parameters", "multiply_adds"]
ALL = "all"

Evaluation = Mapping[str, Any]


def replicates_table(evaluations: Iterable[Evaluation]) -> pd.DataFrame:
    """One row per metric of a replicate: ``task, arm, size, train_size, seed, metric, value``.

    Raises
    ------
    InputError
        If an evaluation has a metric that is not in the table of metrics.
    """
    rows = [
        (*_model(evaluation), evaluation["train_size"], evaluation["seed"], metric, value)
        for evaluation in evaluations
        for metric, value in metrics_of(evaluation).items()
    ]
    return pd.DataFrame(rows, columns=REPLICATE_COLUMNS)


def means_table(replicates: pd.DataFrame, keys: Sequence[str] = MODEL) -> pd.DataFrame:
    """Means over replicates: ``task, arm, size, train_size, metric, replicates, mean, sd, low, high``.

    The rows follow the order of the replicates. ``sd`` is the standard deviation of a sample (n - 1); ``low`` and
    ``high`` are a 95 % t interval. All three are missing for a single replicate. "RC error" is the largest
    |f(x) - f(rc x)| of a model on the test split, and "RC flips" the fraction of windows that it calls differently on
    the two strands.

    Parameters
    ----------
    keys
        The columns in which replicates of one row are equal, which come first.
    """
    rows = [
        (*model, of_model["train_size"].iloc[0], metric, len(values), values.mean(), values.std(), *t_interval(values))
        for (*model, metric), of_model in replicates.groupby([*keys, "metric"], sort=False)
        for values in [of_model["value"]]
    ]
    return pd.DataFrame(rows, columns=[*keys, *MEAN_COLUMNS[len(MODEL) :]])


def summary_table(means: pd.DataFrame, evaluations: Iterable[Evaluation]) -> pd.DataFrame:
    """The means without their intervals, and the number of ``folds`` of each task, which is missing without folds."""
    folds = {evaluation["task"]: evaluation.get(FOLDS) for evaluation in evaluations}
    of_tasks = means["task"].map(folds).astype("Int64")
    return means[SUMMARY_COLUMNS].assign(**{FOLDS: of_tasks})


def subsets_table(evaluations: Iterable[Evaluation]) -> pd.DataFrame:
    """The means of :func:`means_table` on subsets of the test split, such as the windows that are no near-copies.

    Returns
    -------
    ``task, arm, size, subset, windows, train_size, metric, …``, with ``windows`` in the ``subset``. A subset without
    windows of every class has no metrics and no rows.
    """
    rows = [
        (*_model(evaluation), evaluation["train_size"], evaluation["seed"], metric, value, subset, found["windows"])
        for evaluation in evaluations
        for subset, found in evaluation.get("subsets", {}).items()
        for metric, value in found["metrics"].items()
    ]
    return means_table(pd.DataFrame(rows, columns=[*REPLICATE_COLUMNS, *SUBSET]), [*MODEL, *SUBSET])


def costs_table(evaluations: Iterable[Evaluation]) -> pd.DataFrame:
    """The costs of each model: ``task, arm, size, members, parameters, multiply_adds``.

    A cost that the evaluation does not state is missing. If the replicates of a "best of" combination are different
    networks, its costs are those of the most expensive one.
    """
    rows = [(*_model(evaluation), *map(evaluation.get, COSTS)) for evaluation in evaluations]
    costs = pd.DataFrame(rows, columns=[*MODEL, *COSTS]).astype(dict.fromkeys(COSTS, "Int64"))
    return costs.groupby(MODEL, sort=False).max().reset_index()


def selections_table(evaluations: Iterable[Evaluation]) -> pd.DataFrame:
    """The candidates of "best of" combinations, one row per replicate: ``task, size, combination, seed, candidate, …``.

    ``quality`` is the mean over the seeds that choose for the replicate, on the validation split; ``chosen`` is True
    for the candidate that was taken.
    """
    rows = [
        (evaluation["task"], evaluation["size"], evaluation["arm"], evaluation["seed"], candidate, quality, is_chosen)
        for evaluation in evaluations
        if evaluation.get("chosen")
        for candidate, quality in evaluation["candidates"].items()
        for is_chosen in [candidate == "+".join(evaluation["chosen"])]
    ]
    return pd.DataFrame(rows, columns=SELECTION_COLUMNS)


def positions_table(evaluations: Iterable[Evaluation]) -> pd.DataFrame:
    """The scores of bound test windows by the distance of the site from the middle, as means over replicates.

    Returns
    -------
    ``task, arm, size, train_size, distance, replicates, auroc, mean_logit, called``, with ``distance`` in bases and
    ``called`` as the share of windows that are called bound. Only tasks that learn from windows of a genome have rows.
    """
    rows = [
        (*_model(evaluation), evaluation["train_size"], at["distance"], at["auroc"], at["mean_logit"], at["called"])
        for evaluation in evaluations
        for at in evaluation.get("positions", [])
    ]
    of_all = pd.DataFrame(rows, columns=[column for column in POSITION_COLUMNS if column != "replicates"])
    of_distances = of_all.groupby([*MODEL, "train_size", "distance"], sort=False)
    return of_distances.mean().assign(replicates=of_distances.size()).reset_index()[POSITION_COLUMNS]


def validation_table(evaluations: Iterable[Evaluation]) -> pd.DataFrame:
    """The quality of each replicate on the validation split: ``task, arm, size, train_size, seed, quality``.

    It is the AUROC of classes and the negative loss of profiles, so that larger is better.
    """
    rows = [
        (*_model(evaluation), evaluation["train_size"], evaluation["seed"], evaluation["validation_quality"])
        for evaluation in evaluations
    ]
    return pd.DataFrame(rows, columns=VALIDATION_COLUMNS)


def _model(evaluation: Evaluation) -> tuple[str, str, str]:
    return evaluation["task"], evaluation["arm"], evaluation["size"]
