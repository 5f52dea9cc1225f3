"""The configuration: what is wrong is named with file, line and remedy; what is right is completed."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from study_configurations import STUDIES, resolve_files

from configuration import (
    Configuration,
    Location,
    arms_for,
    contestants_for,
    kinds_of,
    network_of,
    replicates_of,
    resolve,
    train_sizes,
    training_of,
)
from configuration.windows import shortest_window
from rc_equivariant.descriptions.networks import NetworkDescription
from rc_equivariant.networks.network import build
from workflow_support.errors import InputError

ROOT = Path(__file__).parents[2]
#: The runs of both hyperbolic studies.
HYPERBOLIC = [run for run in STUDIES if run.startswith(("hyperbolic_", "published_"))]
SCHEMA = ROOT / "resources/schemas/config.schema.json"

GOOD = """\
name: run
data: {folder}
genomes:
  small:
    fasta: "{{data}}/genome.fa"
    splits:
      validation: [chr1]
      test: ["chr2:1-5000"]
trainings:
  binary: {{epochs: 3}}
study:
  arms:
    standard: {{representation: standard, kmer: 1, channels: 16}}
    irrep_k3:
      representation: irrep
      kmer: 3
      channels: 32
      plus_fraction: 0.75
  seeds: [0, 1]
tasks:
  CTCF:
    genome: small
    peaks: "{{data}}/peaks.bed"
    negatives: {{ratio: 2}}
predict:
  scan:
    task: CTCF
    arm: irrep_k3
    contigs: [chr2]
"""

# What is replaced in GOOD, what by, the words that the error must hold, and the line that it must name (0: none).
FAULTS = {
    "unknown key, near": ("  seeds: [0, 1]", "  seeds: [0]\n  seed: 1", ["`seed`", "did you mean `seeds`?"], 20),
    "misspelt required key": ("genome: small", "genom: small", ["`genom`", "did you mean `genome`?"], 22),
    "unknown key, elsewhere": ("name: run", "name: run\nthreads: 5", ["`compute`", "move it there"], 2),
    "unknown key, nowhere": ("name: run", "name: run\nzzz: 5", ["delete the line"], 2),
    "unknown key in an arm": ("plus_fraction: 0.75", "plus_fractoin: 0.75", ["did you mean `plus_fraction`"], 18),
    "missing key": ("    peaks: \"{data}/peaks.bed\"\n", "", ["`tasks.CTCF` lacks the key `peaks`", "add a line"], 21),
    "empty required key": ("    genome: small\n", "    genome:\n", ["`tasks.CTCF` lacks the key `genome`"], 21),
    "no tasks": ("tasks:\n  CTCF:", "tasks: {}\nextra:\n  CTCF:", ["`tasks`", "1 or more of them"], 20),
    "text for a number": ("epochs: 3", "epochs: three", ["trainings.binary.epochs", "a whole number, at least 1"], 10),
    "fraction for a whole number": ("epochs: 3", "epochs: 2.5", ["trainings.binary.epochs", "a whole number"], 10),
    "whole number with a point": ("epochs: 3", "epochs: 3.0", ["trainings.binary.epochs", "a whole number"], 10),
    "true for a number": ("epochs: 3", "epochs: true", ["trainings.binary.epochs", "found:   true"], 10),
    "nan": ("epochs: 3", "learning_rate: .nan", ["trainings.binary.learning_rate"], 10),
    "infinite": ("ratio: 2", "ratio: .inf", ["tasks.CTCF.negatives.ratio"], 24),
    "below its minimum": ("epochs: 3", "epochs: 0", ["at least 1", "trainings.binary.epochs"], 10),
    "above its maximum": ("kmer: 3", "kmer: 7", ["at least 1, at most 6"], 16),
    "unknown choice": ("representation: irrep\n", "representation: irep\n", ["did you mean `irrep`?"], 15),
    "unknown device": ("name: run", "name: run\ncompute: {device: gpu}", ["cpu or cuda"], 2),
    "seed twice": ("seeds: [0, 1]", "seeds: [1, 1]", ["without duplicates"], 19),
    "number for text": ("test: [\"chr2:1-5000\"]", "test: [2]", ["splits.test[0]", "put it in quotes"], 8),
    "list for text": ("genome: small", "genome: [small]", ["tasks.CTCF.genome", "text"], 22),
    "name with a slash": ("  CTCF:\n", "  CT/CF:\n", ["`CT/CF` cannot be a name"], 21),
    "name of a run with a space": ("name: run", "name: my run", ["`name`", "letters, digits"], 1),
    "name that is no text": ("  CTCF:\n", "  2:\n", ['put it in quotes: "2"'], 21),
    "key twice": (
        "{epochs: 3}", "{epochs: 3}\n  binary: {}", ["`trainings.binary` is given twice", "first on line 10"], 11,
    ),
    "task twice": ("predict:", "  CTCF: {genome: small, peaks: x}\npredict:", ["`tasks.CTCF` is given twice"], 25),
    "unknown genome": ("genome: small", "genome: smal", ["tasks.CTCF.genome", "did you mean `small`?"], 22),
    "unknown task to predict": ("task: CTCF", "task: MAX", ["predict.scan.task", "allowed: CTCF"], 27),
    "unknown arm to predict": ("arm: irrep_k3", "arm: irrep", ["did you mean `irrep_k3`?"], 28),
    "nothing to predict on": ("    contigs: [chr2]\n", "", ["none of regions, sequences, contigs"], 26),
    "two things to predict on": (
        "contigs: [chr2]", "contigs: [chr2]\n    regions: \"{data}/peaks.bed\"", ["regions and contigs"], 26,
    ),
    "genome beside sequences": (
        "contigs: [chr2]", "sequences: \"{data}/genome.fa\"\n    genome: small", ["predict.scan.genome", "delete"], 30,
    ),
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
    "counts of a binary task": (
        "    peaks:", "    counts: {reads: [\"{data}/peaks.bed\"]}\n    peaks:", ["tasks.CTCF.counts", "profile"], 23,
    ),
    "profile task without counts": ("    peaks:", "    kind: profile\n    peaks:", ["counts", "tasks.CTCF"], 21),
    "name of the baseline": ("    standard:", "    kmer_logistic_regression:", ["baseline", "rename the arm"], 13),
    "batches of one class": ("epochs: 3", "positive_fraction: 0.001", ["one class", "batch_size"], 10),
    "windows too narrow": ("{epochs: 3}\n", "{epochs: 3}\nwindows: {width: 81}\n", ["width to 82 or more"], 0),
    "region in two splits": ("test: [\"chr2:1-5000\"]", "test: [chr1]", ["chr1 under validation and test"], 8),
    "no test split": ("      test: [\"chr2:1-5000\"]\n", "", ["genomes.small.splits", "`test`"], 6),
    "missing file": ("{data}/peaks.bed", "{data}/peak.bed", ["tasks.CTCF.peaks", "peaks.bed exists"], 23),
    "missing folder": ("{data}/peaks.bed", "nowhere/peaks.bed", ["the folder nowhere does not exist"], 23),
    "folder for a file": ("{data}/peaks.bed", "{data}", ["is a folder"], 23),
    "URL that cannot be fetched": ("{data}/peaks.bed", "s3://bucket/peaks.bed", ["https://", "tasks.CTCF.peaks"], 23),
    "unknown placeholder": ("{data}/peaks.bed", "{dta}/peaks.bed", ["braces", "tasks.CTCF.peaks"], 23),
    "placeholder without data": ("data: ", "name_of_data: ", ["`name_of_data`"], 2),
    "checksum that is none": (
        "\"{data}/peaks.bed\"", "{location: \"{data}/peaks.bed\", checksum: 123abc}", ["sha256"], 23,
    ),
    "file that the simulation does not make": ("{data}/peaks.bed", "results/run/simulation/CTCF.bed", ["exist"], 23),
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
    "sequences of a binary task": (
        "    peaks:", "    sequences: {all: \"{data}/genome.fa\"}\n    peaks:",
        ["tasks.CTCF.sequences", "labelled"], 23,
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
        "channels: 16}", "channels: 16, training: {patience: 3}}",
        ["study.arms.standard.training.patience", "trainings of kind binary", "steps_per_epoch"], 13,
    ),
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
    "network called published": (
        "name: run", "name: run\nnetworks: {published: {like: binary}}", ["any other name than published"], 2,
    ),
    "training called published": ("  binary: {", "  published: {like: binary}\n  binary: {", ["rename it"], 10),
    "built-in training for tasks of another kind": (
        "binary: {epochs: 3}", "binary: {like: labelled, epochs: 3}",
        ["`trainings.binary` is the training", "a training of kind labelled", "choose another name"], 10,
    ),
    "no share of a list": (
        "channels: 16}\n",
        "channels: 16}\n    more: {representation: irrep, kmer: 1, channels: 4, plus_fraction: [null]}\n",
        ["study.arms.more.plus_fraction[0]", "a number"], 14,
    ),
    "batches of one class for an arm": (
        "channels: 16}", "channels: 16, training: {batch_size: 2}}",
        ["0 of 2 windows bound", "raise batch_size"], 13,
    ),
    "whole number that no float holds": (
        "name: run", f"name: run\nnetworks: {{labelled: {{head: {{dense: 1{'0' * 400}}}}}}}",
        ["networks.labelled.head.dense", "a whole number"], 2,
    ),
    "layers wider than any genome": (
        "name: run", f"name: run\nnetworks: {{binary: {{trunk: {{kernel_widths: [1{'0' * 30}]}}}}}}",
        [f"windows of 1{'0' * 28}39 bases or more"], 2,
    ),
    "windows too narrow for a network that no file changes": (
        "seeds: [0, 1]", "seeds: [0, 1]\nwindows: {width: 50}", ["arm `standard`", "windows of 80 bases or more"], 13,
    ),
    "labelled task with peaks": ("    peaks:", "    kind: labelled\n    peaks:", ["has no meaning", "labelled"], 22),
}  # fmt: skip


@pytest.fixture
def good(tmp_path: Path) -> str:
    (tmp_path / "genome.fa").write_text(">chr1\nACGT\n")
    (tmp_path / "peaks.bed").write_text("chr1\t0\t4\n")
    return GOOD.format(folder=tmp_path)


def resolve_text(text: str, folder: Path) -> Configuration:
    file = folder / "config.yaml"
    file.write_text(text)
    return resolve(yaml.safe_load(text), [file], SCHEMA)


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_named_with_its_line_and_a_remedy(good: str, tmp_path: Path, fault: str) -> None:
    old, new, words, line = FAULTS[fault]
    assert good.count(old) >= 1
    with pytest.raises(InputError) as caught:
        resolve_text(good.replace(old, new, 1), tmp_path)
    error = caught.value
    for word in words:
        assert word in str(error)
    assert error.fix
    assert error.found is not None
    assert error.allowed is not None
    if line:
        assert (error.file, error.line) == (tmp_path / "config.yaml", line)


def test_a_task_that_no_arm_serves_is_refused(good: str, tmp_path: Path) -> None:
    text = good.replace("    peaks:", '    kind: profile\n    counts: {reads: ["{data}/peaks.bed"]}\n    peaks:')
    assert arms_for(resolve_text(text.split("predict:")[0], tmp_path).settings, "CTCF") == ["standard", "irrep_k3"]
    arms = text.replace("channels: 16}", "channels: 16, network: binary}").replace(
        "kmer: 3", "kmer: 3\n      network: binary"
    )
    with pytest.raises(InputError, match=r"no arm serves `tasks\.CTCF`"):
        resolve_text(arms.split("predict:")[0], tmp_path)


def test_data_may_come_from_the_command_line_and_is_asked_for(good: str, tmp_path: Path) -> None:
    config = yaml.safe_load(good)
    folder = config.pop("data")
    with pytest.raises(InputError, match="--config data=FOLDER"):
        resolve(config, [], SCHEMA)
    assert resolve(config | {"data": folder}, [], SCHEMA).locations["tasks.CTCF.peaks"].address == f"{folder}/peaks.bed"


def test_text_that_stands_for_a_value_is_read_as_one(good: str, tmp_path: Path) -> None:
    config = yaml.safe_load(good)
    # 1e-3 is text to YAML, and so is all that stands within braces on Snakemake's command line.
    config |= {"trainings": {"binary": {"learning_rate": "1e-3", "epochs": "7"}}, "negatives": {"overlap": "true"}}
    config["study"]["seeds"] = ["4"]
    config["study"]["arms"]["standard"]["training"] = {"batch_size": "50"}
    settings = resolve(config, [], SCHEMA).settings
    assert settings["trainings"]["binary"]["learning_rate"] == 0.001
    assert (settings["trainings"]["binary"]["epochs"], settings["study"]["seeds"]) == (7, [4])
    assert training_of(settings, "binary", "standard")["batch_size"] == 50
    assert settings["negatives"]["overlap"] is True


def test_a_fault_of_the_command_line_is_said_to_be_there(good: str, tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(good)
    with pytest.raises(InputError, match="--config on the command line: unknown key `nam`"):
        resolve(yaml.safe_load(good) | {"nam": "x"}, [file], SCHEMA)


def test_the_last_file_that_has_a_key_is_blamed(good: str, tmp_path: Path) -> None:
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    first.write_text(good)
    second.write_text("\nstudy:\n  seeds: none\n")
    with pytest.raises(InputError) as caught:
        resolve(yaml.safe_load(good) | {"study": {"seeds": "none"}}, [first, second], SCHEMA)
    assert (caught.value.file, caught.value.line) == (second, 3)


def test_defaults_are_the_published_ones(good: str, tmp_path: Path) -> None:
    settings = resolve_text(good, tmp_path).settings
    assert settings["windows"]["width"] == 1000
    assert settings["networks"]["binary"] == {
        "trunk": {"type": "convolutions", "kernel_widths": [15, 14, 14]},
        "head": {"type": "max_pool", "pool_width": 40, "pool_stride": 20},
    }
    assert settings["trainings"]["binary"] == {
        "kind": "binary",
        "epochs": 3,
        "learning_rate": 0.001,
        "batch_size": 100,
        "positive_fraction": 0.2,
        "steps_per_epoch": 50,
    }
    assert settings["compute"] == {"device": "cpu", "threads": 1, "deterministic": False, "stacked_replicates": None}
    assert network_of(settings, "binary", "standard") == {
        "representation": "standard", "kmer": 1, "channels": 16, "plus_fraction": None, "conjoined": False,
        **settings["networks"]["binary"],
    }  # fmt: skip
    assert training_of(settings, "binary", "standard") == {
        key: value for key, value in (settings["trainings"]["binary"] | settings["compute"]).items() if key != "kind"
    }


def test_a_task_takes_what_it_does_not_say_from_the_run_and_its_genome(good: str, tmp_path: Path) -> None:
    settings = resolve_text(good, tmp_path).settings
    task = settings["tasks"]["CTCF"]
    assert task["negatives"] == settings["negatives"] | {"ratio": 2}
    assert settings["negatives"]["ratio"] == 5
    assert task["windows"] == settings["windows"]
    assert task["splits"] == settings["genomes"]["small"]["splits"]
    assert settings["predict"]["scan"]["genome"] == "small"


def test_sequences_to_predict_on_belong_to_no_genome(good: str, tmp_path: Path) -> None:
    text = good.replace("contigs: [chr2]", f"sequences: {tmp_path}/genome.fa")
    assert "genome" not in resolve_text(text, tmp_path).settings["predict"]["scan"]


def test_a_resolved_configuration_resolves_to_itself(good: str, tmp_path: Path) -> None:
    once = resolve_text(good, tmp_path)
    assert resolve(copy.deepcopy(once.settings), [], SCHEMA) == once


_ARM_PARTS = st.fixed_dictionaries(
    {"representation": st.sampled_from(["standard", "regular"]), "kmer": st.sampled_from([1, 2, [1, 3]])},
    optional={
        "network": st.sampled_from(
            ["published", "binary", "mine", "bent", ["mine", "bent"], ["published", "labelled"]]
        ),
        "training": st.sampled_from(["published", "slow", {"epochs": 2}, {"like": "slow", "batch_size": 20}]),
        "kinds": st.sampled_from([["binary"], ["labelled", "binary"]]),
        "train_sizes": st.just(["all"]),
    },
)
_NETWORKS = st.fixed_dictionaries(
    {
        "mine": st.sampled_from([{"like": "labelled"}, {"like": "binary", "trunk": {"type": "dilated"}}]),
        "bent": st.sampled_from([{"like": "hyperbolic", "trunk": {"curvature": "flat"}}, {"like": "hyperbolic"}]),
    },
    optional={"labelled": st.just({"like": "mine", "head": {"type": "dense", "dense": 8}})},
)


@settings(max_examples=30)
@given(arms=st.lists(_ARM_PARTS, max_size=3), networks=_NETWORKS, epochs=st.integers(1, 9))
def test_every_resolved_configuration_resolves_to_itself(
    tmp_path_factory: pytest.TempPathFactory, arms: list[dict[str, Any]], networks: dict[str, Any], epochs: int
) -> None:
    folder = tmp_path_factory.mktemp("run")
    for name in ("genome.fa", "peaks.bed"):
        (folder / name).touch()
    config = yaml.safe_load(GOOD.format(folder=folder))
    config["networks"], config["trainings"]["slow"] = networks, {"like": "binary", "epochs": epochs}
    config["study"]["arms"] |= {f"arm{place}": arm | {"channels": 8} for place, arm in enumerate(arms)}
    try:
        once = resolve(config, [], SCHEMA)
    except InputError:
        # Networks may be like themselves, and arms may serve no kind.
        assume(False)
    assert resolve(copy.deepcopy(once.settings), [], SCHEMA) == once


def test_lists_span_arms_and_families_stand_for_all_of_theirs(good: str, tmp_path: Path) -> None:
    lists = good.replace("kmer: 3", "kmer: [1, 3]").replace("plus_fraction: 0.75", "plus_fraction: [0, 0.75]")
    spanned = lists.replace("  seeds:", "  combinations: {best: {best_of: [irrep_k3]}}\n  seeds:")
    spanned = spanned.replace("irrep_k3", "irrep").replace("arm: irrep", "arm: irrep_k3_p0.75")
    once = resolve_text(spanned, tmp_path)
    study = once.settings["study"]
    members = ["irrep_k1_p0", "irrep_k1_p0.75", "irrep_k3_p0", "irrep_k3_p0.75"]
    assert list(study["arms"]) == ["standard", *members]
    assert study["arms"]["irrep_k3_p0"] == {
        "family": "irrep", "network": "published", "training": "published",
        "representation": "irrep", "kmer": 3, "channels": 32, "plus_fraction": 0,
    }  # fmt: skip
    assert study["combinations"]["best"]["best_of"] == members
    assert study["reference"] == {"binary": "standard"}
    assert resolve(copy.deepcopy(once.settings), [], SCHEMA) == once


def test_networks_and_curvatures_span_arms(good: str, tmp_path: Path) -> None:
    spanned = good.replace("channels: 16}", "channels: 15, network: hyperbolic, curvature: [flat, single, per_block]}")
    spanned = spanned.replace(
        "  seeds:", "    two: {representation: rcps, kmer: 1, channels: 4, network: [published, hyperbolic]}\n  seeds:"
    )
    once = resolve_text(spanned, tmp_path)
    arms = once.settings["study"]["arms"]
    of_standard = ["standard_flat", "standard_single", "standard_per_block"]
    assert list(arms) == [*of_standard, "irrep_k3", "two_published", "two_hyperbolic"]
    trunks = [network_of(once.settings, "binary", arm)["trunk"] for arm in of_standard]
    assert [(trunk["curvature"], trunk["learnt"]) for trunk in trunks] == [
        ("flat", False), ("single", True), ("per_block", True),
    ]  # fmt: skip
    assert {arms[arm]["family"] for arm in of_standard} == {"standard"}
    assert "curvature" not in arms["two_hyperbolic"]
    assert resolve(copy.deepcopy(once.settings), [], SCHEMA) == once


def test_layers_of_other_networks_ask_nothing_of_hyperbolic_arms(good: str, tmp_path: Path) -> None:
    """The convolutions of binary tasks need wide windows, and odd channels cannot pair up in Euclidean space."""
    narrow = good.replace("trainings:\n", "windows: {width: 30}\ntrainings:\n")
    with pytest.raises(InputError, match="too narrow"):
        resolve_text(narrow, tmp_path)
    arm = "network: hyperbolic, representation: regular, channels: 31"
    bent = narrow.replace("representation: standard, kmer: 1, channels: 16", f"{arm}, kmer: 1")
    irrep = "      representation: irrep\n      kmer: 3\n      channels: 32\n"
    assert resolve_text(bent.replace(irrep, irrep + "      network: hyperbolic\n"), tmp_path)


def test_an_arm_serves_every_kind_that_its_network_and_training_can_serve(good: str, tmp_path: Path) -> None:
    arms = (
        "    any: {representation: rcps, kmer: 1, channels: 8}\n"
        "    classes: {representation: rcps, kmer: 1, channels: 8, network: labelled}\n"
        "    short: {representation: rcps, kmer: 1, channels: 8, network: labelled, training: short}\n"
        "    tracks: {representation: rcps, kmer: 1, channels: 8, network: profile}\n"
        "    one: {representation: rcps, kmer: 1, channels: 8, kinds: [labelled]}\n"
        "  combinations: {both: {arms: [any, short]}}\n  seeds:"
    )
    text = good.replace("trainings:\n", "trainings:\n  short: {like: binary, epochs: 1}\n")
    settings = resolve_text(text.replace("  seeds:", arms), tmp_path).settings
    assert {name: kinds_of(settings, name) for name in ("any", "classes", "short", "tracks", "one", "both")} == {
        "any": ["binary", "labelled", "profile"],
        "classes": ["binary", "labelled"],
        "short": ["binary"],
        "tracks": ["profile"],
        "one": ["labelled"],
        "both": ["binary"],
    }
    assert arms_for(settings, "CTCF") == ["standard", "irrep_k3", "any", "classes", "short"]
    assert contestants_for(settings, "CTCF") == [*arms_for(settings, "CTCF"), "both"]
    assert network_of(settings, "binary", "any")["trunk"]["type"] == "convolutions"
    assert network_of(settings, "profile", "any")["trunk"]["type"] == "dilated"
    assert network_of(settings, "binary", "classes")["trunk"]["type"] == "pooled_residual"
    assert training_of(settings, "binary", "short")["epochs"] == 1
    assert training_of(settings, "binary", "classes")["epochs"] == 3


def test_a_network_starts_from_another_and_changes_parts_of_it(good: str, tmp_path: Path) -> None:
    networks = (
        "networks:\n  labelled: {trunk: {first_width: 11}}\n"
        "  deep: {like: labelled, trunk: {dilations: [1, 2, 4]}}\n"
        "  deeper: {like: deep, head: {type: max_pool, pool_width: 9}}\ntrainings:\n"
    )
    named = resolve_text(good.replace("trainings:\n", networks), tmp_path).settings["networks"]
    trunk = {"type": "pooled_residual", "first_width": 11, "pool_width": 3, "residual_width": 5}
    assert named["deep"] == {
        "trunk": trunk | {"dilations": [1, 2, 4]}, "head": {"type": "dense", "dense": 64, "dropout": 0.3},
    }  # fmt: skip
    assert named["deeper"] == {
        "trunk": trunk | {"dilations": [1, 2, 4]}, "head": {"type": "max_pool", "pool_width": 9, "pool_stride": 20},
    }  # fmt: skip


FORMER = {
    "network": (
        "network: {kernel_widths: [9], pool_width: 3}",
        "networks: {binary: {trunk: {kernel_widths: [9]}, head: {pool_width: 3}}}",
    ),
    "training": (
        "training: {epochs: 3, device: cuda}", "trainings: {binary: {epochs: 3}}; compute: {device: cuda}",
    ),
    "labelled.network": (
        "labelled: {network: {dilations: [1], dense: 8}}",
        "networks: {labelled: {trunk: {dilations: [1]}, head: {dense: 8}}}",
    ),
    "labelled.training": ("labelled: {training: {epochs: 3}}", "trainings: {labelled: {epochs: 3}}"),
    "profile.network": (
        "profile: {network: {window: 99, dilations: [2], profile_width: 7}}",
        "profile: {window: 99}; networks: {profile: {trunk: {dilations: [2]}, head: {profile_width: 7}}}",
    ),
    "profile.training": ("profile: {training: {epochs: 3}}", "trainings: {profile: {epochs: 3}}"),
    "hyperbolic.network": (
        "hyperbolic: {network: {blocks: 2, head: centroid}}",
        "networks: {hyperbolic: {trunk: {blocks: 2}, head: {pooling: centroid}}}",
    ),
    "study.arms.standard.kind": ("kind: labelled", "kinds: [labelled]"),
    "study.arms.standard.geometry": ("geometry: hyperbolic", "network: hyperbolic"),
}  # fmt: skip


@pytest.mark.parametrize("key", FORMER)
def test_a_former_key_is_refused_with_its_new_spelling(good: str, tmp_path: Path, key: str) -> None:
    old, new = FORMER[key]
    is_arm = key.startswith("study")
    place = ("channels: 16}", f"channels: 16, {old}}}") if is_arm else ("name: run", f"name: run\n{old}")
    with pytest.raises(InputError) as caught:
        resolve_text(good.replace(*place), tmp_path)
    assert f"`{key}`" in str(caught.value)
    assert caught.value.fix.splitlines() == ["replace it with:", *new.split("; ")]
    assert caught.value.line == (13 if is_arm else 2)
    # What is to be pasted is part of a configuration that resolves.
    pasted = yaml.safe_load(good)
    (pasted["study"]["arms"]["standard"] if is_arm else pasted).update(yaml.safe_load(new.replace("; ", "\n")))
    pasted["study"]["arms"]["other"] = {"representation": "standard", "kmer": 1, "channels": 4}
    assert resolve(pasted, [], SCHEMA)


def test_what_is_yet_to_be_chosen_predicts_nothing(good: str, tmp_path: Path) -> None:
    text = good.replace("  seeds:", "  combinations: {best: {best_of: [irrep_k3]}}\n  seeds:").replace(
        "arm: irrep_k3", "arm: best"
    )
    with pytest.raises(InputError, match=r"predict\.scan\.arm.*chosen from several arms only after they are trained"):
        resolve_text(text, tmp_path)


def test_variants_lie_on_the_genome_of_their_task_unless_they_say_otherwise(good: str, tmp_path: Path) -> None:
    variants = f"variants:\n  qtls: {{task: CTCF, arm: irrep_k3, file: {tmp_path}/peaks.bed}}\n"
    assert resolve_text(good + variants, tmp_path).settings["variants"]["qtls"]["genomes"] == ["small"]
    with pytest.raises(InputError, match=r"variants.qtls.genomes\[0\].*names nothing"):
        resolve_text(good + variants.replace("task:", "genomes: [large], task:"), tmp_path)


def test_replicates_of_a_combination_share_no_seed() -> None:
    study = {
        "arms": {},
        "seeds": [4, 5, 6, 7, 8],
        "combinations": {
            "pairs": {"arms": ["a", "b"], "replicates": 2},
            "best": {"best_of": ["a", "b"], "replicates": 1},
        },
    }
    assert replicates_of(study, "pairs") == ([["a", "b"]], [[4, 5], [6, 7]])
    assert replicates_of(study, "best") == ([["a"], ["b"]], [[4], [5], [6], [7], [8]])
    assert replicates_of(study, "a") == ([["a"]], [[4], [5], [6], [7], [8]])


def test_sizes_are_those_of_the_task_that_all_members_have() -> None:
    settings = {
        "tasks": {"CTCF": {}, "small": {"train_sizes": [0.5, "all"]}},
        "study": {
            "arms": {"a": {}, "b": {"train_sizes": ["all"]}},
            "seeds": [1],
            "train_sizes": [1000, "all"],
            "combinations": {"both": {"arms": ["a", "b"], "replicates": 1}},
        },
    }
    assert train_sizes(settings, "CTCF", "a") == ["1000", "all"]
    assert train_sizes(settings, "small", "a") == ["0.5", "all"]
    assert train_sizes(settings, "CTCF", "both") == ["all"]


def test_resolving_leaves_its_argument_alone(good: str, tmp_path: Path) -> None:
    config = yaml.safe_load(good)
    before = copy.deepcopy(config)
    resolve(config, [], SCHEMA)
    assert config == before


def test_locations_keep_their_checksums_and_urls_need_not_exist(good: str, tmp_path: Path) -> None:
    checksum = "sha256:" + "0" * 64
    remote = f"{{location: https://example.org/peaks.bed.gz, checksum: '{checksum}'}}"
    locations = resolve_text(good.replace('"{data}/peaks.bed"', remote), tmp_path).locations
    assert locations["tasks.CTCF.peaks"] == Location("https://example.org/peaks.bed.gz", checksum)
    assert locations["tasks.CTCF.peaks"].is_remote
    assert not locations["genomes.small.fasta"].is_remote


@given(
    width=st.integers(10, 1200),
    kmer=st.integers(1, 6),
    kernels=st.lists(st.integers(1, 30), min_size=1, max_size=4),
    pool=st.integers(1, 60),
)
def test_the_least_width_that_an_error_names_is_the_least_that_the_network_reads(
    width: int, kmer: int, kernels: list[int], pool: int
) -> None:
    trunk, head = {"type": "convolutions", "kernel_widths": kernels}, {"type": "max_pool", "pool_width": pool}
    network = {"representation": "standard", "kmer": kmer, "channels": 4, "trunk": trunk, "head": head}
    least = shortest_window(network)
    assert NetworkDescription.from_dict(network | {"window": least})
    assume(least > 1)
    with pytest.raises(ValueError, match=f"{least} bases or more"):
        NetworkDescription.from_dict(network | {"window": min(width, least - 1)})


def arm_network(good: str, folder: Path, arm: str, networks: str = "{}") -> Any:
    """The network of the arm ``standard`` with other settings, for a labelled task of 20 bases."""
    text = good.replace("channels: 16}", f"channels: 4, network: hyperbolic, {arm}}}")
    settings = resolve_text(text.replace("trainings:\n", f"networks: {networks}\ntrainings:\n"), folder).settings
    return build(NetworkDescription.from_dict(network_of(settings, "labelled", "standard") | {"window": 20}))


def test_an_arm_may_have_a_k_of_its_own(good: str, tmp_path: Path) -> None:
    network = arm_network(good, tmp_path, "k: 4.0, learnt: false")
    assert [float(k()) for k in network.trunk.curvatures] == [pytest.approx(4)]
    assert not any(k.log_k.requires_grad for k in network.trunk.curvatures)


def test_a_flat_arm_has_no_curvature_to_learn(good: str, tmp_path: Path) -> None:
    learnt = {}
    for curvature in ("flat", "single", "per_block"):
        network = arm_network(good, tmp_path, f"curvature: {curvature}", "{hyperbolic: {trunk: {k: 2.0}}}")
        learnt[curvature] = [round(k().item(), 6) for k in network.trunk.curvatures if k.log_k.requires_grad]
    assert learnt == {"flat": [], "single": [2], "per_block": [2, 2, 2, 2]}


@pytest.mark.parametrize("run", STUDIES)
def test_the_runs_of_the_results_resolve_on_the_real_data(run: str, shared_data: Path) -> None:
    settings = resolve_files(STUDIES[run], shared_data)
    assert settings["name"] == run
    named = {name for claim in settings["study"]["claims"] for name in (claim["better"], claim["than"])}
    assert named <= settings["study"]["arms"].keys() | settings["study"]["combinations"].keys()
    assert len(settings["tasks"]) == (40 if run == "phylogeny_study" else 1)


@pytest.mark.parametrize("run", HYPERBOLIC)
def test_hyperbolic_networks_of_the_results_have_equal_sizes_within_5_percent(run: str, shared_data: Path) -> None:
    settings = resolve_files(STUDIES[run], shared_data)
    named = {name for claim in settings["study"]["claims"] for name in (claim["better"], claim["than"])}
    assert named == settings["study"]["arms"].keys()
    sizes = [parameters_of(settings, "labelled", arm, 101) for arm in settings["study"]["arms"]]
    assert len(sizes) == (8 if run.startswith("published_") else 6)
    assert max(sizes) <= 1.05 * min(sizes)


def parameters_of(settings: dict[str, Any], kind: str, arm: str, window: int) -> int:
    network = build(NetworkDescription.from_dict(network_of(settings, kind, arm) | {"window": window}))
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize("files", [["config.yaml"], ["resources/runs/binary_study.yaml", "resources/runs/max.yaml"]])
def test_matched_networks_have_the_parameters_of_equivariant_ones_within_5_percent(
    files: list[str], shared_data: Path
) -> None:
    settings = resolve_files([ROOT / file for file in files], shared_data)
    width = settings["windows"]["width"]
    matched = parameters_of(settings, "binary", "matched", width)
    for arm in ("regular_k3", "irrep_k3_p0.75" if "irrep_k3_p0.75" in settings["study"]["arms"] else "irrep_k3"):
        assert matched == pytest.approx(parameters_of(settings, "binary", arm, width), rel=0.05), arm
