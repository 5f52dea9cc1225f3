"""What a configuration leaves out is completed, and a complete configuration stays as it is."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from good_configuration import GOOD, SCHEMA, resolve_text
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from configuration import (
    network_of,
    resolve,
    training_of,
)
from learning.predict import STRIDE
from workflow_support.errors import InputError


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
        "schedule": "constant",
        "warm_up": 0.0,
        "weight_decay": 0.0,
        "weight_average": 0.0,
        "gradient_clipping": 0.0,
        "patience": None,
        "batch_size": 100,
        "label_smoothing": 0.0,
        "class_weights": "none",
        "base_substitution": 0.0,
        "crossover": 0.0,
        "calibrated": False,
        "jitter": 0.0,
        "positive_fraction": 0.2,
        "steps_per_epoch": 50,
        "precision": "float32",
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


def test_sites_lose_less_than_a_hundredth_of_auroc_between_windows_of_the_default_stride(
    good: str, tmp_path: Path
) -> None:
    """By the AUROC of moved windows in docs/measurements.md, of networks that are trained with the default jitter."""
    assert resolve_text(good, tmp_path).settings["predict"]["scan"]["stride"] == STRIDE
    page = (SCHEMA.parents[2] / "docs/measurements.md").read_text(encoding="utf-8")
    table = page.partition("\n| moved by |")[2].partition("\n\n")[0].splitlines()
    moved, *rows = ([cell.strip() for cell in line.strip("| ").split("|")] for line in table if "---" not in line)
    furthest = moved.index(str(STRIDE // 2))
    losses = {name: float(values[0]) - float(values[furthest]) for name, *values in rows if name.endswith(", 0.1")}
    assert set(losses) == {"CTCF, 0.1", "Max, 0.1"}
    assert max(losses.values()) < 0.01


def test_sequences_to_predict_on_belong_to_no_genome(good: str, tmp_path: Path) -> None:
    text = good.replace("contigs: [chr2]", f"sequences: {tmp_path}/genome.fa")
    assert "genome" not in resolve_text(text, tmp_path).settings["predict"]["scan"]


def test_variants_lie_on_the_genome_of_their_task_unless_they_say_otherwise(good: str, tmp_path: Path) -> None:
    variants = f"variants:\n  qtls: {{task: CTCF, arm: irrep_k3, file: {tmp_path}/peaks.bed}}\n"
    assert resolve_text(good + variants, tmp_path).settings["variants"]["qtls"]["genomes"] == ["small"]
    with pytest.raises(InputError, match=r"variants.qtls.genomes\[0\].*names nothing"):
        resolve_text(good + variants.replace("task:", "genomes: [large], task:"), tmp_path)


def test_what_is_yet_to_be_chosen_predicts_nothing(good: str, tmp_path: Path) -> None:
    text = good.replace("  seeds:", "  combinations: {best: {best_of: [irrep_k3]}}\n  seeds:").replace(
        "arm: irrep_k3", "arm: best"
    )
    with pytest.raises(InputError, match=r"predict\.scan\.arm.*chosen from several arms only after they are trained"):
        resolve_text(text, tmp_path)


def test_a_resolved_configuration_resolves_to_itself(good: str, tmp_path: Path) -> None:
    once = resolve_text(good, tmp_path)
    assert resolve(copy.deepcopy(once.settings), [], SCHEMA) == once


_ARM_PARTS = st.fixed_dictionaries(
    {"representation": st.sampled_from(["standard", "regular"]), "kmer": st.sampled_from([1, 2, [1, 3]])},
    optional={
        "network": st.sampled_from(
            ["published", "default", "binary", "mine", "bent", ["mine", "bent"], ["published", "labelled"]]
        ),
        "training": st.sampled_from(
            ["published", "default", "slow", {"epochs": 2}, {"like": "slow", "batch_size": 20}, {"like": "default"}]
        ),
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
