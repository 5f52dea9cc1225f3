"""Windows of a task -> the channels with which its matched arms cost as much as the networks they are compared with."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from genome_data.windows.table import read_windows
from learning.models.matching import Inputs, cost_of, find_channels
from workflow_support.files import atomic_path
from workflow_support.job import logger, run_job

COLUMNS = ["arm", "named", "matched_to", "measure", "channels", "cost", "target"]


def match_channels(
    windows: Path, sequences: Path, tracks: Sequence[str], arms: Sequence[Mapping[str, Any]], channels: Path
) -> None:
    """Find the channels of each matched arm.

    Parameters
    ----------
    sequences
        Base codes of the windows, (windows, bases), for the width of windows that networks do not state themselves.
    tracks
        Names of the input tracks of the task.
    arms
        For each matched arm: ``arm``, its name; ``named``, the name that trials of one arm share; its ``network``
        without what the task decides; ``matched``, as the configuration has it; ``candidates``, the networks of each
        candidate of the other side; and ``times``, how often their cost counts in one answer. Of unlike candidates the
        most expensive is the target.
    channels
        Table to write: ``arm, named, matched_to, measure, channels``, the ``cost`` of one answer and the ``target``.

    Raises
    ------
    InputError
        If no number of channels makes the costs equal.
    """
    width = np.load(sequences, mmap_mode="r").shape[1]
    table = read_windows(windows)
    classes = int(table["label"].max()) + 1 if "label" in table else 2
    rows = []
    for each in arms:
        network, matched = each["network"], each["matched"]
        inputs = Inputs(network.get("window", width), max(classes, 2), tuple(tracks))
        target = max(
            each["times"] * sum(cost_of(member, inputs, matched["by"]) for member in candidate)
            for candidate in each["candidates"]
        )
        found, cost = find_channels(each["arm"], network, target, matched["times"], matched["by"], inputs)
        rows.append([each["arm"], each["named"], matched["to"], matched["by"], found, cost, target])
        logger.info("%s: %d channels, %d %s of %d", each["arm"], found, cost, matched["by"], target)
    with atomic_path(channels) as path:
        pd.DataFrame(rows, columns=COLUMNS).to_csv(path, sep="\t", index=False)


if "snakemake" in globals():
    run_job(snakemake, match_channels)
