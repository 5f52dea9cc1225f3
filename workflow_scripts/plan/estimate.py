"""An estimate of the time, memory and disk space of a run before it starts.

Usage: ``python -m plan.estimate FILE... [--data FOLDER]``. It prints the jobs that are left, core-hours or
core-minutes, the memory of the largest job, and disk space. The jobs are those of Snakemake's dry run; what each takes
follows from the sizes of the run and from ``resources/costs.tsv``.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from snakemake.common.configfile import load_configfile
from snakemake.exceptions import WorkflowError
from snakemake.utils import update_config

from configuration import MODEL, resolve
from configuration.documentation import SCHEMA_FILE
from learning.models.matching import Inputs as NetworkInputs
from learning.models.matching import cost_of
from learning.models.model_files import DESCRIPTION, model_folder, read_description
from learning.models.networks import build_network
from rc_equivariant.cost import multiply_adds
from workflow_support.errors import InputError

from . import Plan
from .commands import require_configurations
from .costs import Cost, fitted_costs

#: A job of a rule that no fit has, such as a download.
UNKNOWN = Cost("", "none", 150, 0, 2, 0)
#: Bytes of the disk: a window in the tables of a task, a test window of a network in predictions.tsv, a base that is
#: predicted, and a figure as SVG and PNG.
WINDOW_BYTES, PREDICTION_BYTES, PREDICTED_BYTES, FIGURE_BYTES = 250, 40, 2, 400_000
TEST_SHARE = 0.2
Job = tuple[str, dict[str, str]]


class Estimate:
    """The cost of jobs of a run.

    Parameters
    ----------
    jobs
        The rule and the wildcards of each job.
    """

    def __init__(self, plan: Plan, jobs: Sequence[Job]) -> None:
        self.plan, self.jobs, self.sizes = plan, jobs, plan.sizes
        self.multiply_adds = cache(self._multiply_adds)

    def seconds(self) -> Counter[str]:
        """The processor seconds of all jobs of each rule."""
        found: Counter[str] = Counter()
        for rule, wildcards in self.jobs:
            cost = fitted_costs().get(_like(rule), UNKNOWN)
            times = self._folds(wildcards["task"]) if rule == "fit_kmer_baseline" else 1
            found[rule] += times * (cost.seconds + cost.seconds_each * self._work(rule, cost, wildcards))
            if rule in ("predict_binding", "predict_profiles"):
                found[rule] += fitted_costs()["evaluate"].seconds_each * self._predicted(**wildcards)
        return found

    def megabytes(self) -> tuple[int, str]:
        """The memory of the largest job, and its rule."""
        return max((round(self._memory(rule, wildcards)), rule) for rule, wildcards in self.jobs)

    def disk(self) -> float:
        """The megabytes that the results of the jobs take, roughly: arrays, genomes, tables, predictions, figures."""
        total = 0.0
        for rule, wildcards in self.jobs:
            if rule in ("extract_sequences", "prepare_sequences", "extract_profiles", "extract_profiles_with_control"):
                task = wildcards["task"]
                total += self.sizes.megabases[task] + self.sizes.windows[task] * WINDOW_BYTES / 1e6
            elif rule == "encode_kmers":
                bytes_each = 1 if int(wildcards["k"]) <= 3 else 2
                total += bytes_each * self.sizes.megabases[wildcards["task"]]
            elif rule == "normalise_genome":
                total += self.sizes.genomes[wildcards["genome"]]
            elif rule in ("evaluate", "evaluate_profiles", "fit_kmer_baseline"):
                seeds = len(self.plan.run.settings["study"]["seeds"])
                total += self._tested(wildcards["task"]) * seeds * PREDICTION_BYTES / 1e6
            elif rule.startswith("plot_"):
                total += FIGURE_BYTES / 1e6
            elif rule in ("predict_binding", "predict_profiles"):
                total += PREDICTED_BYTES * self._predicted_megabases(wildcards["prediction"])
        return total

    def _memory(self, rule: str, wildcards: Mapping[str, str]) -> float:
        cost = fitted_costs().get(_like(rule), UNKNOWN)
        has_size = _like(rule) in fitted_costs()
        return cost.megabytes + cost.megabytes_each * (
            self.plan.costs.megabases(_like(rule), **wildcards) if has_size else 0
        )

    def _work(self, rule: str, cost: Cost, wildcards: Mapping[str, str]) -> float:
        """The quantity that the time of a job grows with: megabases, or billions of multiply-adds."""
        if cost.unit != "gigaops":
            return self.plan.costs.megabases(cost.rule, **wildcards) if cost.rule else 0.0
        task, arm = wildcards["task"], wildcards["arm"]
        if rule == "train":
            return 3 * self.sizes.trained_windows(task, arm, wildcards["size"]) * self.multiply_adds(task, arm) / 1e9
        return self._tested(task) * self._of_contestant(task, arm) / 1e9

    def _tested(self, task: str) -> float:
        """The windows that a network of each seed is tested on: with folds all windows."""
        return (1 if self.plan.run.folds[task] else TEST_SHARE) * self.sizes.windows[task]

    def _of_contestant(self, task: str, contestant: str) -> float:
        """The multiply-adds of the answers of all replicates of a contestant to one window."""
        models = self.plan.models
        strands = 2 if models.average_strands(contestant) else 1
        seeds = len(self.plan.run.settings["study"]["seeds"])
        return strands * seeds * sum(self.multiply_adds(task, arm) for arm in models.members(contestant))

    def _predicted(self, prediction: str) -> float:
        """Billions of multiply-adds of a prediction on contigs; regions and sequences are short beside them."""
        values = self.plan.run.settings["predict"][prediction]
        windows = self._predicted_megabases(prediction) * 1e6 / (values.get("stride") or 1)
        if not windows:
            return 0.0
        sent = f"predict.{prediction}.{MODEL}"
        if MODEL in values:
            return windows * self._of_sent(sent) / 1e9
        return windows * self._folds(values["task"]) * self._of_contestant(values["task"], values["arm"]) / 1e9

    def _folds(self, task: str) -> int:
        """The number of networks of each seed."""
        return self.plan.run.folds[task] or 1

    def _of_sent(self, model: str) -> int:
        """The multiply-adds of the answer of a model that was sent to one window; 0 if it is to be fetched first."""
        files = [Path(file) for file in self.plan.sent.sources(model)]
        if not files[0].exists():
            return 0
        with model_folder(files[0].parent if files[1:] else files[0]) as folder:
            content = read_description(folder / DESCRIPTION)
        strands = 2 if content["average_strands"] else 1
        return strands * sum(multiply_adds(build_network(each["architecture"])) for each in content["networks"])

    def _predicted_megabases(self, prediction: str) -> float:
        values = self.plan.run.settings["predict"][prediction]
        return sum(self.sizes.contig(values["genome"], contig) for contig in values.get("contigs", []))

    def _multiply_adds(self, task: str, arm: str) -> int:
        models = self.plan.models
        while "matched" in models.arms[arm]:
            # It will cost about as much as the arm that it is matched to.
            arm = models.members(models.arms[arm]["matched"]["to"])[0]
        network, tracks = models.network(task, arm), tuple(models.tracks(task))
        return cost_of(
            network, NetworkInputs(network.get("window") or self.sizes.width(task), 2, tracks), "multiply_adds"
        )


def _like(rule: str) -> str:
    """The rule whose cost stands for that of a rule."""
    return {"evaluate_profiles": "evaluate", "normalise_sequences": "check_intervals"}.get(rule, rule)


def planned_jobs(files: Sequence[Path], data: str | None, root: Path) -> Iterator[Job]:
    """The rule and the wildcards of each job that a dry run of Snakemake lists.

    Raises
    ------
    WorkflowError
        If Snakemake refuses to plan the run.
    """
    command = [sys.executable, "-m", "snakemake", "-n", "--snakefile", str(root / "Snakefile"), "--configfile"]
    more = ["--config", f"data={data}"] if data else []
    done = subprocess.run([*command, *map(str, files), *more], capture_output=True, text=True, check=False)
    if done.returncode:
        raise WorkflowError(done.stdout + done.stderr)
    for block in re.split(r"^ *(?:local)?rule ", done.stdout + done.stderr, flags=re.MULTILINE)[1:]:
        wildcards = re.search(r"^ +wildcards: (.*)$", block, re.MULTILINE)
        pairs = (pair.partition("=") for pair in wildcards[1].split(", ")) if wildcards else ()
        yield block[: block.index(":")], {name: value for name, _, value in pairs}


def describe(estimate: Estimate) -> str:
    """The estimate as lines of text: what a run will take, its folds, and the rules that take most of the time.

    Times are core-hours, or core-minutes if all jobs together take less than an hour.
    """
    seconds = estimate.seconds()
    unit, length = ("core-hours", 3600) if seconds.total() >= 3600 else ("core-minutes", 60)
    memory, largest = estimate.megabytes()
    folds = {task: number for task, number in estimate.plan.run.folds.items() if number}
    lines = [
        f"{'jobs':14}{len(estimate.jobs):,}",
        f"{unit:14}{seconds.total() / length:.1f}",
        f"{'memory':14}{memory:,} MB for the largest job ({largest})",
        f"{'disk':14}{estimate.disk():,.0f} MB",
        *(
            f"{'folds':14}{number} of {task}: each seed of an arm is trained {number} times"
            for task, number in folds.items()
        ),
        "",
        f"Most of the time ({unit}):",
        *(f"  {rule:28}{each / length:8.1f}" for rule, each in seconds.most_common(6)),
        "",
        "Times are those of one core of the processor that docs/resources.md was measured on; a GPU trains faster.",
    ]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--data")
    given = parser.parse_args(arguments)
    try:
        require_configurations(given.files)
        config: dict = {}
        for file in given.files:
            update_config(config, load_configfile(file))
        plan = Plan(*resolve(config | ({"data": given.data} if given.data else {}), given.files, SCHEMA_FILE))
        jobs = [job for job in planned_jobs(given.files, given.data, Path(__file__).parents[2]) if job[0] != "all"]
        print(describe(Estimate(plan, jobs)) if jobs else "Nothing is left to be done.")
    except (InputError, WorkflowError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
