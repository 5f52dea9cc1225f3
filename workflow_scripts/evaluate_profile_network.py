"""A trained profile network -> its metrics and profiles on the test split, and what it makes of the other strand."""

from pathlib import Path

import numpy as np
import pandas as pd

from genome_data.windows import read_windows
from learning.devices import select_device
from learning.profile_evaluation import (
    OBSERVED,
    PREDICTED,
    ProfileEvaluation,
    average_profile,
    measure_windows,
    summarise_windows,
)
from learning.profile_windows import load_profile_arrays
from learning.reverse_complement import profile_disagreement
from learning.saved_models import load
from workflow_support.files import atomic_paths
from workflow_support.job import logger, run_job

PREDICTION_COLUMNS = ["name", "contig", "start", "end", "reads", "JSD", "Spearman 1 bp", *PREDICTED, *OBSERVED]


def evaluate_profile_network(
    windows: Path,
    codes: Path,
    counts: Path,
    control: Path | None,
    weights: Path,
    model: Path,
    device: str,
    threads: int,
    evaluation: Path,
    predictions: Path,
    profiles: Path,
) -> None:
    """Predict the test split once; the profile that is to be beaten comes from the train split.

    ``profiles`` are the probabilities, float32 (test windows, 2, output), in the order of ``predictions``, whose
    ``start`` and ``end`` are those of the window table: the profile lies in the middle of that stretch.
    """
    network, description = load(weights, model, select_device(device, threads))
    architecture = network.architecture
    arrays = load_profile_arrays(codes, counts, control, architecture.window, architecture.output_length)
    table = read_windows(windows)
    train, test = (np.flatnonzero(table["split"] == split) for split in ("train", "test"))
    with atomic_paths(evaluation, predictions, profiles) as (evaluation_path, predictions_path, profiles_path):
        shape = (test.size, 2, architecture.output_length)
        predicted = np.lib.format.open_memmap(profiles_path, mode="w+", dtype=np.float32, shape=shape)
        tables, done = [], 0
        for of_block, probabilities in measure_windows(network, arrays, test, average_profile(arrays, train)):
            predicted[done : done + len(of_block)] = probabilities
            tables.append(of_block)
            done += len(of_block)
        predicted.flush()
        measured = pd.concat(tables, ignore_index=True)
        metrics, counted = summarise_windows(measured)
        result = ProfileEvaluation(
            task=description.task,
            arm=description.arm,
            seed=description.seed,
            train_size=description.train_size,
            parameters=description.parameters,
            metrics=metrics,
            windows=counted,
            seconds=description.seconds,
            device=description.device,
            reverse_complement=profile_disagreement(measured),
        )
        evaluation_path.write_text(result.as_json(), encoding="utf-8")
        rows = table.iloc[test].reset_index(drop=True).join(measured)
        rows.to_csv(predictions_path, sep="\t", columns=PREDICTION_COLUMNS, index=False, float_format="%.6g")
    logger.info(
        "%s, seed %s: test JSD %s, of the average profile %s, of pseudo-replicates %s.",
        description.arm,
        description.seed,
        *(f"{metrics.get(name, np.nan):.4f}" for name in ("JSD", "JSD floor", "JSD ceiling")),
    )
    logger.info(
        "Of %d test windows %d have reads on one strand only.", test.size, counted["without_reads_on_one_strand"]
    )


if "snakemake" in globals():
    run_job(
        snakemake,
        evaluate_profile_network,
        windows=Path(snakemake.input.windows),
        codes=Path(snakemake.input.codes),
        counts=Path(snakemake.input.counts),
        control=next((Path(path) for path in snakemake.input.control), None),
        weights=Path(snakemake.input.weights),
        model=Path(snakemake.input.model),
        device=snakemake.params.device,
        threads=snakemake.params.threads,
        evaluation=Path(snakemake.output.evaluation),
        predictions=Path(snakemake.output.predictions),
        profiles=Path(snakemake.output.profiles),
    )
