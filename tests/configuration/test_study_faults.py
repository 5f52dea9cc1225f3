"""A fault of a study is named with file, line and remedy: arms, networks, trainings, combinations and claims."""

from __future__ import annotations

from pathlib import Path

import pytest
from good_configuration import require_refusal, resolve_text

from configuration import (
    arms_for,
)

# What is replaced in GOOD, what by, the words that the error must hold, and the line that it must name (0: none).
FAULTS = {
    "plus_fraction of a standard arm": (
        "channels: 16}", "channels: 16, plus_fraction: 0.5}", ["study.arms.standard.plus_fraction", "irrep"], 13,
    ),
    "irrep without plus_fraction": (
        "      plus_fraction: 0.75\n", "", ["`study.arms.irrep_k3`", "for example 0.75"], 14,
    ),
    "augmentation of an equivariant arm": (
        "plus_fraction: 0.75", "plus_fraction: 0.75\n      reverse_complement_augmentation: true", ["standard"], 19,
    ),
    "odd channels of a regular arm": (
        "representation: standard, kmer: 1, channels: 16", "representation: regular, kmer: 1, channels: 15", ["16"], 13,
    ),
    "k-mers in an RCPS arm": (
        "representation: standard, kmer: 1, channels: 16", "representation: rcps, kmer: 3, channels: 16",
        ["study.arms.standard", "regular"], 13,
    ),
    "claim about the baseline of a profile": (
        "  seeds: [0, 1]",
        "    reads: {network: profile, training: profile, representation: rcps, kmer: 1, channels: 8}\n"
        "  claims: [{better: reads, than: kmer_logistic_regression}]\n  seeds: [0, 1]",
        ["compares networks for different kinds of task", "kmer_logistic_regression (binary, labelled)"], 20,
    ),
    "name of the baseline": ("    standard:", "    kmer_logistic_regression:", ["baseline", "rename the arm"], 13),
    "TF32 on a CPU": ("epochs: 3", "precision: tf32", ["tf32 is arithmetic of NVIDIA GPUs", "device: cuda"], 10),
    "unknown precision": ("epochs: 3", "precision: fp16", ["trainings.binary.precision", "float16"], 10),
    "TF32 of an arm on a CPU": ("channels: 16}", "channels: 16, training: {precision: tf32}}", ["device: cpu"], 13),
    "several replicates of float16": (
        "epochs: 3", "precision: float16}\ncompute: {stacked_replicates: 2",
        ["one by one", "stacked_replicates: null"], 10,
    ),
    "batches of one class": ("epochs: 3", "positive_fraction: 0.001", ["one class", "batch_size"], 10),
    "windows too narrow": ("{epochs: 3}\n", "{epochs: 3}\nwindows: {width: 81}\n", ["width to 82 or more"], 0),
    "arm twice": (
        "    standard: {representation: standard, kmer: 1, ch",
        "    standard_k1: {representation: standard, kmer: 1, channels: 4}\n"
        "    standard: {representation: standard, kmer: [1, 2], ch",
        ["two arms are called `standard_k1`"], 14,
    ),
    "conjoined and consistent": (
        "channels: 16}", "channels: 16, conjoined: true, consistency: 0.1}", ["conjoined", "one of them"], 13,
    ),
    "size of no windows": ("  seeds: [0, 1]", "  train_sizes: [1]\n  seeds: [0, 1]", ["a share between 0 and 1"], 19),
    "combination of nothing": (
        "  seeds: [0, 1]", "  combinations: {both: {}}\n  seeds: [0, 1]", ["neither arms nor best_of"], 19,
    ),
    "combination of unknown arms": (
        "  seeds: [0, 1]", "  combinations: {both: {arms: [irrep]}}\n  seeds: [0, 1]", ["did you mean `irrep_k3`?"], 19,
    ),
    "combination called as an arm": (
        "  seeds: [0, 1]", "  combinations: {standard: {arms: [irrep_k3]}}\n  seeds: [0, 1]",
        ["also the name of an arm"], 19,
    ),
    "more replicates than seeds": (
        "  seeds: [0, 1]", "  combinations: {x: {arms: [irrep_k3], replicates: 3}}\n  seeds: [0, 1]", ["at most 2"], 19,
    ),
    "claim about nothing": (
        "  seeds: [0, 1]", "  claims: [{better: irrep_k3, than: standart}]\n  seeds: [0, 1]",
        ["study.claims[0].than", "did you mean `standard`?"], 19,
    ),
    "claim about one arm": (
        "  seeds: [0, 1]", "  claims: [{better: standard, than: standard}]\n  seeds: [0, 1]",
        ["`study.claims[0]` compares networks with themselves", "better: standard, than: standard"], 19,
    ),
    "claim about one arm at equal cost": (
        "  seeds: [0, 1]",
        "  claims:\n    - {better: irrep_k3, than: standard}\n"
        "    - {better: standard, than: standard, at_equal: [parameters]}\n  seeds: [0, 1]",
        ["`study.claims[1]` compares networks with themselves", "at equal parameters"], 21,
    ),
    "claim about one arm by two names": (
        "  seeds: [0, 1]",
        "  combinations: {alone: {arms: [standard]}}\n  claims: [{better: alone, than: standard}]\n  seeds: [0, 1]",
        ["compares networks with themselves", "two names of the same networks"], 20,
    ),
    "claim about one choice by two names": (
        "  seeds: [0, 1]",
        "  combinations: {one: {best_of: [standard, irrep_k3]}, other: {best_of: [irrep_k3, standard]}}\n"
        "  claims: [{better: one, than: other}]\n  seeds: [0, 1]",
        ["compares networks with themselves", "two names of the same networks"], 20,
    ),
    "claim about the baseline alone": (
        "  seeds: [0, 1]",
        "  claims: [{better: kmer_logistic_regression, than: kmer_logistic_regression}]\n  seeds: [0, 1]",
        ["compares networks with themselves"], 19,
    ),
    "claim made twice": (
        "  seeds: [0, 1]",
        "  claims:\n    - {better: irrep_k3, than: standard}\n    - {better: standard, than: irrep_k3}\n"
        "    - {better: irrep_k3, than: standard}\n  seeds: [0, 1]",
        ["`study.claims[2]` makes the claim of `study.claims[0]` once more", "every claim once"], 22,
    ),
    "claim made twice at equal cost": (
        "  seeds: [0, 1]",
        "  claims:\n    - {better: irrep_k3, than: standard, at_equal: [multiply_adds]}\n"
        "    - {better: irrep_k3, than: standard, at_equal: [parameters, multiply_adds]}\n  seeds: [0, 1]",
        ["`study.claims[1]` makes the claim of `study.claims[0]` once more", "at equal multiply_adds"], 21,
    ),
    "claim made twice about the smallest size": (
        "  seeds: [0, 1]",
        "  train_sizes: [0.5, all]\n  claims:\n    - {better: irrep_k3, than: standard, wider_at: smallest}\n"
        "    - {better: irrep_k3, than: standard, wider_at: 0.5}\n  seeds: [0, 1]",
        ["`study.claims[1]` makes the claim of `study.claims[0]` once more", "wider at 0.5"], 22,
    ),
    "claim of a gap wider than itself": (
        "  seeds: [0, 1]", "  claims: [{better: irrep_k3, than: standard, wider_at: smallest}]\n  seeds: [0, 1]",
        ["`study.claims[0]` needs two sizes", "a size of study.train_sizes below all"], 19,
    ),
    "claim at equal cost about a combination of nothing": (
        "  seeds: [0, 1]",
        "  combinations: {both: {}}\n  claims: [{better: standard, than: both, at_equal: [parameters]}]\n"
        "  seeds: [0, 1]",
        ["neither arms nor best_of"], 19,
    ),
    "claim about sizes that are not there": (
        "  seeds: [0, 1]", "  claims: [{better: irrep_k3, than: standard, wider_at: 1000}]\n  seeds: [0, 1]",
        ["wider_at: 1000", "study.train_sizes"], 19,
    ),
    "reference of another kind": (
        "  seeds: [0, 1]",
        "    other: {network: labelled, representation: rcps, kmer: 1, channels: 8}\n"
        "  reference: {profile: other}\n  seeds: [0, 1]",
        ["`study.reference.profile`", "other, for kind binary or labelled", "allowed: standard, irrep_k3"], 20,
    ),
    "arm that comes of a list": (
        "representation: standard, kmer: 1, channels: 16", "representation: regular, kmer: [1, 2], channels: 15",
        ["`study.arms.standard.channels`", "16"], 13,
    ),
    "arm that comes of a list in a family": (
        "    standard: {representation: standard, kmer: 1, ch",
        "    other: {family: standard, representation: rcps, kmer: [1, 2], channels: 16}\n"
        "    standard: {representation: standard, kmer: 1, ch", ["`study.arms.other`", "kmer: 2"], 13,
    ),
    "arm of two lists": (
        "standard: {representation: standard, kmer: 1, channels: 16}",
        "two: {representation: irrep, kmer: [1, 3], channels: 16, plus_fraction: [0, 0.75], conjoined: true}",
        ["`study.arms.two.conjoined`"], 13,
    ),
    "arm that is called as one of a list": (
        "      channels: 32", "      channels: 32\n      conjoined: true", ["`study.arms.irrep_k3.conjoined`"], 18,
    ),
    "curvature in Euclidean space": (
        "channels: 16}", "channels: 16, curvature: flat}", ["study.arms.standard.curvature", "network: hyperb"], 13,
    ),
    "k in Euclidean space": (
        "channels: 16}", "channels: 16, k: 4}", ["study.arms.standard.k", "network: hyperb"], 13,
    ),
    "learnt curvature of flat space": (
        "channels: 16}", "channels: 16, network: hyperbolic, curvature: flat, learnt: true}",
        ["study.arms.standard.learnt", "curvature: flat", "set learnt to false"], 13,
    ),
    "curvature beside two networks": (
        "channels: 16}", "channels: 16, network: [published, hyperbolic], curvature: single}",
        ["study.arms.standard.curvature", "network: published"], 13,
    ),
    "hyperbolic arm for profiles": (
        "channels: 16}", "channels: 16, network: hyperbolic, kinds: [profile]}",
        ["answers logits, not profile", "kinds: [binary, labelled]"], 13,
    ),
    "hyperbolic arm of time alone": ("channels: 16}", "channels: 1, network: hyperbolic}", ["one is time"], 13),
    "unknown curvature": (
        "channels: 16}", "channels: 16, network: hyperbolic, curvature: double}", ["single, per_block or flat"], 13,
    ),
    "unknown curvature in a list": (
        "channels: 16}", "channels: 16, network: hyperbolic, curvature: [double]}", ["curvature[0]"], 13,
    ),
    "even width of hyperbolic layers": (
        "name: run", "name: run\nnetworks: {hyperbolic: {trunk: {width: 8}}}",
        ["networks.hyperbolic.trunk.width", "use 9"], 2,
    ),
    "unknown network": ("channels: 16}", "channels: 16, network: binari}", ["did you mean `binary`?"], 13),
    "unknown training": ("channels: 16}", "channels: 16, training: long}", ["study.arms.standard.training"], 13),
    "option of another training": (
        "channels: 16}", "channels: 16, training: {count_weight: 3}}",
        ["study.arms.standard.training.count_weight", "trainings of kind binary", "steps_per_epoch"], 13,
    ),
    "smoothed classes of profiles": (
        "{epochs: 3}", "{epochs: 3}\n  profile: {label_smoothing: 0.1}",
        ["trainings.profile.label_smoothing", "trainings of kind profile", "weight_average"], 11,
    ),
    "labelled sequences that are moved": (
        "{epochs: 3}", "{epochs: 3}\n  labelled: {jitter: 0.3}",
        ["trainings.labelled.jitter", "trainings of kind labelled", "crossover"], 11,
    ),
    "unknown schedule": ("epochs: 3", "schedule: linear", ["trainings.binary.schedule", "one_cycle"], 10),
    "average of all weights alike": ("epochs: 3", "weight_average: 1", ["trainings.binary.weight_average"], 10),
    "option of another trunk": (
        "name: run", "name: run\nnetworks: {binary: {trunk: {dilations: [2]}}}",
        ["networks.binary.trunk.dilations", "a convolutions trunk", "allowed: kernel_widths"], 2,
    ),
    "head that cannot read its trunk": (
        "name: run", "name: run\nnetworks: {mine: {like: labelled, head: {type: profile}}}",
        ["a profile head on a pooled_residual trunk", "max_pool, dense"], 2,
    ),
    "network like nothing": ("name: run", "name: run\nnetworks: {mine: {like: yours}}", ["networks.mine.like"], 2),
    "network of no layers": ("name: run", "name: run\nnetworks: {mine: {}}", ["does not say which trunk"], 2),
    "network like itself": (
        "name: run", "name: run\nnetworks: {a: {like: b}, b: {like: a}}", ["starts from itself", "a -> b -> a"], 2,
    ),
    "training without a value of its own": (
        "{epochs: 3}", "{epochs: 3}\n  more: {like: binary, epochs: null}",
        ["`trainings.more.epochs`", "found:   null", "allowed: a whole number", "or delete the line"], 11,
    ),
    "training of an arm without a value of its own": (
        "channels: 16}", "channels: 16, training: {like: binary, precision: null}}",
        ["`study.arms.standard.training.precision`", "found:   null", "float16", "or delete the line"], 13,
    ),
    "network without a value of its own": (
        "name: run", "name: run\nnetworks: {mine: {like: labelled, trunk: {dilations: null}}}",
        ["`networks.mine.trunk.dilations`", "found:   null", "a list", "or delete the line"], 2,
    ),
    "network without layers of its own": (
        "name: run", "name: run\nnetworks: {mine: {like: labelled, head: null}}",
        ["`networks.mine.head`", "found:   null", "or delete the line"], 2,
    ),
    "network like null": (
        "name: run", "name: run\nnetworks: {mine: {like: null}}", ["`networks.mine.like`", "found:   null"], 2,
    ),
    "training of another kind": (
        "{epochs: 3}", "{epochs: 3}\n  long: {like: binary, kind: profile}", ["a training of kind binary"], 11,
    ),
    "network and training for different kinds": (
        "channels: 16}", "channels: 16, network: profile, training: binary}", ["serves no kind of task"], 13,
    ),
    "combination of arms for different kinds": (
        "  seeds: [0, 1]",
        "    one: {network: profile, representation: rcps, kmer: 1, channels: 8}\n"
        "    two: {network: labelled, representation: rcps, kmer: 1, channels: 8}\n"
        "  combinations: {both: {arms: [one, two]}}\n  seeds: [0, 1]",
        ["have no kind of task in common", "one: profile; two: binary, labelled"], 21,
    ),
    "training called default": (
        "trainings:\n", "trainings:\n  default: {like: binary}\n", ["any other name than default"], 10,
    ),
    "network called published": (
        "name: run", "name: run\nnetworks: {published: {like: binary}}", ["any other name than published"], 2,
    ),
    "training called published": ("  binary: {", "  published: {like: binary}\n  binary: {", ["rename it"], 10),
    "built-in training for tasks of another kind": (
        "binary: {epochs: 3}", "binary: {like: labelled, epochs: 3}",
        ["`trainings.binary` is the built-in training", "a training of kind labelled", "choose another name"], 10,
    ),
    "default training for tasks of another kind": (
        "{epochs: 3}", "{epochs: 3}\n  default_binary: {like: labelled}",
        ["`trainings.default_binary` is the built-in training", "like: labelled, a training of kind"], 11,
    ),
    "default training like that of another kind": (
        "{epochs: 3}", "{epochs: 3}\n  default_labelled:\n    like: default_binary",
        ["`trainings.default_labelled` is the built-in training", "trainings of kind labelled", "choose another"], 12,
    ),
    "built-in training like the default one of another kind": (
        "binary: {epochs: 3}", "binary: {like: default_labelled}",
        ["`trainings.binary` is the built-in training of tasks of kind binary", "a training of kind labelled"], 10,
    ),
    "no share of a list": (
        "channels: 16}\n",
        "channels: 16}\n    more: {representation: irrep, kmer: 1, channels: 4, plus_fraction: [null]}\n",
        ["study.arms.more.plus_fraction[0]", "a number"], 14,
    ),
    "windows moved by half of themselves": (
        "binary: {epochs: 3}", "binary:\n    jitter: 0.5",
        ["trainings.binary.jitter", "0.5", "a number, at least 0, less than 0.5"], 11,
    ),
    "windows moved by a number of bases": (
        "channels: 16}", "channels: 16, training: {like: binary, jitter: 8}}",
        ["study.arms.standard.training.jitter", "8", "less than 0.5"], 13,
    ),
    "batches of one class for an arm": (
        "channels: 16}", "channels: 16, training: {batch_size: 2}}",
        ["0 of 2 windows bound", "raise batch_size"], 13,
    ),
    "layers wider than any genome": (
        "name: run", f"name: run\nnetworks: {{binary: {{trunk: {{kernel_widths: [1{'0' * 30}]}}}}}}",
        [f"windows of 1{'0' * 28}39 bases or more"], 2,
    ),
    "windows too narrow for a network that no file changes": (
        "seeds: [0, 1]", "seeds: [0, 1]\nwindows: {width: 50}", ["arm `standard`", "windows of 80 bases or more"], 13,
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_named_with_its_line_and_a_remedy(good: str, tmp_path: Path, fault: str) -> None:
    old, new, words, line = FAULTS[fault]
    assert good.count(old) >= 1
    require_refusal(good.replace(old, new, 1), tmp_path, words, line)


def test_a_task_that_no_arm_serves_is_refused(good: str, tmp_path: Path) -> None:
    text = good.replace("    peaks:", '    kind: profile\n    counts: {reads: ["{data}/peaks.bed"]}\n    peaks:')
    assert arms_for(resolve_text(text.split("predict:")[0], tmp_path).settings, "CTCF") == ["standard", "irrep_k3"]
    arms = text.replace("channels: 16}", "channels: 16, network: binary}").replace(
        "kmer: 3", "kmer: 3\n      network: binary"
    )
    words = ["no arm serves `tasks.CTCF`", "network binary answers logits, not profile"]
    require_refusal(arms.split("predict:")[0], tmp_path, words)
    of_labelled = good.replace("channels: 16}", "channels: 16, training: default_labelled}").replace(
        "kmer: 3", "kmer: 3\n      training: {like: default_labelled}"
    )
    words = ["no arm serves `tasks.CTCF`", "training default_labelled is for tasks of kind labelled"]
    require_refusal(of_labelled.split("predict:")[0], tmp_path, words)
