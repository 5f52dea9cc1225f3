"""Tables and figures of a run -> its page of results."""

import json
import os
from pathlib import Path
from urllib.parse import quote

import pandas as pd

from genome_data import SPLITS
from genome_data.folds import folds_of
from study.answers import answers_text, as_restructured_text
from study.motifs import Explained
from study.page import Study, results_page
from study.tables import read_table
from workflow_support.files import atomic_paths
from workflow_support.job import run_job
from workflow_support.kinds import basis_of


def write_results_page(
    *,
    replicates: Path,
    means: Path,
    subsets: Path,
    costs: Path,
    intervals: Path,
    comparisons: Path,
    claims: Path,
    published: Path,
    selections: Path,
    near_copies: Path,
    validation: Path,
    positions: Path,
    windows: list[Path],
    peaks: list[Path],
    duplicates: list[Path],
    removals: list[Path],
    correlations: list[Path],
    channels: list[Path],
    motifs: list[Path],
    searches: list[Path],
    figures: list[Path],
    titles: list[str],
    name: str,
    kinds: dict[str, str],
    metrics: dict[str, str],
    references: dict[str, str],
    networks: dict[str, str],
    attributions: dict[str, dict[str, str]],
    scores: dict[str, dict[str, list[str]]],
    page: Path,
    answers: Path,
) -> None:
    """Write the page; links to figures are relative to it.

    Parameters
    ----------
    windows
        The window table of each task, in the order of ``kinds``.
    peaks
        ``peak_counts.tsv`` of each task with peaks, in the order of ``kinds``.
    duplicates
        ``duplicates.tsv`` of each labelled task, in the order of ``kinds``.
    removals
        ``<folder of a task>/window_counts.tsv`` of each task with ``remove_copies: true``.
    correlations
        ``<name of a set of variants>.correlation.json`` files.
    channels
        ``<folder of a task>/channels.tsv`` of each task with arms at equal cost.
    motifs
        ``<name of an entry of attribute>.motifs.tsv`` files, in the order of ``attributions``.
    searches
        The ``.search.json`` files beside them.
    titles
        The title of each figure.
    name
        The name of the run.
    kinds, metrics, references
        The kind, the study metric and the reference of each task.
    networks
        The named network of each arm.
    attributions
        The ``task`` and ``arm`` of each entry of ``attribute``.
    scores
        For each task and arm, the files with its scores.
    page, answers
        Files to write: the page, and the answers at its head for the report.
    """
    study = Study(
        tasks=pd.DataFrame([_task_row(task, kinds[task], path) for task, path in zip(kinds, windows, strict=True)]),
        replicates=read_table(replicates),
        means=read_table(means),
        subsets=read_table(subsets),
        costs=read_table(costs),
        intervals=read_table(intervals),
        comparisons=read_table(comparisons),
        claims=read_table(claims),
        published=read_table(published),
        selections=read_table(selections),
        near_copies=read_table(near_copies),
        positions=read_table(positions),
        metrics=metrics,
        references=references,
    )
    labelled = [task for task, kind in kinds.items() if basis_of(kind) == "labelled"]
    of_copies = dict(zip(labelled, map(read_table, duplicates), strict=True))
    with_peaks = [task for task in kinds if task not in labelled]
    of_peaks = dict(zip(with_peaks, map(read_table, peaks), strict=True))
    links = {title: quote(os.path.relpath(path, page.parent)) for title, path in zip(titles, figures, strict=True)}
    of_variants = {path.name.removesuffix(".correlation.json"): json.loads(path.read_bytes()) for path in correlations}
    removed = {path.parent.name: read_table(path) for path in removals}
    of_channels = {path.parent.name: read_table(path) for path in channels}
    explained = [
        Explained(entry, used["task"], used["arm"], read_table(table), json.loads(search.read_bytes()))
        for (entry, used), table, search in zip(attributions.items(), motifs, searches, strict=True)
    ]
    of_scores = {
        task: {arm: [os.path.relpath(file, page.parent) for file in files] for arm, files in of_arms.items()}
        for task, of_arms in scores.items()
    }
    answered = answers_text(
        study.tasks,
        of_peaks,
        read_table(validation),
        study.intervals,
        study.comparisons,
        study.claims,
        metrics,
        networks,
        explained,
        of_scores,
    )
    formats = {task: table["format"].iloc[0] for task, table in of_peaks.items()}
    text = results_page(name, study, answered, formats, of_copies, removed, of_variants, links, of_channels)
    with atomic_paths(page, answers) as (new_page, new_answers):
        new_page.write_text(text, encoding="utf-8")
        new_answers.write_text(as_restructured_text(answered), encoding="utf-8")


def _task_row(task: str, kind: str, windows: Path) -> dict[str, object]:
    table = pd.read_csv(windows, sep="\t", usecols=["start", "end", "split"])
    widths = table["end"] - table["start"]
    width = f"{widths.min():,}" if widths.nunique() == 1 else f"{widths.min():,} to {widths.max():,}"
    folds = len(folds_of(table["split"]))
    if folds > 1:
        # Networks learn from all folds but two, and choose on one: these are the means.
        of_fold = len(table) / folds
        counts = {"train": round((folds - 2) * of_fold), "validation": round(of_fold), "test": len(table)}
    else:
        counts = {split: int((table["split"] == split).sum()) for split in SPLITS}
    return {"task": task, "kind": kind, "width": width, **counts, "folds": folds if folds > 1 else 0}


if "snakemake" in globals():
    run_job(snakemake, write_results_page)
