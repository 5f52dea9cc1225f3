"""Arms as a configuration describes them: lists, kinds of task, networks, replicates and sizes."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from good_configuration import SCHEMA, resolve_text
from hypothesis import assume, given
from hypothesis import strategies as st

from configuration import (
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
from learning.training.settings import StrandSettings
from plan.study import how_trained
from rc_equivariant.descriptions.networks import NetworkDescription
from rc_equivariant.networks.network import build
from workflow_support.errors import InputError


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


def test_the_default_training_is_that_of_the_kind_of_the_task(good: str, tmp_path: Path) -> None:
    arms = (
        "    default: {network: default, training: default, representation: regular, kmer: 3, channels: 8}\n"
        "    shorter: {training: {like: default, patience: 5}, representation: rcps, kmer: 1, channels: 8}\n  seeds:"
    )
    text = good.replace("  seeds:", arms)
    once = resolve_text(text.replace("trainings:\n", "trainings:\n  default_binary: {epochs: 7}\n"), tmp_path)
    settings = once.settings
    assert kinds_of(settings, "default") == ["binary", "labelled"]
    assert network_of(settings, "binary", "default")["head"]["distances"] == 8
    assert training_of(settings, "labelled", "default") == training_of(settings, "labelled", "shorter") | {
        "patience": training_of(settings, "labelled", "default")["patience"]
    }
    of_binary = training_of(settings, "binary", "default")
    assert (of_binary["epochs"], of_binary["schedule"], of_binary["weight_average"]) == (7, "cosine", 0.99)
    assert training_of(settings, "binary", "shorter") == of_binary | {"patience": 5}
    assert training_of(settings, "profile", "shorter") == training_of(settings, "profile", "irrep_k3") | {"patience": 5}
    assert resolve(copy.deepcopy(settings), [], SCHEMA) == once


def test_a_network_has_another_beside_it(good: str, tmp_path: Path) -> None:
    networks = (
        "networks:\n  bag: {trunk: {lengths: [3, 5]}}\n  wide: {like: labelled, beside: bag}\n"
        "  wider: {like: wide, trunk: {first_width: 11}}\ntrainings:\n"
    )
    text = good.replace("trainings:\n", networks)
    arm = "    wide: {network: wider, representation: regular, kmer: 3, channels: 8, kinds: [binary]}\n  seeds:"
    once = resolve_text(text.replace("  seeds:", arm), tmp_path)
    network = network_of(once.settings, "binary", "wide")
    described = NetworkDescription.from_dict(network | {"window": 100})
    assert described.trunk.first_width == 11
    assert [other.trunk.lengths for other in described.beside] == [(3, 5)]
    assert not described.apart
    assert resolve(copy.deepcopy(once.settings), [], SCHEMA) == once
    for before, after, words in (
        ("beside: bag", "beside: bags", "networks.wide.beside.*names nothing"),
        ("beside: bag", "beside: profile", "networks.wide.beside.*names nothing"),
        ("like: labelled, beside", "like: profile, beside", "networks.wide.*gives no logits"),
        (
            "like: wide, trunk: {first_width: 11}",
            "like: labelled, beside: wide",
            "networks.wider.beside.*names nothing",
        ),
        ("kmer: 3, channels: 8", "kmer: 4, channels: 8", "arms.wide.*cannot be built.*cannot count 3-mers"),
    ):
        assert before in text.replace("  seeds:", arm)
        with pytest.raises(InputError, match=words):
            resolve_text(text.replace("  seeds:", arm).replace(before, after), tmp_path)


def test_a_network_of_several_that_are_trained_apart(good: str, tmp_path: Path) -> None:
    networks = (
        "networks:\n  bag: {trunk: {lengths: [3, 5]}}\n  large: {head: {distances: 4}}\n"
        "  three: {like: labelled, beside: [default, bag], apart: true}\n  two: {like: three, beside: [bag]}\n"
        "  one: {like: large, beside: null}\n  sum: {like: large, apart: false}\ntrainings:\n"
    )
    text = good.replace("trainings:\n", networks)
    names = ("large", "three", "two", "one", "sum")
    arms = "".join(
        f"    {name}: {{network: {name}, representation: regular, kmer: 3, channels: 8, kinds: [binary]}}\n"
        for name in names
    )
    once = resolve_text(text.replace("  seeds:", f"{arms}  seeds:"), tmp_path)
    described = {
        name: NetworkDescription.from_dict(network_of(once.settings, "binary", name) | {"window": 100})
        for name in names
    }
    kinds = {name: [other.trunk.type for other in each.beside] for name, each in described.items()}
    assert kinds == {
        "large": ["bag"], "three": ["pooled_residual", "bag"], "two": ["bag"], "one": [], "sum": ["bag"]
    }  # fmt: skip
    assert [name for name, each in described.items() if each.apart] == ["large", "three", "two"]
    assert described["large"].head.distances == 4
    assert all(each.beside[-1].trunk.lengths == (3, 5) for each in described.values() if each.beside)
    assert resolve(copy.deepcopy(once.settings), [], SCHEMA) == once
    for before, after, words in (
        ("beside: [default, bag]", "beside: [default, bags]", "networks.three.beside.*names nothing"),
        ("beside: [default, bag]", "beside: [large]", "networks.three.beside.*names nothing"),
        ("beside: null", "beside: [], apart: true", "networks.one.*nothing in it is trained apart"),
    ):
        with pytest.raises(InputError, match=words):
            resolve_text(text.replace("  seeds:", f"{arms}  seeds:").replace(before, after), tmp_path)


def test_a_network_starts_from_another_and_changes_parts_of_it(good: str, tmp_path: Path) -> None:
    networks = (
        "networks:\n  labelled: {trunk: {first_width: 11}}\n"
        "  deep: {like: labelled, trunk: {dilations: [1, 2, 4]}}\n"
        "  deeper: {like: deep, head: {type: max_pool, pool_width: 9}}\ntrainings:\n"
    )
    named = resolve_text(good.replace("trainings:\n", networks), tmp_path).settings["networks"]
    trunk = {"type": "pooled_residual", "first_width": 11, "pool_width": 3, "residual_width": 5}
    assert named["deep"] == {
        "trunk": trunk | {"dilations": [1, 2, 4]},
        "head": {"type": "dense", "dense": 64, "dropout": 0.3, "distances": 0},
    }  # fmt: skip
    assert named["deeper"] == {
        "trunk": trunk | {"dilations": [1, 2, 4]}, "head": {"type": "max_pool", "pool_width": 9, "pool_stride": 20},
    }  # fmt: skip


def test_null_removes_what_a_set_would_take_from_the_one_that_it_starts_from(good: str, tmp_path: Path) -> None:
    networks = (
        "networks:\n  m: {like: default, beside: bag}\n  n: {like: m, beside: null}\n  o: {like: n}\n"
        "  labelled: {beside: bag}\ntrainings:\n  long: {like: labelled, patience: null}\n  longer: {like: long}\n"
    )
    arms = "    long: {training: {like: default, patience: null}, representation: rcps, kmer: 1, channels: 8}\n  seeds:"
    text = good.replace("trainings:\n", networks).replace("  seeds:", arms)
    once = resolve_text(text, tmp_path)
    named = once.settings["networks"]
    assert named["m"]["beside"] == named["labelled"]["beside"] == ["bag"]
    assert named["n"] == named["o"] == named["default"]
    trainings = once.settings["trainings"]
    assert trainings["labelled"]["patience"] == 20
    assert trainings["long"] == trainings["longer"] == trainings["labelled"] | {"patience": None}
    assert training_of(once.settings, "labelled", "long")["patience"] is None
    assert resolve(copy.deepcopy(once.settings), [], SCHEMA) == once


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


def test_a_consistency_of_0_is_none(good: str, tmp_path: Path) -> None:
    """It is the default, so that it may stand beside whatever goes without consistency."""
    none = resolve_text(good.replace("channels: 16}", "channels: 16, conjoined: true, consistency: 0}"), tmp_path)
    assert training_of(none.settings, "binary", "standard")["consistency"] == StrandSettings().consistency
    arm = {"representation": "standard", "consistency": 0}
    assert how_trained(arm) == "plain"
    assert how_trained(arm | {"reverse_complement_augmentation": True}) == "augmented"
    assert how_trained(arm | {"conjoined": True}) == "conjoined"
    assert how_trained(arm | {"consistency": 0.1}) == "consistent"
