"""What jobs ask a cluster for: GPUs where networks run on them, and to share jobs where the profile says so."""

from __future__ import annotations

import re

import pytest
import yaml
from checkout import ROOT, Checkout
from workflow_rules import rules_of

# Between them, every rule that runs networks.
TINY = ["--configfile", "tests/tiny.yaml", "--config", "attribute={CTCF: {task: CTCF, arm: irrep_k1}}"]
RUN_NETWORKS = {
    rule.name for rule in rules_of("tests/tiny.yaml").values() if {"device", "training"} & set(rule.params.keys())
}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    return Checkout(tmp_path_factory.mktemp("checkout"))


Requests = dict[str, dict[str, set[int]]]


def requests(checkout: Checkout, *arguments: str) -> Requests:
    """How many GPUs, and how many MB of memory where that is known, the jobs of each rule ask for."""
    asked: Requests = {"gpu": {}, "mem_mb": {}}
    for job in re.split(r"^ *rule ", checkout.snakemake("-n", *TINY, *arguments), flags=re.MULTILINE)[1:]:
        rule = job[: job.index(":")]
        for resource, values in asked.items():
            amount = re.search(rf"^ +resources: .*\b{resource}=(\d+)", job, re.MULTILINE)
            values.setdefault(rule, set()).add(int(amount[1]) if amount else 0)
    return asked


@pytest.fixture(scope="module")
def on_cpu(checkout: Checkout) -> Requests:
    return requests(checkout)


@pytest.fixture(scope="module")
def on_gpu(checkout: Checkout) -> Requests:
    return requests(checkout, "compute={device: cuda}")


def test_every_rule_that_runs_networks_asks_for_a_gpu_where_the_configuration_says_cuda(on_gpu: Requests) -> None:
    asked = on_gpu["gpu"]
    assert len(RUN_NETWORKS) >= 8
    assert {rule for rule, gpus in asked.items() if gpus == {1}} == RUN_NETWORKS
    assert {rule for rule, gpus in asked.items() if gpus == {0}} == asked.keys() - RUN_NETWORKS


def test_no_rule_asks_for_a_gpu_where_it_does_not(on_cpu: Requests) -> None:
    asked = on_cpu["gpu"]
    assert asked.keys() >= RUN_NETWORKS
    assert set().union(*asked.values()) == {0}


def test_on_a_gpu_networks_and_nothing_else_ask_for_what_cuda_takes_of_the_memory(
    on_cpu: Requests, on_gpu: Requests
) -> None:
    for rule, asked in on_cpu["mem_mb"].items():
        cuda = 4000 if rule in RUN_NETWORKS and asked != {0} else 0
        assert on_gpu["mem_mb"][rule] == {megabytes + cuda for megabytes in asked}, rule


def test_the_groups_of_the_profile_are_those_of_the_rules() -> None:
    profile = yaml.safe_load((ROOT / "slurm/config.yaml").read_text())
    members: dict[str, set[str]] = {}
    for rule in rules_of("tests/tiny.yaml").values():
        # Where nothing is sent to a cluster, ``rule.group`` is hidden.
        if rule._group:
            members.setdefault(rule._group, set()).add(rule.name)
    assert set(profile["group-components"]) <= set(members)
    assert members["windows"] == {
        "check_widths",
        "prepare_peaks",
        "sample_negatives",
        "extract_sequences",
        "prepare_sequences",
        "encode_kmers",
        "find_near_copies",
    }
    assert members["evaluations"] == {"evaluate", "evaluate_profiles", "embed_sequences"}
    # Planning compares every file that a member needs with its whole group: what needs thousands of files is in none.
    assert set(members) == {"windows", "evaluations"}
