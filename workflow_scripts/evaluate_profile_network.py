"""Trained profile networks of an arm or combination -> metrics and profiles on the test split, on either strand."""

from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pandas as pd

from genome_data.windows import read_windows
from learning.architectures import architecture_of
from learning.combinations import Candidate, load_combination
from learning.devices import select_device
from learning.evaluation import EvaluatedModel, evaluation_text
from learning.profile_evaluation import OBSERVED, PREDICTED, average_profile, measure_windows, summarise_windows
from learning.profile_windows import load_profile_arrays
from learning.reverse_complement import profile_disagreement
from workflow_support.files import atomic_paths
from workflow_support.job import logger, run_job

PREDICTION_COLUMNS = ["name", "contig", "start", "end", "reads", "JSD", "Spearman 1 bp", *PREDICTED, *OBSERVED]


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
    seeds: list[int],
    candidates: list[Candidate],
    average_strands: bool,
    device: str,
    threads: int,
    evaluations: list[Path],
    predictions: list[Path],
    profiles: list[Path],
) -> None:
    """Predict the test split once; the profile that is to be beaten comes from the train split.

    Parameters
    ----------
    weights, models, seeds, candidates, average_strands
        As :func:`evaluate_network.evaluate_network` takes them.
    profiles
        Probabilities to write of each replicate, float32 (test windows, 2, output), in the order of ``predictions``,
        whose ``start`` and ``end`` are those of the window table: the profile lies in the middle of that stretch.
    """
    combination = load_combination(
        weights, models, candidates, average_strands, select_device(device, threads), "profile"
    )
    architecture = architecture_of(combination.networks[0])
    arrays = load_profile_arrays(codes, counts, control, architecture.window, architecture.output_length)
    table = read_windows(windows)
    train, test = (np.flatnonzero(table["split"] == split) for split in ("train", "test"))
    shape = (test.size, 2, architecture.output_length)
    with ExitStack() as stack:
        paths = zip(evaluations, predictions, profiles, strict=True)
        files = [stack.enter_context(atomic_paths(*of_replicate)) for of_replicate in paths]
        predicted = [np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=shape) for *_, path in files]
        tables: list[list[pd.DataFrame]] = [[] for _ in files]
        for block in measure_windows(combination, arrays, test, average_profile(arrays, train)):
            for into, tables_before, (measured, probabilities) in zip(predicted, tables, block, strict=True):
                done = sum(map(len, tables_before))
                into[done : done + len(measured)] = probabilities
                tables_before.append(measured)
        for number, (seed, (evaluation, prediction, _)) in enumerate(zip(seeds, files, strict=True)):
            predicted[number].flush()
            model = combination.evaluated(number, task=task, arm=arm, size=size, seed=seed)
            measured = pd.concat(tables[number], ignore_index=True)
            _write_replicate(evaluation, prediction, model, table.iloc[test].reset_index(drop=True), measured)


def _write_replicate(
    evaluation: Path, predictions: Path, model: EvaluatedModel, windows: pd.DataFrame, measured: pd.DataFrame
) -> None:
    metrics, counted = summarise_windows(measured)
    found = {"metrics": metrics, "windows": counted, "reverse_complement": profile_disagreement(measured)}
    evaluation.write_text(evaluation_text(model, found), encoding="utf-8")
    rows = windows.join(measured)
    rows.to_csv(predictions, sep="\t", columns=PREDICTION_COLUMNS, index=False, float_format="%.6g")
    logger.info(
        "%s, size %s, seed %s: test JSD %s, of the average profile %s, of pseudo-replicates %s.",
        model.arm,
        model.size,
        model.seed,
        *(f"{metrics.get(name, np.nan):.4f}" for name in ("JSD", "JSD floor", "JSD ceiling")),
    )
    logger.info(
        "Of %d test windows %d have reads on one strand only.", len(windows), counted["without_reads_on_one_strand"]
    )


if "snakemake" in globals():
    run_job(
        snakemake,
        evaluate_profile_network,
        windows=Path(snakemake.input.windows),
        codes=Path(snakemake.input.codes),
        counts=Path(snakemake.input.counts),
        control=next((Path(path) for path in snakemake.input.control), None),
        weights=[Path(path) for path in snakemake.input.weights],
        models=[Path(path) for path in snakemake.input.models],
        task=snakemake.params.task,
        arm=snakemake.params.arm,
        size=snakemake.params.size,
        seeds=snakemake.params.seeds,
        candidates=snakemake.params.candidates,
        average_strands=snakemake.params.average_strands,
        device=snakemake.params.device,
        threads=snakemake.params.threads,
        evaluations=[Path(path) for path in snakemake.output.evaluations],
        predictions=[Path(path) for path in snakemake.output.predictions],
        profiles=[Path(path) for path in snakemake.output.profiles],
    )
