"""Arms against values that others have published."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from .evaluations import ALL, MODEL
from .statistics import t_interval

COLUMNS = [*MODEL, "metric", "replicates", "mean", "published", "source", "gap", "low", "high"]


def published_table(replicates: pd.DataFrame, published: Iterable[Mapping]) -> pd.DataFrame:
    """A row a published value and arm of its task: mean - published, with a 95 % t interval over replicates.

    Of arms trained on all windows, as those of published values are.

    Parameters
    ----------
    replicates
        ``task, arm, size, seed, metric, value``.
    published
        ``task, metric, value, source``.
    """
    rows = []
    for value in published:
        keys = {"task": value["task"], "metric": value["metric"], "size": ALL}
        of_value = replicates[(replicates[list(keys)] == list(keys.values())).all(axis=1)]
        for model, of_model in of_value.groupby(MODEL, sort=False):
            gaps = of_model["value"] - value["value"]
            mean = of_model["value"].mean()
            known = (value["value"], value["source"], gaps.mean(), *t_interval(gaps))
            rows.append((*model, value["metric"], len(gaps), mean, *known))
    return pd.DataFrame(rows, columns=COLUMNS)
