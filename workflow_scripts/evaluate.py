"""Trained networks of an arm or combination -> metrics and predictions on the test split, on either strand."""

from pathlib import Path

from learning.evaluation.combinations import Candidate, load_combination
from learning.evaluation.records import write_evaluations
from learning.kinds import TaskFiles, module_of_kind
from learning.models.devices import select_device
from workflow_support.files import atomic_paths
from workflow_support.job import logger, run_job


def evaluate(
    windows: Path,
    sequences: Path,
    extras: list[Path],
    extra_names: list[str],
    near_copies: Path,
    surroundings: list[Path],
    weights: list[Path],
    models: list[Path],
    kind: str,
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
    profiles: Path | None = None,
) -> None:
    """Evaluate the replicates of a contestant once on the test split.

    All that is chosen, such as the threshold of calls, the best candidate or the average profile to compare with, comes
    from the other splits.

    Parameters
    ----------
    sequences
        Base codes of the windows.
    extras, extra_names
        Further files, as :class:`learning.kinds.TaskFiles` names them.
    near_copies
        Mask of the windows that are near-copies, from `find_near_copies`: metrics are also given without them.
    surroundings
        For a binary task, the file of test windows with their surroundings.
    weights, models
        The files of all arms that any candidate needs, with all of their replicates.
    seeds
        For each replicate, the seeds of the networks that it averages; the first one names it.
    candidates
        For each candidate, the positions in ``weights`` of the arms that it averages.
    average_strands
        Whether answers are the mean of both strands.
    evaluation, predictions
        Files to write: a list with one record per replicate, and a table with one row per replicate and test window.
    profiles
        For a profile task, the file of predicted probabilities to write, float32 (replicates, test windows, 2, output),
        in the order of ``predictions``. Each profile lies in the middle of the stretch from ``start`` to ``end``.
    """
    torch_device = select_device(device, threads)
    combination = load_combination(weights, models, candidates, seeds, average_strands, torch_device, kind)
    names = [*extra_names, "near_copies", *["surroundings"] * len(surroundings)]
    files = TaskFiles.named(windows, sequences, [*extras, near_copies, *surroundings], names)
    outputs = {"evaluation": evaluation, "predictions": predictions}
    outputs |= {} if profiles is None else {"profiles": profiles}
    with atomic_paths(*outputs.values()) as paths:
        partial = dict(zip(outputs, paths, strict=True))
        records, tables = partial.pop("evaluation"), partial.pop("predictions")
        evaluated = []
        for number, found in enumerate(module_of_kind(kind, "evaluate").evaluate(combination, files, **partial)):
            seed = seeds[number][0]
            logger.info("%s, size %s, seed %s: %s", arm, size, seed, found.summary)
            evaluated.append((combination.evaluated(number, task=task, arm=arm, size=size, seed=seed), found))
        write_evaluations(records, tables, evaluated)
    combination.clock.log(torch_device)


if "snakemake" in globals():
    run_job(snakemake, evaluate)
