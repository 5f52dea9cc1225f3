"""The study of a run: rows of its tables and what is compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from configuration import chooses, kinds_of
from configuration.arms import training_of_arm
from workflow_support.metrics import main_metric

from .models import Models
from .run import Run, Settings, unique

#: Penalties that the k-mer baseline tries where arms are not tuned.
PENALTIES_OF_BASELINE = 5
TABLES = (
    "replicates", "means", "subsets", "costs", "intervals", "comparisons", "claims", "published", "selections",
    "near_copies", "validation", "positions",
)  # fmt: skip


class Study:
    """The settings and files of the rules of the study.

    Attributes
    ----------
    metrics, references
        The main metric of each task, and the contestant that others are compared with.
    tables
        The path of each table by its name.
    swept
        The settings in which the arms of a family differ; each has a figure.
    penalties_of_baseline
        The number of penalties that the k-mer baseline tries: as many as each arm has trials.
    measures_hyperbolicity
        Whether the embeddings of networks are measured.
    """

    def __init__(self, run: Run, models: Models) -> None:
        self.run, self.models, self.settings = run, models, run.settings["study"]
        self.metrics = {task: main_metric(kind) for task, kind in run.kinds.items()}
        self.references = {task: self.settings["reference"][kind] for task, kind in run.kinds.items()}
        self.tables = {name: run.path(f"study/{name}.tsv") for name in TABLES}
        self.swept = [key for key in ("kmer", "plus_fraction") if families_with_several(models.arms, key)]
        self.penalties_of_baseline = self.settings.get("tuning", {}).get("trials", PENALTIES_OF_BASELINE)
        self.measures_hyperbolicity = bool("hyperbolicity" in run.settings and run.classification)

    def compared(self) -> dict[str, Any]:
        """The settings of the comparisons: references, metrics, claims, groups, networks, published values, choices."""
        tasks = self.run.settings["tasks"]
        return {
            "reference": self.settings["reference"],
            "metric": {kind: main_metric(kind) for kind in self.run.kinds.values()},
            "claims": self.settings["claims"],
            "groups": {task: tasks[task]["group"] for task in self.run.having("tasks", "group")},
            "chosen": [name for name in self.settings["combinations"] if chooses(self.settings, name)],
            "networks": self.networks(),
            "published": [{"task": task} | value for task, values in tasks.items() for value in values["published"]],
        }

    def networks(self) -> dict[str, str]:
        """The named network of each arm; empty for an arm with that of its kind of task."""
        return {name: str(arm.get("network") or "") for name, arm in self.models.arms.items()}

    def at_all_sizes(self) -> list[str]:
        """The contestants that figures show against training size: those with all sizes, without candidates."""
        sizes = self.models.sizes
        most = {
            task: max(len(sizes[task, name]) for name in self.models.contestants_for(task)) for task in self.run.tasks
        }
        return unique(
            name
            for (task, name), of_model in sizes.items()
            if name not in self.models.candidates and len(of_model) == most[task]
        )

    def arm_rows(self) -> list[dict[str, Any]]:
        """The rows of the table of arms: the arms, then the combinations."""
        kinds = {name: ", ".join(kinds_of(self.run.settings, name)) for name in self.models.contestants}
        arms = [
            arm
            | {"arm": name, "kinds": kinds[name], "strands": how_trained(arm), "training": training_name(arm)}
            | {"channels": how_wide(arm), "combination": ""}
            for name, arm in self.models.arms.items()
        ]
        combinations = [
            {"arm": name, "kinds": kinds[name], "combination": how_combined(values)}
            for name, values in self.settings["combinations"].items()
        ]
        return arms + combinations

    def with_effects(self) -> list[str]:
        """The sets of variants whose effects were measured."""
        variants = self.run.settings["variants"]
        return [name for name, values in variants.items() if "effect" in values.get("columns", {})]

    def embedded_models(self) -> list[tuple[str, str]]:
        """The task and arm of every network whose embeddings are measured."""
        return [(task, arm) for task in self.run.classification for arm in self.models.arms_for(task)]

    def embedding_distances(self) -> list[str]:
        """The distances between the embeddings of these networks, at their largest size."""
        models = self.models
        return models.files("embedding_distances.npy", self.run.classification, models.arms_for, main=True)

    def hyperbolicity_files(self) -> list[str]:
        """The arrays and tables of the measurement of embeddings; none where it is not asked for."""
        if not self.measures_hyperbolicity:
            return []
        tables = ("study/hyperbolicity.tsv", "study/reference_spaces.tsv")
        return [*self.embedding_distances(), *map(self.run.path, tables)]


def families_with_several(arms: Mapping[str, Settings], key: str) -> list[str]:
    """The families whose arms have more than one value of ``key``, such as ``kmer`` or ``plus_fraction``.

    The arms of a family were written as one arm with lists of values.
    """
    values: dict[str, set] = {}
    for name, arm in arms.items():
        if key in arm:
            values.setdefault(arm.get("family", name), set()).add(arm[key])
    return [family for family, of_family in values.items() if len(of_family) > 1]


def how_trained(arm: Settings) -> str:
    """The treatment of the strands in the training of an arm."""
    if arm.get("conjoined"):
        return "conjoined"
    if arm.get("consistency"):
        return "consistent"
    return "augmented" if arm.get("reverse_complement_augmentation") else "plain"


def how_wide(arm: Settings) -> str:
    """The channels of an arm, or what they are matched to."""
    if "matched" not in arm:
        return str(arm["channels"])
    return f"as many {arm['matched']['by'].replace('_', '-')} as {arm['matched']['to']}"


def training_name(arm: Settings) -> str:
    """The training of an arm: its name, and the options that the arm changes."""
    base, changed = training_of_arm(arm)
    return " ".join((base, *(f"{key}={value}" for key, value in changed.items())))


def how_combined(combination: Settings) -> str:
    """A combination in a few words, such as ``mean of a, b x 2 seeds on both strands``."""
    members = combination.get("arms") or combination["best_of"]
    parts = [
        "best of" if "best_of" in combination else "mean of" if members[1:] else "",
        ", ".join(members),
        f"x {combination['replicates']} seeds" if combination["replicates"] > 1 else "",
        "on both strands" if combination["average_strands"] else "",
    ]
    return " ".join(filter(None, parts))
