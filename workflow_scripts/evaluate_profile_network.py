"""Trained profile networks of an arm or combination -> metrics and profiles on the test split, on either strand."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from genome_data.windows.table import read_windows
from learning.evaluation.combinations import Candidate, load_combination
from learning.evaluation.profiles import OBSERVED, PREDICTED, average_profile, measure_windows, summarise_windows
from learning.evaluation.records import EvaluatedModel, evaluation_record, evaluations_text, profile_disagreement
from learning.models.devices import select_device
from learning.models.networks import architecture_of
from learning.models.profile_arrays import load_profile_arrays
from workflow_support.disk_errors import reserve
from workflow_support.files import atomic_paths
from workflow_support.job import logger, run_job

PREDICTION_COLUMNS = ["name", "contig", "start", "end", "seed", "reads", "JSD", "Spearman 1 bp", *PREDICTED, *OBSERVED]


def evaluate_profile_network(
    windows: Path,
    codes: Path,
    counts: Path,
    control: Path | None,
    weights: list[Path],
    models: list[Path],
    task: str,
    arm: str,
    size: str,
    seeds: list[list[int]],
    candidates: list[Candidate],
    average_strands: bool,
    device: str,
    threads: int,
    evaluation: Path,
    predictions: Path,
    profiles: Path,
) -> None:
    """Predict the test split once; the profile that is to be beaten comes from the train split.

    Parameters
    ----------
    weights, models, seeds, candidates, average_strands
        As :func:`evaluate_network.evaluate_network` takes them.
    profiles
        Probabilities to write, float32 (replicates, test windows, 2, output), in the order of ``predictions``, whose
        ``start`` and ``end`` are those of the window table: the profile lies in the middle of that stretch.
    """
    on = select_device(device, threads)
    combination = load_combination(weights, models, candidates, seeds, average_strands, on, "profile")
    architecture = architecture_of(combination.networks[0])
    arrays = load_profile_arrays(codes, counts, control, architecture.window, architecture.output_length)
    table = read_windows(windows)
    train, test = (np.flatnonzero(table["split"] == split) for split in ("train", "test"))
    shape = (len(seeds), test.size, 2, architecture.output_length)
    with atomic_paths(evaluation, predictions, profiles) as (evaluation_path, predictions_path, profiles_path):
        predicted = np.lib.format.open_memmap(profiles_path, mode="w+", dtype=np.float32, shape=shape)
        reserve(profiles_path)
        measured: list[list[pd.DataFrame]] = [[] for _ in seeds]
        for block in measure_windows(combination, arrays, test, average_profile(arrays, train)):
            for into, before, (of_block, probabilities) in zip(predicted, measured, block, strict=True):
                done = sum(map(len, before))
                into[done : done + len(of_block)] = probabilities
                before.append(of_block)
        predicted.flush()
        records, tables = [], []
        for number, (group, parts) in enumerate(zip(seeds, measured, strict=True)):
            of_windows = pd.concat(parts, ignore_index=True)
            model = combination.evaluated(number, task=task, arm=arm, size=size, seed=group[0])
            records.append(_record(model, of_windows))
            tables.append(table.iloc[test].reset_index(drop=True).join(of_windows).assign(seed=group[0]))
        evaluation_path.write_text(evaluations_text(records), encoding="utf-8")
        combination.clock.log(on)
        rows = pd.concat(tables)
        rows.to_csv(predictions_path, sep="\t", columns=PREDICTION_COLUMNS, index=False, float_format="%.6g")


def _record(model: EvaluatedModel, measured: pd.DataFrame) -> dict[str, Any]:
    """What is said of a replicate, given what was measured of its windows."""
    metrics, counted = summarise_windows(measured)
    logger.info(
        "%s, size %s, seed %s: test JSD %s, of the average profile %s, of pseudo-replicates %s.",
        model.arm,
        model.size,
        model.seed,
        *(f"{metrics.get(name, np.nan):.4f}" for name in ("JSD", "JSD floor", "JSD ceiling")),
    )
    logger.info(
        "Of %d test windows %d have reads on one strand only.", len(measured), counted["without_reads_on_one_strand"]
    )
    found = {"metrics": metrics, "windows": counted, "reverse_complement": profile_disagreement(measured)}
    return evaluation_record(model, found)


if "snakemake" in globals():
    run_job(snakemake, evaluate_profile_network)
