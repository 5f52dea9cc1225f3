"""Equal tuning: one list of trials for all arms, each of which becomes the best of its trials."""

from __future__ import annotations

import copy
import math
from pathlib import Path

import numpy as np
import pytest
from good_configuration import SCHEMA, require_refusal, resolve_text
from hypothesis import given
from hypothesis import strategies as st

from configuration import candidates_of, chooses, resolve, training_of
from configuration.tuning import trials_of
from learning.evaluation.choices import choose

STUDY = """\
  combinations:
    post_hoc: {{arms: [standard], average_strands: true}}
    both: {{arms: [standard, irrep_k3]}}
    best: {{best_of: [standard, irrep_k3]}}
  claims: [{{better: irrep_k3, than: post_hoc{equal}}}]
  tuning: {{trials: 2{options}}}
  seeds: [0, 1]
"""


def tuned(good: str, options: str = "", equal: str = "") -> str:
    used = good[: good.index("predict:")]
    return used.replace("  seeds: [0, 1]\n", STUDY.format(options=options, equal=equal))


def test_every_arm_gets_the_same_trials(good: str, tmp_path: Path) -> None:
    once = resolve_text(tuned(good), tmp_path)
    study = once.settings["study"]
    assert list(study["arms"]) == ["standard_t1", "standard_t2", "irrep_k3_t1", "irrep_k3_t2"]
    of_arms = {
        arm: [training_of(once.settings, "binary", f"{arm}_t{number}") for number in (1, 2)]
        for arm in ("standard", "irrep_k3")
    }
    chosen = {
        arm: [{key: each[key] for key in ("learning_rate", "weight_decay")} for each in trials]
        for arm, trials in of_arms.items()
    }
    assert chosen["standard"] == chosen["irrep_k3"] == trials_of(study["tuning"])
    # What the trials do not choose stays as it was written.
    assert {each["epochs"] for trials in of_arms.values() for each in trials} == {3}
    assert resolve(copy.deepcopy(once.settings), [], SCHEMA) == once


def test_a_tuned_arm_is_the_best_of_its_trials_wherever_it_is_named(good: str, tmp_path: Path) -> None:
    study = resolve_text(tuned(good), tmp_path).settings["study"]
    standard, irrep = (f"{arm}_t{{}}" for arm in ("standard", "irrep_k3"))
    assert candidates_of(study, "standard") == [["standard_t1"], ["standard_t2"]]
    assert candidates_of(study, "post_hoc") == candidates_of(study, "standard")
    assert candidates_of(study, "both") == [[standard.format(a), irrep.format(b)] for a in (1, 2) for b in (1, 2)]
    assert study["combinations"]["best"]["best_of"] == [*candidates_flat(study, "standard", "irrep_k3")]
    assert all(chooses(study, name) for name in ("standard", "post_hoc", "both", "best"))
    assert not chooses(study, "standard_t1")
    assert study["reference"] == {"binary": "standard"}


def candidates_flat(study: dict, *names: str) -> list[str]:
    return [arm for name in names for candidate in candidates_of(study, name) for arm in candidate]


@given(first=st.lists(st.integers(0, 99), min_size=3, max_size=3), second=st.permutations([3, 1, 2]))
def test_in_a_mean_each_arm_keeps_its_own_choice(first: list[int], second: list[int]) -> None:
    """The best of all products of two choices is made of the best of each, as qualities are means over arms."""
    # Distinct qualities, so that no tie hides which one was taken.
    one = np.array([each + place / 10 for place, each in enumerate(first)])
    other = np.array(second, dtype=float)
    products = np.array([(a + b) / 2 for a in one for b in other])
    assert divmod(int(choose(products[:, None])[0]), 3) == (one.argmax(), other.argmax())


def test_copies_at_equal_cost_are_tuned_too(good: str, tmp_path: Path) -> None:
    settings = resolve_text(tuned(good, equal=", at_equal: [multiply_adds]"), tmp_path).settings
    study = settings["study"]
    name = "post_hoc_at_multiply_adds_of_irrep_k3"
    assert candidates_of(study, name) == [[f"standard_for_{name}_t{number}"] for number in (1, 2)]
    assert study["arms"][f"standard_for_{name}_t1"]["matched"]["times"] == 2


@given(trials=st.integers(1, 30), seed=st.integers(0, 1000))
def test_trials_cover_both_ranges_evenly(trials: int, seed: int) -> None:
    tuning = {"trials": trials, "seed": seed, "learning_rate": [0.0001, 0.01], "weight_decay": [0.01, 1.0]}
    found = trials_of(tuning)
    assert found == trials_of(tuning)
    for key, (low, high) in (("learning_rate", (1e-4, 1e-2)), ("weight_decay", (1e-2, 1.0))):
        values = sorted(each[key] for each in found)
        for piece, value in enumerate(values):
            lowest, highest = (low * (high / low) ** (end / trials) for end in (piece, piece + 1))
            # Values are rounded to two digits, by 5 % at most.
            assert lowest * 0.95 <= value <= highest * 1.051
            assert math.isclose(value, float(f"{value:.2g}"))


def test_lists_of_other_seeds_differ() -> None:
    tuning = {"trials": 4, "learning_rate": [0.0001, 0.01], "weight_decay": [0.01, 1.0]}
    assert trials_of(tuning | {"seed": 1}) != trials_of(tuning | {"seed": 2})


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (", learning_rate: [0.01, 0.001]", ["`study.tuning.learning_rate` is an empty range", "write [0.001, 0.01]"]),
        (", weight_decay: [0.1, 0.1]", ["`study.tuning.weight_decay` is an empty range", "raise the second value"]),
        (", weight_decay: [0, 0.1]", ["study.tuning.weight_decay", "more than 0"]),
    ],
    ids=["descending", "of one value", "from 0"],
)
def test_ranges_that_hold_nothing_are_refused(good: str, tmp_path: Path, options: str, words: list[str]) -> None:
    require_refusal(tuned(good, options), tmp_path, words, 24)


def test_names_of_trials_are_free(good: str, tmp_path: Path) -> None:
    taken = tuned(good).replace(
        "  combinations:", "    standard_t1: {representation: rcps, kmer: 1, channels: 4}\n  combinations:"
    )
    require_refusal(taken, tmp_path, ["two arms are called `standard_t1`", "a trial of standard"], 19)


def test_means_are_made_of_arms_and_choices_alone(good: str, tmp_path: Path) -> None:
    nested = tuned(good).replace("arms: [standard, irrep_k3]", "arms: [standard, post_hoc]")
    require_refusal(nested, tmp_path, ["`study.combinations.both.arms[1]` names nothing", "post_hoc"], 21)
