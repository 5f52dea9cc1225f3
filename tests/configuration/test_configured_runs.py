"""The runs of resources/runs resolve, and their networks have the sizes that their claims need."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from study_configurations import STUDIES, resolve_files

from configuration import (
    network_of,
)
from rc_equivariant.descriptions.networks import NetworkDescription
from rc_equivariant.networks.network import build

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
