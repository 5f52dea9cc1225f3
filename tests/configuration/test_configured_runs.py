"""The runs of resources/runs resolve, and their networks have the sizes that their claims need."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from study_configurations import CURVATURE, LONG_RUNS, LONG_STUDIES, RUNS, STUDIES, resolve_files

from configuration import arms_for, candidates_of, contestants, network_of, train_sizes, training_of
from configuration.tuning import TUNED
from rc_equivariant.descriptions.networks import NetworkDescription
from rc_equivariant.networks.network import build
from workflow_support.metrics import BASELINE_ARM

ROOT = Path(__file__).parents[2]
#: The runs of both hyperbolic studies.
HYPERBOLIC = [run for run in STUDIES if run.startswith(("hyperbolic_", "published_"))]


@pytest.mark.parametrize("run", STUDIES)
def test_the_runs_of_the_results_resolve_on_the_real_data(run: str, shared_data: Path) -> None:
    settings = resolve_files(STUDIES[run], shared_data)
    assert settings["name"] == run
    named = {name for claim in settings["study"]["claims"] for name in (claim["better"], claim["than"])}
    assert named <= settings["study"]["arms"].keys() | settings["study"]["combinations"].keys()
    assert len(settings["tasks"]) == (40 if run == "phylogeny_study" else 1)


@pytest.mark.parametrize("run", LONG_RUNS)
def test_studies_of_networks_and_of_the_ladder_resolve_on_every_data_set(run: str, shared_data: Path) -> None:
    settings = resolve_files(LONG_RUNS[run], shared_data)
    study, (task,) = settings["study"], settings["tasks"]
    named = {name for claim in study["claims"] for name in (claim["better"], claim["than"])}
    assert named <= {*contestants(study), BASELINE_ARM}
    # Every arm that was written has its trials.
    assert all("trial" in arm for arm in study["arms"].values())
    sizes = train_sizes(settings, task, "bag")
    assert len(sizes) == (5 if run.startswith("ladder") else 1)
    assert sizes[-1] == "all"


@pytest.mark.parametrize("study", LONG_STUDIES)
@pytest.mark.parametrize("data_set", ["max", "gue_mouse_tf_2"])
def test_small_forms_of_long_studies_have_few_trainings(study: str, data_set: str, shared_data: Path) -> None:
    files = [*LONG_RUNS[f"{study}_{data_set}"], RUNS / f"{study}_small.yaml"]
    settings = resolve_files(files, shared_data)
    (task,) = settings["tasks"]
    arms = arms_for(settings, task)
    assert sum(len(train_sizes(settings, task, arm)) for arm in arms) <= 24
    other = {"networks": "base", "ladder": "default"}[study]
    assert candidates_of(settings["study"], f"bag_and_{other}") == [
        [f"bag_t{bag}", f"{other}_t{trial}"] for bag in (1, 2) for trial in (1, 2)
    ]


@pytest.mark.parametrize("data_set", ["max", "gue_mouse_tf_2"])
def test_arms_of_the_study_of_networks_differ_from_its_base_in_one_thing(data_set: str, shared_data: Path) -> None:
    """In the network, the number of channels, or one option of the training; one_cycle comes with its warm-up."""
    settings = resolve_files(LONG_RUNS[f"networks_{data_set}"], shared_data)
    (task,) = settings["tasks"]
    kind = settings["tasks"][task]["kind"]
    compared_with = ("rcps", "augmented", "post_hoc")
    arms = {arm: settings["study"]["arms"][arm]["family"] for arm in arms_for(settings, task) if arm.endswith("_t1")}
    ablated = {arm: name for arm, name in arms.items() if not name.startswith(compared_with)}
    assert len(ablated) == 19 + (kind == "binary")

    def described(arm: str) -> dict[str, Any]:
        own = {key: value for key, value in training_of(settings, kind, arm).items() if key not in TUNED}
        return network_of(settings, kind, arm) | own

    base = described("base_t1")
    for arm, name in ablated.items():
        found = described(arm)
        differing = {key for key in {*base, *found} if base.get(key) != found.get(key)}
        if name == "base":
            assert not differing
        elif differing & {"trunk", "head", "beside", "apart"}:
            assert settings["study"]["arms"][arm]["network"] != "published"
            assert differing <= {"trunk", "head", "beside", "apart"}, name
        else:
            assert differing in ({"channels"}, {"schedule", "warm_up"}) or len(differing) == 1, name


@pytest.mark.parametrize("run", HYPERBOLIC)
def test_hyperbolic_networks_of_the_results_have_equal_sizes_within_5_percent(run: str, shared_data: Path) -> None:
    settings = resolve_files(STUDIES[run], shared_data)
    named = {name for claim in settings["study"]["claims"] for name in (claim["better"], claim["than"])}
    assert named == settings["study"]["arms"].keys()
    sizes = [parameters_of(settings, "labelled", arm, 101) for arm in settings["study"]["arms"]]
    assert len(sizes) == (8 if run.startswith("published_") else 6)
    assert max(sizes) <= 1.05 * min(sizes)


@pytest.mark.parametrize("data_set", CURVATURE)
def test_arms_of_the_study_of_curvature_differ_in_what_is_claimed(data_set: str, shared_data: Path) -> None:
    """Equal sizes within 5 %, trials and epochs, and a claim for each pair that differs in one thing."""
    settings = resolve_files(CURVATURE[data_set], shared_data)
    study = settings["study"]
    first = {arm["family"]: name for name, arm in study["arms"].items() if name.endswith("_t1")}
    hyperbolic = [name for name in first if not name.startswith("default")]
    sizes = [parameters_of(settings, "labelled", first[name], 101) for name in hyperbolic]
    assert len(sizes) == 11
    assert max(sizes) <= 1.05 * min(sizes)
    assert {training_of(settings, "labelled", arm)["epochs"] for arm in study["arms"]} == {15}
    assert {arm["trial"] for arm in study["arms"].values()} == {1, 2, 3}
    one_thing = [claim for claim in study["claims"] if {claim["better"], claim["than"]} <= {*hyperbolic}]
    assert len(one_thing) == 11
    for claim in one_thing:
        better, than = (network_of(settings, "labelled", first[claim[side]]) for side in ("better", "than"))
        trunks = [network["trunk"] for network in (better, than)]
        differing = {key for key in trunks[0] if trunks[0][key] != trunks[1][key]}
        differing |= {"representation"} & {key for key in better if better[key] != than[key]}
        assert differing in (
            {"linear_map"}, {"concatenation"}, {"k", "learnt"}, {"representation"},
            {"curvature", "learnt", "linear_map"},
        )  # fmt: skip


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
