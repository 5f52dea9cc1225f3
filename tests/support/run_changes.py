"""For every key of the configuration that the small run uses, a change of it; for the others, why it has none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from small_run import SPLITS

from configuration.documentation import SCHEMA_FILE
from configuration.schema import read_schema

#: The arm serves binary tasks alone, and another one the labelled tasks that its combination needs.
BINARY_PLAIN = {
    "study.arms.plain.kinds": ["binary"],
    "study.arms.words": {"representation": "standard", "kmer": 1, "channels": 4, "kinds": ["labelled"]},
}
#: Arms that are chosen from several cannot be used before they are trained.
NO_USES: dict[str, Any] = {section: {} for section in ("predict", "attribute", "variants")}
TASK, WORDS = "tasks.sites", "tasks.words.sequences"
COLUMNS = "variants.changes.columns"

#: New values by the keys that they replace, for each key of the schema. A Path is a file with its right checksum.
CHANGES: dict[str, dict[str, Any]] = {
    "name": {"name": "renamed"},
    "data": {"data": "others"},
    "only": {"only": ["sites"], "predict.oligos": None},
    "genomes.*.fasta": {"genomes.first.fasta": "others/genome.fa"},
    "genomes.*.fasta.checksum": {"genomes.first.fasta": Path("inputs/genome.fa")},
    "genomes.*.blacklist": {"genomes.first.blacklist": "others/blacklist.bed"},
    "genomes.*.blacklist.checksum": {"genomes.first.blacklist": Path("inputs/blacklist.bed")},
    "genomes.*.contig_names.*": {"genomes.first.contig_names": {"A": "chrA"}},
    "genomes.*.splits.train": {"genomes.first.splits.train": ["chrA:1-20000"]},
    "genomes.*.splits.validation": {"genomes.first.splits.validation": ["chrB:1-12000"]},
    "genomes.*.splits.test": {"genomes.first.splits.test": ["chrB:14001-28000"]},
    "genomes.*.splits.exclude": {"genomes.first.splits.exclude": ["chrA:1-5000"]},
    "genomes.*.splits.folds": {"genomes.first.splits": {"folds": 3}, "hyperbolicity": None},
    "windows.width": {"windows.width": 36},
    "windows.max_unknown_fraction": {"windows.max_unknown_fraction": 0.2},
    "negatives.ratio": {"negatives.ratio": 2},
    "negatives.margin": {"negatives.margin": 80},
    "negatives.overlap": {"negatives.overlap": True},
    "negatives.gc_bin_width": {"negatives.gc_bin_width": 0.1},
    "negatives.seed": {"negatives.seed": 2},
    "networks.*.like": {
        "networks.own": {"like": "binary", "head": {"pool_width": 12}},
        "study.arms.plain.network": "own",
        **BINARY_PLAIN,
    },
    "networks.*.trunk.type": {
        "networks.binary.trunk": {"type": "pooled_residual", "first_width": 5},
        "networks.binary.head.pool_width": 8,
    },
    "networks.*.trunk.kernel_widths": {"networks.binary.trunk.kernel_widths": [7]},
    "networks.*.trunk.first_width": {"networks.labelled.trunk.first_width": 7},
    "networks.*.trunk.pool_width": {"networks.labelled.trunk.pool_width": 1},
    "networks.*.trunk.dilations": {"networks.labelled.trunk.dilations": [2]},
    "networks.*.trunk.residual_width": {"networks.labelled.trunk.residual_width": 3},
    "networks.*.head.type": {"networks.binary.head": {"type": "attention_pool"}},
    "networks.*.head.pool_width": {"networks.binary.head.pool_width": 12},
    "networks.*.head.pool_stride": {"networks.binary.head.pool_stride": 4},
    "networks.*.head.dense": {"networks.labelled.head.dense": 6},
    "networks.*.head.dropout": {"networks.labelled.head.dropout": 0.4},
    "networks.*.beside": {"networks.binary.beside": "bag", "hyperbolicity": None},
    "networks.*.apart": {"networks.binary.beside": ["bag"], "networks.binary.apart": True, "hyperbolicity": None},
    "trainings.*.like": {
        "trainings.own": {"like": "binary", "batch_size": 20},
        "study.arms.plain.training": "own",
        **BINARY_PLAIN,
    },
    "trainings.*.kind": {
        "trainings.own": {"kind": "binary", "epochs": 1, "steps_per_epoch": 1},
        "study.arms.plain.training": "own",
        **BINARY_PLAIN,
    },
    "compute.threads": {"compute.threads": 2},
    "compute.deterministic": {"compute.deterministic": True},
    "compute.stacked_replicates": {"compute.stacked_replicates": 2},
    "hyperbolicity.points": {"hyperbolicity.points": 6},
    "hyperbolicity.samples": {"hyperbolicity.samples": 1},
    "hyperbolicity.split": {"hyperbolicity.split": "test"},
    "study.arms.*.network": {"study.arms.plain.network": "bag"},
    "study.arms.*.representation": {"study.arms.paired.representation": "standard"},
    "study.arms.*.kmer": {"study.arms.paired.kmer": 1},
    "study.arms.*.channels": {"study.arms.paired.channels": 6},
    "study.arms.*.plus_fraction": {
        "study.arms.paired.representation": "irrep",
        "study.arms.paired.plus_fraction": 0.5,
    },
    "study.arms.*.conjoined": {
        "study.arms.plain.conjoined": True,
        "study.combinations.post_hoc.average_strands": False,
    },
    "study.arms.*.reverse_complement_augmentation": {"study.arms.plain.reverse_complement_augmentation": True},
    "study.arms.*.consistency": {
        "study.arms.plain.reverse_complement_augmentation": True,
        "study.arms.plain.consistency": 0.5,
    },
    "study.arms.*.kinds": {"study.arms.plain.kinds": ["binary"]},
    "study.arms.*.train_sizes": {"study.arms.plain.train_sizes": [0.5, "all"]},
    "study.seeds": {"study.seeds": [1, 2, 3]},
    "study.train_sizes": {"study.train_sizes": [0.5, "all"]},
    "study.combinations.*.arms": {"study.combinations.post_hoc.arms": ["plain", "paired"]},
    "study.combinations.*.best_of": {"study.combinations.best": {"best_of": ["plain", "paired"]}},
    "study.combinations.*.replicates": {"study.combinations.post_hoc.replicates": 2},
    "study.combinations.*.average_strands": {
        "study.combinations.post_hoc.average_strands": False,
        "study.combinations.post_hoc.replicates": 2,
    },
    "study.reference.binary": {"study.reference.binary": "paired"},
    "study.reference.labelled": {"study.reference.labelled": "paired"},
    "study.tuning.trials": {"study.tuning": {"trials": 2}} | NO_USES,
    "study.tuning.seed": {"study.tuning": {"trials": 1, "seed": 2}} | NO_USES,
    "study.tuning.learning_rate": {"study.tuning": {"trials": 1, "learning_rate": [0.001, 0.002]}} | NO_USES,
    "study.tuning.weight_decay": {"study.tuning": {"trials": 1, "weight_decay": [0.01, 0.02]}} | NO_USES,
    "study.claims.*.better": {"study.claims": [{"better": "post_hoc", "than": "paired"}]},
    "study.claims.*.than": {"study.claims": [{"better": "paired", "than": "plain"}]},
    "study.claims.*.at_equal": {"study.claims": [{"better": "paired", "than": "plain", "at_equal": ["parameters"]}]},
    "study.claims.*.wider_at": {
        "study.claims": [{"better": "paired", "than": "post_hoc", "wider_at": 0.5}],
        "study.train_sizes": [0.5, "all"],
    },
    "tasks.*.kind": {
        "tasks.more": {
            "kind": "labelled",
            "sequences": {"all": "others/labelled.csv", "make_splits": {"validation": 0.2, "test": 0.3}},
        }
    },
    "tasks.*.genome": {f"{TASK}.genome": "second"},
    "tasks.*.peaks": {f"{TASK}.peaks": "others/peaks.narrowPeak"},
    "tasks.*.peaks.checksum": {f"{TASK}.peaks": Path("inputs/peaks.narrowPeak")},
    "tasks.*.train_sizes": {f"{TASK}.train_sizes": [0.5, "all"]},
    "tasks.*.group": {f"{TASK}.group": "one", "tasks.words.group": "two"},
    "tasks.*.published.*.metric": {"tasks.words.published": [{"metric": "AUROC", "value": 0.9, "source": "a test"}]},
    "tasks.*.published.*.value": {"tasks.words.published": [{"metric": "Accuracy", "value": 0.8, "source": "a test"}]},
    "tasks.*.published.*.source": {"tasks.words.published": [{"metric": "Accuracy", "value": 0.9, "source": "tests"}]},
    "tasks.*.remove_copies": {f"{TASK}.remove_copies": True},
    "tasks.*.strongest": {f"{TASK}.strongest": 60},
    "tasks.*.unlabelled.*": {f"{TASK}.unlabelled": ["others/unlabelled.bed", "inputs/blacklist.bed"]},
    "tasks.*.unlabelled.*.checksum": {f"{TASK}.unlabelled": [Path("inputs/unlabelled.bed")]},
    "tasks.*.windows.width": {f"{TASK}.windows": {"width": 36}},
    "tasks.*.windows.max_unknown_fraction": {f"{TASK}.windows": {"max_unknown_fraction": 0.2}},
    "tasks.*.negatives.ratio": {f"{TASK}.negatives": {"ratio": 2}},
    "tasks.*.negatives.margin": {f"{TASK}.negatives": {"margin": 80}},
    "tasks.*.negatives.overlap": {f"{TASK}.negatives": {"overlap": True}},
    "tasks.*.negatives.gc_bin_width": {f"{TASK}.negatives": {"gc_bin_width": 0.1}},
    "tasks.*.negatives.seed": {f"{TASK}.negatives": {"seed": 2}},
    "tasks.*.splits.train": {f"{TASK}.splits": SPLITS | {"train": ["chrA:1-20000"]}},
    "tasks.*.splits.validation": {f"{TASK}.splits": SPLITS | {"validation": ["chrB:1-12000"]}},
    "tasks.*.splits.test": {f"{TASK}.splits": SPLITS | {"test": ["chrB:14001-28000"]}},
    "tasks.*.splits.exclude": {f"{TASK}.splits": SPLITS | {"exclude": ["chrA:1-5000"]}},
    "tasks.*.splits.folds": {f"{TASK}.splits": {"folds": 3}, "hyperbolicity": None},
    "tasks.*.sequences.all": {f"{WORDS}.all": "others/labelled.csv"},
    "tasks.*.sequences.all.checksum": {f"{WORDS}.all": Path("inputs/labelled.csv")},
    "tasks.*.sequences.train": {
        WORDS: {"train": "others/labelled.csv", "test": "inputs/labelled.csv", "make_splits": {"validation": 0.2}}
    },
    "tasks.*.sequences.train.checksum": {
        WORDS: {"train": Path("others/labelled.csv"), "test": "inputs/labelled.csv", "make_splits": {"validation": 0.2}}
    },
    "tasks.*.sequences.validation": {
        WORDS: {"train": "inputs/labelled.csv", "test": "inputs/unseen.csv", "validation": "others/labelled.csv"}
    },
    "tasks.*.sequences.validation.checksum": {
        WORDS: {"train": "inputs/labelled.csv", "test": "inputs/unseen.csv", "validation": Path("others/labelled.csv")}
    },
    "tasks.*.sequences.test": {
        WORDS: {"train": "inputs/labelled.csv", "validation": "inputs/unseen.csv", "test": "others/labelled.csv"}
    },
    "tasks.*.sequences.test.checksum": {
        WORDS: {"train": "inputs/labelled.csv", "validation": "inputs/unseen.csv", "test": Path("others/labelled.csv")}
    },
    "tasks.*.sequences.make_splits.validation": {f"{WORDS}.make_splits.validation": 0.3},
    "tasks.*.sequences.make_splits.test": {f"{WORDS}.make_splits.test": 0.2},
    "tasks.*.sequences.make_splits.seed": {f"{WORDS}.make_splits.seed": 2},
    "tasks.*.sequences.sequence_column": {f"{WORDS}.sequence_column": "reversed"},
    "tasks.*.sequences.label_column": {f"{WORDS}.label_column": "group"},
    "tasks.*.sequences.width": {f"{WORDS}.width": 30},
    "predict.*.task": {"predict.oligos.task": "sites"},
    "predict.*.arm": {"predict.regions.arm": "post_hoc"},
    "predict.*.genome": {"predict.contig.genome": "second"},
    "predict.*.regions": {"predict.regions.regions": "others/regions.bed"},
    "predict.*.regions.checksum": {"predict.regions.regions": Path("inputs/regions.bed")},
    "predict.*.sequences": {"predict.oligos.sequences": "others/oligos.fa"},
    "predict.*.sequences.checksum": {"predict.oligos.sequences": Path("inputs/oligos.fa")},
    "predict.*.contigs": {"predict.contig.contigs": ["chrA"]},
    "predict.*.stride": {"predict.contig.stride": 1500},
    "attribute.*.task": {"attribute.more": {"task": "sites", "arm": "paired", "strongest": 5}},
    "attribute.*.arm": {"attribute.sites.arm": "plain"},
    "attribute.*.method": {"attribute.sites.method": "mutagenesis"},
    "attribute.*.strongest": {"attribute.sites.strongest": 8},
    "attribute.*.bases": {"attribute.sites.bases": 30},
    "attribute.*.known_motifs.*": {"attribute.sites.known_motifs": ["others/scored.jaspar"]},
    "attribute.*.known_motifs.*.checksum": {"attribute.sites.known_motifs": [Path("inputs/known.jaspar")]},
    "variants.*.task": {"variants.changes.task": "words", "variants.changes.genomes": ["first"]},
    "variants.*.arm": {"variants.changes.arm": "post_hoc"},
    "variants.*.file": {"variants.changes.file": "others/variants.tsv"},
    "variants.*.file.checksum": {"variants.changes.file": Path("inputs/variants.tsv")},
    "variants.*.genomes": {"variants.changes.genomes": ["second"]},
    "variants.*.columns.id": {f"{COLUMNS}.id": "name"},
    "variants.*.columns.contig": {f"{COLUMNS}.contig": "chrom2"},
    "variants.*.columns.position": {f"{COLUMNS}.position": "pos2"},
    "variants.*.columns.reference": {f"{COLUMNS}.reference": "ref"},
    "variants.*.columns.alternative": {f"{COLUMNS}.alternative": "alt2"},
    "variants.*.columns.effect_allele": {f"{COLUMNS}.effect_allele": "allele"},
    "variants.*.columns.effect": {f"{COLUMNS}.effect": "effect2"},
    "variants.*.columns.effect.after": {f"{COLUMNS}.effect": {"after": "after", "before": "before"}},
    "variants.*.columns.effect.before": {f"{COLUMNS}.effect": {"after": "before", "before": "after"}},
    "variants.*.columns.effect.depth": {f"{COLUMNS}.effect": {"after": "after", "before": "before", "depth": "depth"}},
    "variants.*.columns.p_value": {f"{COLUMNS}.p_value": "p2"},
    "variants.*.nulls": {"variants.changes.nulls": 30},
    "variants.*.motif": {"variants.changes.motif": "inputs/known.jaspar"},
    "variants.*.motif.checksum": {"variants.changes.motif": Path("inputs/scored.jaspar")},
}

#: New options of the training of binary tasks, as part of `trainings` and of an arm.
TRAINING: dict[str, Any] = {
    "learning_rate": 0.01,
    "schedule": "cosine",
    "warm_up": 0.5,
    "weight_decay": 0.1,
    "weight_average": 0.9,
    "gradient_clipping": 1.0,
    "batch_size": 20,
    "epochs": 2,
    "patience": 1,
    "precision": "bf16",
    "label_smoothing": 0.1,
    "base_substitution": 0.1,
    "positive_fraction": 0.4,
    "jitter": 0.04,
    "steps_per_epoch": 3,
    "calibrated": True,
}
OF_LABELLED = {"class_weights": "balanced", "crossover": 0.5}
CHANGES |= {f"trainings.*.{key}": {f"trainings.binary.{key}": value} for key, value in TRAINING.items()}
CHANGES |= {f"trainings.*.{key}": {f"trainings.labelled.{key}": value} for key, value in OF_LABELLED.items()}
CHANGES |= {
    f"study.arms.*.training.{key}": {"study.arms.paired.training": {key: value}, "study.arms.paired.kinds": [kind]}
    | ({"predict.oligos": None} if kind == "binary" else NO_USES)
    for kind, options in (("binary", TRAINING), ("labelled", OF_LABELLED))
    for key, value in options.items()
}

#: Beginnings of the keys that the small run does not use.
UNUSED = {
    "simulation.": "its files are given",
    "phylogenies.": "its sequences are given",
    "profile.": "it has no profile task",
    "tasks.*.counts.": "it has no profile task",
    "tasks.*.control.": "it has no profile task",
    "trainings.*.count_weight": "it has no profile task",
    "study.arms.*.training.count_weight": "it has no profile task",
    "study.arms.*.training.like": "networks and trainings of arms are of one set each",
    "study.reference.profile": "it has no profile task",
    "attribute.*.head": "it has no profile task",
    "networks.*.head.profile_width": "it has no profile task",
    "tasks.*.signal": "deepTools draws it by shell commands, which take long",
    "tasks.*.sequences.phylogeny": "its sequences are given",
    "compute.device": "a machine may have no GPU",
    **dict.fromkeys(
        ["predict.*.model", "predict.*.kind", "attribute.*.model", "variants.*.model", "study.arms.*.start_from."],
        "it uses no model of another run",
    ),
    "study.arms.*.family": "the configuration makes it",
    "study.arms.*.trial": "the configuration makes it",
    "study.arms.*.matched.": "the configuration makes it",
    **dict.fromkeys(
        [
            *(f"study.arms.*.{key}" for key in ("curvature", "learnt", "k", "linear_map", "concatenation")),
            *(f"networks.*.head.{key}" for key in ("distances", "pooling", "embedding_decay", "linear_decay")),
            *(
                f"networks.*.trunk.{key}"
                for key in (
                    *(
                        "blocks",
                        "width",
                        "curvature",
                        "learnt",
                        "k",
                        "linear_map",
                        "concatenation",
                        "lengths",
                        "gaps",
                        "expansion",
                        "groups",
                    ),
                    *("squeezed", "join", "reduction", "pool", "heads", "pairs", "reach"),
                )
            ),
        ],
        "an option of other layers, which reaches a training as those above do",
    ),
}


def keys() -> list[str]:
    """Every key of the schema without keys below it, and every location with its checksum; names are ``*``."""
    return sorted(_keys(read_schema(SCHEMA_FILE), ()))


def is_unused(key: str) -> bool:
    return any(key == start or key.startswith(start if start.endswith(".") else f"{start}.") for start in UNUSED)


def _keys(schema: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    below = dict(schema.get("properties", {}))
    if set(below) == {"location", "checksum"}:
        yield from (".".join(path), ".".join((*path, "checksum")))
        return
    # What may be text as well as keys with values is a key itself.
    if not below or "string" in schema.get("type", ()):
        has_names = isinstance(schema.get("additionalProperties"), Mapping)
        of_items = schema.get("items", {})
        has_items = isinstance(of_items, Mapping) and ("properties" in of_items or "additionalProperties" in of_items)
        if has_names:
            yield from _keys(schema["additionalProperties"], (*path, "*"))
        if has_items:
            yield from _keys(of_items, (*path, "*"))
        if not has_names and not has_items and path[-1] != "training":
            yield ".".join(path)
    for key, value in below.items():
        yield from _keys(value, (*path, key))
