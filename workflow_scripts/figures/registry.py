"""The figures of a run: one entry for each, from which its rule, its outputs and its place in the report are made.

A new figure is a module with a function ``draw``, an entry here, and a caption in resources/captions/. The parameters
of ``draw`` are the names of the entry's inputs and params.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from plan import Plan
from workflow_support.palette import COMBINATION

from .figure import Copies, Figure


def figure_files(plan: Plan) -> list[str]:
    """Files of all figures that the run asks for."""
    return [path for figure in FIGURES for path in figure.outputs(plan)]


def page_figures(plan: Plan) -> dict[str, str]:
    """The file of each figure that the page of results shows, by its title, in the order of the page."""
    return {
        figure.label.format(**copy): plan.run.path(f"{figure.pattern.format(**copy)}.png")
        for figure in FIGURES
        if figure.is_on_page
        for copy in figure.copies(plan)
    }


def arm_groups(plan: Plan) -> dict[str, str]:
    """Group of every arm of the run, which decides its hue: its representation, or that it is a combination."""
    rows = plan.study.arm_rows()
    return {row["arm"]: COMBINATION if row["combination"] else row["representation"] for row in rows}


def _arms(plan: Plan) -> dict[str, Any]:
    return {"arms": arm_groups(plan)}


def _arms_and(*names: str) -> Callable[[Plan], dict[str, Any]]:
    """Params: the groups of arms, and what the study has by these names, such as its metrics."""
    return lambda plan: _arms(plan) | {name: getattr(plan.study, name) for name in names}


def _tables(*names: str) -> Callable[[Plan], dict[str, str]]:
    """Inputs: tables of the study."""
    return lambda plan: {name: plan.study.tables[name] for name in names}


def _files(**patterns: str) -> Callable[[Plan], dict[str, str]]:
    """Inputs: files of the run, whose wildcards are those of the figure."""
    return lambda plan: {name: plan.run.path(pattern) for name, pattern in patterns.items()}


def _trained(tasks: str) -> Callable[[Plan], dict[str, list[str]]]:
    """Inputs: the history, the description and the evaluation of every network for these tasks, at its largest size."""
    files = {"histories": "history.tsv", "models": "models.json", "evaluations": "evaluation.json"}
    return lambda plan: {
        name: plan.models.files(file, getattr(plan.run, tasks), plan.models.arms_for, main=True)
        for name, file in files.items()
    }


def _shown_predictions(plan: Plan) -> dict[str, list[str]]:
    """Inputs: the predictions and evaluations of contestants and baselines for classes, without candidates."""
    files = {"predictions": "predictions.tsv", "evaluations": "evaluation.json"}
    return {
        name: plan.models.scores(plan.run.classification, file, plan.models.shown_for, main=True)
        for name, file in files.items()
    }


def _if_any(tasks: str) -> Copies:
    """One copy, if the run has such tasks."""
    return lambda plan: [{}] if getattr(plan.run, tasks) else []


def _if_arms_differ(plan: Plan) -> Sequence[dict[str, str]]:
    """One copy, if a task has several arms to compare by their calls."""
    models, tasks = plan.models, plan.run.classification
    return [{}] if any(len(models.contestants_for(task)) > 1 for task in tasks) else []


def _if_sizes_differ(plan: Plan) -> Sequence[dict[str, str]]:
    return [{}] if any(len(sizes) > 1 for sizes in plan.models.sizes.values()) else []


def _per_attribution(plan: Plan) -> Sequence[dict[str, str]]:
    return [{"attribution": name} for name in plan.run.settings["attribute"]]


def _per_variants_with_nulls(plan: Plan) -> Sequence[dict[str, str]]:
    return [{"variants": name} for name, values in plan.run.settings["variants"].items() if values["nulls"]]


def _per_profile_model(plan: Plan) -> Sequence[dict[str, str]]:
    return [{"task": task, "arm": arm} for task in plan.run.profile for arm in plan.models.contestants_for(task)]


def _per_profile_task(plan: Plan) -> Sequence[dict[str, str]]:
    return [{"task": task} for task in plan.run.profile]


FIGURES = (
    Figure(
        "performance", "Results", "AUROC and AUPRC", _if_any("classification"),
        inputs=lambda plan: {"evaluations": plan.models.scores(plan.run.classification, main=True)},
        params=_arms,
    ),
    Figure(
        "profile_performance", "Results", "Profiles: JSD and correlations", _if_any("profile"),
        inputs=lambda plan: {"evaluations": plan.models.scores(plan.run.profile, main=True)},
        params=_arms,
        module="performance",
    ),
    Figure(
        "roc_and_precision_recall", "Results", "ROC and precision-recall curves", _if_any("classification"),
        inputs=_shown_predictions,
        params=_arms,
    ),
    Figure(
        "reverse_complement_error", "Results", "Reverse-complement error", _if_any("classification"),
        inputs=lambda plan: {"evaluations": plan.models.files("evaluation.json", plan.run.classification, main=True)},
        params=_arms,
    ),
    Figure(
        "training_curves", "Training", "Training curves", _if_any("classification"),
        inputs=_trained("classification"),
        params=_arms,
    ),
    Figure(
        "profile_training_curves", "Training", "Training curves of profile networks", _if_any("profile"),
        inputs=_trained("profile"),
        params=_arms,
        module="training_curves",
    ),
    Figure(
        "peak_accounting", "Data", "Peaks in, dropped and kept", _if_any("on_genomes"),
        inputs=lambda plan: {"counts": plan.run.paths("tasks/{task}/peak_counts.tsv", task=plan.run.on_genomes)},
        params=lambda plan: {"tasks": plan.run.on_genomes},
    ),
    Figure(
        "gc_matching", "Data", "GC content of positives and negatives", _if_any("binary"),
        inputs=lambda plan: {"windows": plan.run.paths("tasks/{task}/windows.tsv", task=plan.run.binary)},
        params=lambda plan: {"tasks": plan.run.binary},
    ),
    Figure(
        "profile_examples", "Results", "Profiles of test peaks: {arm}", _per_profile_model,
        inputs=lambda plan: {
            "windows": plan.run.path("tasks/{task}/windows.tsv"),
            "counts": plan.run.path("tasks/{task}/counts.npy"),
            "predictions": lambda wildcards: plan.models.largest_file("predictions.tsv", wildcards.task, wildcards.arm),
            "profiles": lambda wildcards: plan.models.largest_file("profiles.npy", wildcards.task, wildcards.arm),
        },
        path="profiles/{task}.{arm}.examples",
        labels={"task": "{task}"},
    ),
    Figure(
        "strand_footprint", "Signal", "Footprint of both strands", _per_profile_task,
        inputs=lambda plan: {
            "windows": plan.run.path("tasks/{task}/windows.tsv"),
            "counts": plan.run.path("tasks/{task}/counts.npy"),
            "strands": plan.run.path("tasks/{task}/strands.json"),
            "sites": lambda wildcards: plan.profiles.motif_sites(wildcards.task),
        },
        path="profiles/{task}.footprint",
        labels={"task": "{task}"},
        megabytes=4000,
    ),
    Figure(
        "contribution_logos", "Attribution", "Bases that contribute most", _per_attribution,
        inputs=_files(
            contributions="attributions/{attribution}.contributions.npy",
            sequences="attributions/{attribution}.sequences.npy",
            table="attributions/{attribution}.windows.tsv",
        ),
        path="attributions/{attribution}.logos",
        labels={"of": "{attribution}"},
    ),
    Figure(
        "motif_logos", "Attribution", "Motifs found", _per_attribution,
        inputs=lambda plan: {
            "motifs": plan.run.path("attributions/{attribution}.motifs.meme"),
            "table": plan.run.path("attributions/{attribution}.motifs.tsv"),
            "known": lambda wildcards: plan.uses.known_motifs(wildcards.attribution),
        },
        path="attributions/{attribution}.motifs",
        labels={"of": "{attribution}"},
    ),
    # The page of results shows the figures from here on, in this order.
    Figure(
        "study_arms", "Study", "Arms", _if_any("tasks"),
        inputs=_tables("replicates", "intervals"),
        params=_arms_and("metrics", "references"),
        is_on_page=True,
    ),
    Figure(
        "study_sweep", "Study", "Arms by {setting}",
        lambda plan: [{"setting": setting} for setting in plan.study.swept],
        inputs=_files(means="study/means.tsv", table="study/arms.tsv"),
        params=lambda plan: _arms_and("metrics")(plan) | {"setting": "{setting}"},
        path="study_{setting}_sweep",
        is_on_page=True,
    ),
    Figure(
        "study_learning_curves", "Study", "Learning curves", _if_sizes_differ,
        inputs=_tables("means"),
        params=lambda plan: _arms_and("metrics")(plan) | {"shown": plan.study.at_all_sizes()},
        is_on_page=True,
    ),
    Figure(
        "study_gain", "Study", "Gain against training size", _if_sizes_differ,
        inputs=_tables("comparisons", "means"),
        params=lambda plan: _arms_and("metrics", "references")(plan) | {"shown": plan.study.at_all_sizes()},
        is_on_page=True,
    ),
    Figure(
        "place_of_site", "Results", "Scores by the place of the site", _if_any("binary"),
        inputs=lambda plan: {"positions": plan.study.tables["positions"]},
        params=lambda plan: _arms(plan) | {"tasks": {task: plan.models.shown_for(task) for task in plan.run.binary}},
        is_on_page=True,
    ),
    Figure(
        "study_flips", "Study", "Calls that differ between the strands", _if_arms_differ,
        inputs=_tables("replicates"),
        params=lambda plan: _arms(plan) | {"tasks": plan.run.classification},
        is_on_page=True,
    ),
    Figure(
        "hyperbolicity", "Study", "Hyperbolicity of embeddings",
        lambda plan: [{}] if plan.study.measures_hyperbolicity else [],
        inputs=_files(hyperbolicity="study/hyperbolicity.tsv", references="study/reference_spaces.tsv"),
        params=_arms,
        is_on_page=True,
    ),
    Figure(
        "calibration", "Results", "Calibration", _if_any("classification"),
        inputs=_shown_predictions,
        params=_arms,
        is_on_page=True,
    ),
    Figure(
        "variant_effects", "Variants", "Effects of variants: {variants}",
        lambda plan: [{"variants": name} for name in plan.study.with_effects()],
        inputs=_files(table="variants/{variants}.tsv", correlation="variants/{variants}.correlation.json"),
        path="variants/{variants}",
        is_on_page=True,
    ),
    Figure(
        "variant_significance", "Variants", "Significance of variants: {variants}", _per_variants_with_nulls,
        inputs=_files(table="variants/{variants}.tsv"),
        path="variants/{variants}.significance",
    ),
)  # fmt: skip
