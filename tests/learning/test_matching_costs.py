"""Channels that make an arm cost as much as another: the nearest there are, for every trunk and measure."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from match_channels import match_channels

from learning.models.matching import Inputs, cost_of, find_channels
from rc_equivariant.descriptions.networks import NETWORKS
from workflow_support.errors import InputError

INPUTS = Inputs(window=120)
SYMMETRIES = {
    "standard": {"representation": "standard", "kmer": 1},
    "regular": {"representation": "regular", "kmer": 3},
    "irrep": {"representation": "irrep", "kmer": 2, "plus_fraction": 0.75},
}


def network(name: str, symmetry: str, channels: int, **more: Any) -> dict[str, Any]:
    """The network of an arm, as the configuration gives it to a training."""
    layers = {part: {"type": each.type} | asdict(each) for part, each in NETWORKS[name]._asdict().items()}
    return {**SYMMETRIES[symmetry], "channels": channels, **layers, **more}


@pytest.mark.parametrize("measure", ["parameters", "multiply_adds"])
@pytest.mark.parametrize("symmetry", SYMMETRIES)
@pytest.mark.parametrize("name", ["binary", "labelled", "residual", "attention", "long_convolution", "bag"])
def test_no_other_number_of_channels_is_nearer(name: str, symmetry: str, measure: str) -> None:
    """All numbers of channels around the one that was found are tried, which costs less than trying all there are."""
    target = cost_of(network("labelled", "regular", 24), INPUTS, measure)
    own = network(name, symmetry, 8)
    try:
        channels, cost = find_channels("arm", own, target, 1, measure, INPUTS)
    except InputError:
        assert not any(
            abs(np.log(each / target)) <= np.log(1.25) for each in costs(own, range(1, 70), measure).values()
        )
        return
    ratios = {each: abs(np.log(value / target)) for each, value in costs(own, near(channels), measure).items()}
    assert cost == cost_of(own | {"channels": channels}, INPUTS, measure)
    assert ratios[channels] == min(ratios.values()) <= np.log(1.25)


def near(channels: int) -> range:
    return range(max(1, channels - 8), channels + 9)


def costs(own: dict[str, Any], channels: range, measure: str) -> dict[int, int]:
    found = {}
    for each in channels:
        try:
            found[each] = cost_of(own | {"channels": each}, INPUTS, measure)
        except InputError:
            # These layers cannot have as many channels.
            continue
    return found


@pytest.mark.parametrize("measure", ["parameters", "multiply_adds"])
def test_a_network_matches_itself(measure: str) -> None:
    own = network("labelled", "regular", 32)
    assert find_channels("arm", own, cost_of(own, INPUTS, measure), 1, measure, INPUTS)[0] == 32


def test_an_answer_from_both_strands_has_half_of_the_multiply_adds_for_each() -> None:
    own = network("binary", "standard", 16)
    target = 2 * cost_of(own, INPUTS, "multiply_adds")
    assert find_channels("arm", own, target, 2, "multiply_adds", INPUTS) == (16, target)
    assert find_channels("arm", own | {"conjoined": True}, target, 1, "multiply_adds", INPUTS) == (16, target)
    assert find_channels("arm", own, target, 1, "multiply_adds", INPUTS)[0] > 16


def test_a_cost_that_no_number_of_channels_has_is_refused() -> None:
    with pytest.raises(InputError, match="no number of channels gives `tiny` the 5 multiply-adds") as caught:
        find_channels("tiny", network("labelled", "standard", 16), 5, 1, "multiply_adds", INPUTS)
    assert "1 channels" in caught.value.found
    assert "at_equal" in caught.value.fix


@pytest.fixture
def task(tmp_path: Path) -> Path:
    """A task with three classes of 80 bases."""
    rows = [["", 0, 80, f"s{row}", row % 3, "train", 0.5] for row in range(9)]
    columns = ["contig", "start", "end", "name", "label", "split", "gc"]
    pd.DataFrame(rows, columns=columns).to_csv(tmp_path / "windows.tsv", sep="\t", index=False)
    np.save(tmp_path / "codes.npy", np.zeros((9, 80), dtype=np.uint8))
    return tmp_path


def test_the_most_expensive_candidate_is_matched_on_the_windows_of_the_task(task: Path) -> None:
    inputs = Inputs(window=80, classes=3)
    cheap, dear = (network("labelled", "regular", channels) for channels in (8, 32))
    arm = {
        "arm": "wide_t1",
        "named": "wide",
        "network": network("labelled", "standard", 4),
        "matched": {"to": "best", "by": "multiply_adds", "times": 2},
        "candidates": [[cheap], [cheap, dear]],
        "times": 1,
    }
    match_channels(task / "windows.tsv", task / "codes.npy", [], [arm], task / "channels.tsv")
    (row,) = pd.read_csv(task / "channels.tsv", sep="\t").to_dict("records")
    target = sum(cost_of(each, inputs, "multiply_adds") for each in (cheap, dear))
    expected = find_channels("wide_t1", arm["network"], target, 2, "multiply_adds", inputs)
    assert (row["arm"], row["named"], row["matched_to"], row["measure"]) == ("wide_t1", "wide", "best", "multiply_adds")
    assert (row["channels"], row["cost"], row["target"]) == (*expected, target)
