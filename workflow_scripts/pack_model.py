"""Trained networks of an arm or combination, and the data of their task -> a model that can be sent and used."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from genome_data.folds import is_tested, split_names
from genome_data.windows.table import read_windows
from learning.evaluation.combinations import load_combination
from learning.evaluation.records import write_evaluations
from learning.kinds import TaskFiles, module_of_kind
from learning.models.devices import select_device
from learning.models.model_files import write_model
from learning.models.saved import load_descriptions
from study.arm_intervals import intervals_table
from study.pairs import Measurements
from study.predictions import read_window_values
from workflow_support.job import logger, run_job
from workflow_support.kinds import KINDS, LOGITS, PROFILE
from workflow_support.metrics import METRICS, metrics_of, read_evaluations
from workflow_support.provenance import file_digest

CLASSES_OF_PEAKS = ["unbound", "bound"]


def pack_model(
    windows: Path,
    sequences: Path,
    extras: list[Path],
    extra_names: list[str],
    near_copies: Path,
    weights: list[Path],
    models: list[Path],
    sources: list[Path],
    source_keys: list[str],
    settings: Mapping[str, Any],
    kind: str,
    task: str,
    arm: str,
    size: str,
    average_strands: bool,
    device: str,
    threads: int,
    description: Path,
    packed: Path,
) -> None:
    """Write all networks of an arm or combination as one model, with the test metrics of their mean answer.

    With folds, the networks of all folds answer new sequences together. The metrics are those of the networks of each
    fold on its windows, which the others have seen.

    Parameters
    ----------
    windows, sequences, extras, extra_names, near_copies
        As in `evaluate`.
    weights, models
        The files of all arms whose networks are averaged. The model has all of their seeds.
    sources, source_keys
        The input files of the task, of which the model names digests, and their keys in the configuration.
    settings
        Settings that decide the windows of the task.
    description, packed
        Files to write: ``model.json`` and ``weights.safetensors``.
    """
    torch_device = select_device(device, threads)
    seeds = [sorted({each.seed for file in models for each in load_descriptions(file)})]
    everything = [list(range(len(models)))]
    combination = load_combination(weights, models, everything, seeds, average_strands, torch_device, kind)
    files = TaskFiles.named(windows, sequences, [*extras, near_copies], [*extra_names, "near_copies"])
    description.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=description.parent) as folder:
        evaluation, predictions = Path(folder) / "evaluation.json", Path(folder) / "predictions.tsv"
        profiles = {"profiles": Path(folder) / "profiles.npy"} if KINDS[kind].answers == PROFILE else {}
        (found,) = module_of_kind(kind, "evaluate").evaluate(combination, files, **profiles)
        evaluated = combination.evaluated(0, task=task, arm=arm, size=size, seed=seeds[0][0])
        write_evaluations(evaluation, predictions, [(evaluated, found)])
        (record,) = read_evaluations([evaluation])
        test = _test(evaluation, predictions, record)
    table = read_windows(windows)
    classes = _classes(kind, files)
    write_model(
        description.parent,
        list(zip(combination.networks, combination.descriptions, strict=True)),
        name=f"{task}.{arm}",
        classes=classes,
        average_strands=average_strands,
        threshold=record.get("mcc_threshold"),
        evaluation=test | {"windows": int(is_tested(table["split"].to_numpy()).sum())},
        training_data={
            "task": task,
            "settings": dict(settings),
            "windows": _counts(table, classes),
            "windows_digest": file_digest(windows),
            "inputs": {
                key: {"file": file.name, "digest": file_digest(file)}
                for key, file in zip(source_keys, sources, strict=True)
            },
        },
    )
    logger.info("%s.%s: %d networks, %s", task, arm, len(combination.networks), found.summary)


def _test(evaluation: Path, predictions: Path, record: Mapping[str, Any]) -> dict[str, Any]:
    """Metrics of the test split, 95 % intervals over its windows for those that have one, and the calibration."""
    values = metrics_of(record)
    identity = {key: record[key] for key in ("task", "arm", "size", "seed")}
    metrics = {name: {"value": value} for name, value in values.items()}
    for metric in METRICS:
        if metric.over_windows and metric.name in values:
            rows = pd.DataFrame([identity | {"metric": metric.name, "value": values[metric.name]}])
            of_task = {record["task"]: metric.name}
            measured = Measurements(rows, of_task, read_window_values([predictions], [evaluation], of_task))
            low, high = intervals_table(measured, of_task)[["low", "high"]].iloc[0]
            if np.isfinite([low, high]).all():
                metrics[metric.name] |= {"low": float(low), "high": float(high)}
    rest = {key: record[key] for key in ("calibration", "subsets", "folds") if key in record}
    return {"metrics": metrics} | rest


def _classes(kind: str, files: TaskFiles) -> Sequence[str]:
    if KINDS[kind].answers != LOGITS:
        return []
    named = files.extras.get("classes")
    return CLASSES_OF_PEAKS if named is None else json.loads(named.read_bytes())


def _counts(table: pd.DataFrame, classes: Sequence[str]) -> dict[str, dict[str, int]]:
    """The number of windows by split and class; of profile tasks by split."""
    labels = table["label"].to_numpy() if classes else np.zeros(len(table), dtype=np.int64)
    names = classes or ["windows"]
    return {
        split: dict(
            zip(names, np.bincount(labels[table["split"] == split], minlength=len(names)).tolist(), strict=True)
        )
        for split in split_names(table["split"])
    }


if "snakemake" in globals():
    run_job(snakemake, pack_model)
