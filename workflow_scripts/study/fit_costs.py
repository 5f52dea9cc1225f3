"""Fit the cost of each rule to the benchmarks of finished runs: ``python -m study.fit_costs RESULTS... ``.

Writes ``resources/costs.tsv``, from which jobs take their memory and time, and ``docs/resources.md``, which shows how
far the lines are from what was measured.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from scipy.optimize import nnls

from configuration import training_of
from genome_data.folds import is_tested
from plan.costs import COSTS_FILE, Cost

PAGE = COSTS_FILE.parents[1] / "docs/resources.md"
#: Rules whose jobs have a task, and read or write all of its windows.
OF_TASKS = (
    "prepare_peaks", "sample_negatives", "extract_sequences", "prepare_sequences", "encode_kmers", "find_near_copies",
    "fit_kmer_baseline", "check_widths", "extract_profiles", "extract_profiles_with_control",
)  # fmt: skip
OF_NETWORKS = ("train", "evaluate", "evaluate_profiles")
OF_ALL_TASKS = ("collect_study", "compare_arms", "count_near_copies", "write_results_page", "record_run")
OF_GENOMES = ("normalise_genome",)
_NUMBER = "{:.4g}"

INTRODUCTION = """# What jobs ask for

`make fit-costs RUNS='results/a results/b'` writes this page and [`resources/costs.tsv`](../resources/costs.tsv) from
the benchmarks of finished runs. For each rule it fits two lines, with no coefficient below 0: processor seconds and the
largest resident memory, against the size of the job. Sizes are megabases: windows times their width for rules of a
task, the same of all tasks for tables, and the length of a genome. The time of networks is fitted against billions of
multiply-adds: windows read times the multiply-adds of one answer, times 3 in training.

A job of `encode_kmers`, `find_near_copies`, `count_near_copies`, `prepare_sequences`, `normalise_genome` and
`fit_kmer_baseline` asks for 2.5 times the fitted memory, at least 1,000 MB: benchmarks look at the memory every half
minute and miss short peaks. But for the baseline, it asks for 10 times the fitted time, at least 15 minutes. Trainings
and evaluations ask for as much memory, but at least 4,000 MB, and 8,000 MB for profiles, because large networks take
memory of which the windows say nothing. Other rules ask for a constant, or for what they map into memory. Later
attempts ask for two and three times as much. A job on a GPU asks for 4,000 MB more.

Sizes come from the configuration and the input files before any job runs, so a group of jobs asks for what all of its
members need. For files that are fetched, the sizes are assumed: 40,000 peaks, and a genome of 3,100 megabases. We have
measured on one type of processor (AMD EPYC) alone.

`make estimate CONFIG=my.yaml` sums the lines up over the jobs that are left.

| rule | jobs | largest size | memory (MB) | largest measured | time (s) | largest measured | worst ratio of times |
|---|--:|--:|---|--:|---|--:|--:|
"""


def measured_jobs(results: Path) -> Iterator[dict[str, object]]:
    """The jobs of a finished run: rule, unit, size (megabases), work (for time), seconds and megabytes."""
    settings = yaml.safe_load((results / "config.yaml").read_text(encoding="utf-8"))
    codes = {task: np.load(results / f"tasks/{task}/codes.npy", mmap_mode="r") for task in settings["tasks"]}
    megabases = {task: array.size / 1e6 for task, array in codes.items()}
    for file in sorted((results / "benchmarks").rglob("*.tsv")):
        rule, *of_job = file.relative_to(results / "benchmarks").with_suffix("").parts
        job = pd.read_csv(file, sep="\t", na_values="-").iloc[-1]
        if pd.isna(job["cpu_time"]) or job["max_rss"] < 10:
            # The job ended before Snakemake looked at it a second time.
            continue
        task = next((each for each in of_job if each in megabases), None)
        unit, size = "none", 0.0
        if rule in OF_TASKS or rule in OF_NETWORKS:
            unit, size = "task", megabases[task]
        elif rule in OF_ALL_TASKS:
            unit, size = "tasks", sum(megabases.values())
        elif rule in OF_GENOMES:
            unit, size = "genome", (results / f"genomes/{of_job[0]}/genome.fa").stat().st_size / 1e6
        work = size
        if rule in OF_NETWORKS:
            unit, work = "gigaops", _gigaops(rule, results, settings, of_job)
            if work is None:
                continue
        yield {
            "rule": rule, "unit": unit, "size": size, "work": work,
            "seconds": job["cpu_time"], "megabytes": job["max_rss"],
        }  # fmt: skip


def fit(jobs: pd.DataFrame) -> list[Cost]:
    """The cost of each rule: the lines of non-negative coefficients with the least relative errors."""
    costs = []
    for (rule, unit), rows in jobs.groupby(["rule", "unit"]):
        memory = _line(rows["size"], rows["megabytes"])
        costs.append(Cost(rule, unit, *memory, *_line(rows["work"], rows["seconds"])))
    return costs


def write(jobs: pd.DataFrame, costs: Sequence[Cost], table: Path, page: Path) -> None:
    rows = [[cost.rule, cost.unit, *(_NUMBER.format(number) for number in cost[2:])] for cost in costs]
    lines = ["\t".join(row) for row in ([*Cost._fields], *rows)]
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")
    shown = []
    for cost in costs:
        of_rule = jobs[jobs["rule"] == cost.rule]
        fitted = cost.seconds + cost.seconds_each * of_rule["work"]
        ratio = np.exp(np.abs(np.log(fitted / of_rule["seconds"].clip(lower=0.1)))).max()
        work = "gigaop" if cost.unit == "gigaops" else "Mb"
        shown.append(
            f"| `{cost.rule}` | {len(of_rule)} | {of_rule['size'].max():.1f} | "
            f"{cost.megabytes:.0f} + {cost.megabytes_each:.3g} per Mb | {of_rule['megabytes'].max():.0f} | "
            f"{cost.seconds:.1f} + {cost.seconds_each:.3g} per {work} | {of_rule['seconds'].max():.1f} | {ratio:.1f} |"
        )
    page.write_text(INTRODUCTION + "\n".join(shown) + "\n", encoding="utf-8")


def _line(size: pd.Series, amount: pd.Series) -> tuple[float, float]:
    """Intercept and slope, both at least 0. Errors count relative to the amount, so that short jobs count too."""
    weights = 1 / amount.clip(lower=0.1)
    design = np.column_stack([np.ones(len(size)), size]) * weights.to_numpy()[:, None]
    return tuple(nnls(design, (amount * weights).to_numpy())[0])


def _gigaops(rule: str, results: Path, settings: dict, of_job: Sequence[str]) -> float | None:
    """Billions of multiply-adds of all seeds; None where they are not recorded."""
    task, arm, size = of_job
    file = results / f"tasks/{task}/models/{arm}/{size}/evaluation.json"
    if not file.is_file():
        return None
    models = json.loads(file.read_text(encoding="utf-8"))
    if rule != "train":
        splits = pd.read_csv(results / f"tasks/{task}/windows.tsv", sep="\t", usecols=["split"])["split"]
        return is_tested(splits.to_numpy()).sum() * sum(model["multiply_adds"] for model in models) / 1e9
    history = pd.read_csv(file.with_name("history.tsv"), sep="\t")
    training = training_of(settings, settings["tasks"][task]["kind"], arm)
    of_epoch = training.get("steps_per_epoch", 0) * training["batch_size"] or models[0]["train_size"]
    return 3 * len(history) * of_epoch * models[0]["multiply_adds"] / 1e9


def main(folders: Sequence[str]) -> None:
    jobs = pd.DataFrame([job for folder in folders for job in measured_jobs(Path(folder))])
    write(jobs, fit(jobs), COSTS_FILE, PAGE)


if __name__ == "__main__":
    main(sys.argv[1:])
