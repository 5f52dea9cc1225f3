"""The card of a model: what it answers, how well, what it learnt from and how to use it, as Markdown."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from workflow_support.kinds import KINDS, PROFILE
from workflow_support.metrics import WITHOUT_NEAR_COPIES, find_metric

from .formatting import interval, markdown_table, number, size_words
from .glossary import LOGIT, glossary_text

USE = """\
## Use

Install the software (`pip install .` in a checkout), then

```python
from learning.predict import load

model = load("{name}")
{python}
```

or, from a shell,

```console
$ python -m learning.predict {name} regions.bed genome.fa -o scores.bw{options}
```

`docs/models.md` of the software says more, also on workflows that use or continue to train this model."""


def card(facts: Mapping[str, Any], figure: str) -> str:
    """The card of a model.

    Parameters
    ----------
    facts
        The content of ``model.json``.
    figure
        The file name of its figure.
    """
    parts = [f"# {facts['name']}", _answer(facts), _metrics(facts, figure), _data(facts), _networks(facts), _use(facts)]
    return "\n\n".join(parts) + "\n"


def _answer(facts: Mapping[str, Any]) -> str:
    networks = len(facts["networks"])
    mean = f"The answer is the mean of {networks} networks" if networks > 1 else "The answer is that of one network"
    strands = ", each read on both strands" if facts["average_strands"] else ""
    reads = f"It reads {facts['window']:,} bases"
    reads += f" and the {' and the '.join(facts['tracks'])}." if facts["tracks"] else "."
    if facts["answers"] == PROFILE:
        gives = f"It predicts the reads at each of the middle {facts['output_length']:,} bases, on either strand."
    elif len(facts["classes"]) == 2:
        other, one = facts["classes"]
        gives = f"It gives the logit of `{one}` against `{other}`"
        gives += "." if facts["threshold"] is None else f"; from {number(facts['threshold'])} on it calls `{one}`."
    else:
        gives = f"It gives a logit for each of {', '.join(f'`{name}`' for name in facts['classes'])}."
    return f"{KINDS[facts['kind']].doc} {reads} {gives} {mean}{strands}."


def _metrics(facts: Mapping[str, Any], figure: str) -> str:
    test = facts["evaluation"]
    rest = test.get("subsets", {}).get(WITHOUT_NEAR_COPIES, {}).get("metrics", {})
    rows = [
        {
            "Metric": name,
            "better": "higher" if find_metric(name).larger_is_better else "lower",
            "Value": number(found["value"]),
            "95 %": interval(found.get("low", math.nan), found.get("high", math.nan), sign=False),
            WITHOUT_NEAR_COPIES: number(rest.get(name, math.nan)),
        }
        for name, found in test["metrics"].items()
    ]
    windows = f"{test['windows']:,} windows"
    where = f"Metrics of the mean answer on the {windows} of the test split, on which no network was trained or chosen."
    if "folds" in test:
        where = (
            f"Metrics on the {windows} of {test['folds']} folds together. Each fold was scored by the mean of its own "
            "networks, which were neither trained nor chosen on it. The mean of all networks, which answers new "
            "sequences, was not tested, because it has seen every window."
        )
    text = (
        f"{where} Intervals, of metrics that have one, are over test windows. The last column is without windows that "
        "share 32 bases in a row with a training window."
    )
    words = glossary_text(test["metrics"])
    if facts["answers"] != PROFILE:
        words += f"\n- {LOGIT}"
    return f"## Test\n\n{text}\n\n{_table(rows)}\n\n{words}\n\n![Test metrics]({figure})"


def _data(facts: Mapping[str, Any]) -> str:
    data = facts["training_data"]
    windows = [
        {"Split": split, **{name: f"{count:,}" for name, count in counts.items()}}
        for split, counts in data["windows"].items()
    ]
    inputs = [
        {"Key": f"`{key}`", "File": f"`{source['file']}`", "Digest": f"`{source['digest']}`"}
        for key, source in data["inputs"].items()
    ]
    splits = [
        f"- {split}: {', '.join(f'`{region}`' for region in regions)}"
        for split, regions in _regions_of_splits(data["settings"].get("splits", {}))
    ]
    parts = ["## Data", _table(windows), *(["\n".join(splits)] if splits else []), _table(inputs)]
    return "\n\n".join(part for part in parts if part)


def _regions_of_splits(splits: Mapping[str, Any]) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield the given regions of each split, or of each fold; of folds that were dealt there are none."""
    for split, regions in splits.items():
        if split == "folds":
            given = [] if isinstance(regions, int) else regions
            yield from ((f"fold {fold}", of_fold) for fold, of_fold in enumerate(given, start=1))
        else:
            yield split, regions


def _networks(facts: Mapping[str, Any]) -> str:
    rows = [
        {
            "Arm": each["arm"],
            **({} if each["fold"] is None else {"Fold": str(each["fold"])}),
            "Seed": str(each["seed"]),
            "Training windows": f"{each['train_size']:,}",
            "Parameters": f"{each['parameters']:,}",
            "Best epoch": str(each["best_epoch"]),
        }
        for each in facts["networks"]
    ]
    first = facts["networks"][0]
    versions = ", ".join(f"{name} {version}" for name, version in first["versions"].items())
    text = f"Trained on {size_words(first['size'])} with {versions}."
    return f"## Networks\n\n{text}\n\n{_table(rows)}\n\nDigest of the model: `{facts['digest']}`"


def _use(facts: Mapping[str, Any]) -> str:
    tracks = [f"{track}.{strand}" for track, strands in facts["tracks"].items() for strand in strands]
    given = ", ".join(f'"{name}": "{name}.bw"' for name in tracks)
    table = f'table = model.predict("genome.fa", "regions.bed"{f", tracks={{{given}}}" if given else ""})'
    if tracks:
        python = [table]
    elif facts["answers"] == PROFILE:
        python = [f'reads = model.predict(["ACGT..."])  # sequences of {facts["window"]:,} bases', table]
    else:
        python = [f'scores = model.predict(["ACGT..."])  # sequences of at most {facts["window"]:,} bases', table]
    options = "".join(f" --track {name}={name}.bw" for name in tracks)
    return USE.format(name=facts["name"], python="\n".join(python), options=options)


def _table(rows: Sequence[Mapping[str, str]]) -> str:
    """A Markdown table with a column for each key; a row without a key has an empty cell."""
    header = list(dict.fromkeys(key for row in rows for key in row))
    return markdown_table(header, [[row.get(key, "") for key in header] for row in rows]) if rows else ""
