"""The error for a run that nobody chose: the workflow was started without a configuration."""

from __future__ import annotations

from workflow_support.errors import InputError

from . import Plan


def not_chosen(plan: Plan, file: str) -> InputError:
    """The error for a run of the default configuration ``file`` that was not asked for by name."""
    return InputError(
        "no configuration was chosen, so nothing was started",
        found=f"no --configfile; {file} alone would be {amount_of_work(plan)}",
        allowed="--configfile FILE",
        fix="write FILE for your own peaks with `make config BED=peaks.bed GENOME=hg19.fa.gz`, try `make demo` for a"
        f" first look, or run this study with `--configfile {file}`",
    )


def amount_of_work(plan: Plan) -> str:
    """The trainings of a run, counted by task, arm, size and seed, and the files that it downloads."""
    models, run = plan.models, plan.run
    jobs = sum(len(models.sizes[task, arm]) for task in run.tasks for arm in models.arms_for(task))
    seeds = len(models.study["seeds"])
    return (
        f"the run {run.name}: {jobs:,} jobs of training with {seeds} seeds each, {jobs * seeds:,} trainings in all"
        f" ({len(run.tasks)} tasks, {len(models.arms)} arms), and {len(run.remote)} files to download"
    )
