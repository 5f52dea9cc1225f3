"""Claims at equal cost: the copies that a configuration makes for them, and what the claims name."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
from good_configuration import SCHEMA, require_refusal, resolve_text

from configuration import candidates_of, members_of, resolve

STUDY = """\
  combinations:
    post_hoc: {{arms: [standard], average_strands: true}}
    three_seeds: {{arms: [standard], replicates: 2, average_strands: true}}
    two_arms: {{arms: [standard, irrep_k3]}}
    best: {{best_of: [standard, irrep_k3]}}
  claims:
    - {{better: irrep_k3, than: {than}, at_equal: {measures}}}
    - {{better: standard, than: irrep_k3}}
  seeds: [0, 1]
"""


def with_claim(good: str, than: str, measures: str = "[parameters, multiply_adds]") -> str:
    return good.replace("  seeds: [0, 1]\n", STUDY.format(than=than, measures=measures))


def matched(study: dict) -> dict[str, dict]:
    return {name: arm["matched"] for name, arm in study["arms"].items() if "matched" in arm}


def test_a_claim_at_equal_cost_names_a_copy_for_each_measure(good: str, tmp_path: Path) -> None:
    once = resolve_text(with_claim(good, "standard"), tmp_path)
    study = once.settings["study"]
    # The second measure comes last, so that error messages find the other claims at their lines.
    assert study["claims"] == [
        {"better": "irrep_k3", "than": "standard_at_parameters_of_irrep_k3"},
        {"better": "standard", "than": "irrep_k3"},
        {"better": "irrep_k3", "than": "standard_at_multiply_adds_of_irrep_k3"},
    ]
    assert matched(study) == {
        f"standard_at_{measure}_of_irrep_k3": {"to": "irrep_k3", "by": measure, "times": 1}
        for measure in ("parameters", "multiply_adds")
    }
    given = study["arms"]["standard"]
    made = study["arms"]["standard_at_parameters_of_irrep_k3"]
    assert {key: made[key] for key in ("representation", "network", "training")} == {
        key: given[key] for key in ("representation", "network", "training")
    }
    assert resolve(copy.deepcopy(once.settings), [], SCHEMA) == once


@pytest.mark.parametrize(
    ("than", "of_parameters", "of_multiply_adds"), [("post_hoc", 1, 2), ("three_seeds", 2, 4)], ids=str
)
def test_an_average_pays_for_each_of_its_passes(
    good: str, tmp_path: Path, than: str, of_parameters: int, of_multiply_adds: int
) -> None:
    study = resolve_text(with_claim(good, than), tmp_path).settings["study"]
    times = {each["by"]: each["times"] for each in matched(study).values()}
    assert times == {"parameters": of_parameters, "multiply_adds": of_multiply_adds}
    name = f"{than}_at_multiply_adds_of_irrep_k3"
    assert study["combinations"][name] == study["combinations"][than] | {"arms": [f"standard_for_{name}"]}
    assert members_of(study, name) == [f"standard_for_{name}"]


def test_each_candidate_of_a_choice_gets_a_copy(good: str, tmp_path: Path) -> None:
    study = resolve_text(with_claim(good, "best", "[multiply_adds]"), tmp_path).settings["study"]
    name = "best_at_multiply_adds_of_irrep_k3"
    assert candidates_of(study, name) == [[f"standard_for_{name}"], [f"irrep_k3_for_{name}"]]


def test_no_single_width_makes_a_mean_of_two_arms_equal(good: str, tmp_path: Path) -> None:
    words = ["`study.claims[0].than` is not made of one arm", "two_arms: arms: [standard, irrep_k3]", "fix:"]
    require_refusal(with_claim(good, "two_arms"), tmp_path, words, 25)


def test_a_claim_may_be_made_at_each_equal_cost_once_and_as_it_is(good: str, tmp_path: Path) -> None:
    claims = "{better: irrep_k3, than: standard, at_equal: [parameters]}"
    others = ["parameters]}", "multiply_adds]}"], ["]}", "], wider_at: 0.5}"], [", at_equal: [parameters]", ""]
    listed = ", ".join([claims, *(claims.replace(*change) for change in others)])
    text = good.replace("  seeds: [0, 1]\n", f"  claims: [{listed}]\n  train_sizes: [0.5, all]\n  seeds: [0, 1]\n")
    study = resolve_text(text, tmp_path).settings["study"]
    copies = [f"standard_at_{measure}_of_irrep_k3" for measure in ("parameters", "multiply_adds", "parameters")]
    assert [claim["than"] for claim in study["claims"]] == [*copies, "standard"]


def test_unknown_names_and_names_that_are_taken_are_refused(good: str, tmp_path: Path) -> None:
    require_refusal(with_claim(good, "standart"), tmp_path, ["standart", "did you mean `standard`?"], 25)
    taken = with_claim(good, "standard").replace("post_hoc:", "standard_at_parameters_of_irrep_k3:")
    require_refusal(taken, tmp_path, ["a name that is taken", "standard_at_parameters_of_irrep_k3"], 25)


def test_claims_can_be_about_the_baseline_but_it_has_no_channels(good: str, tmp_path: Path) -> None:
    stated = "{{better: irrep_k3, than: kmer_logistic_regression{}}}"
    text = good.replace("  seeds: [0, 1]\n", "  claims: [CLAIM]\n  seeds: [0, 1]\n")
    study = resolve_text(text.replace("CLAIM", stated.format("")), tmp_path).settings["study"]
    assert study["claims"] == [{"better": "irrep_k3", "than": "kmer_logistic_regression"}]
    equal = text.replace("CLAIM", stated.format(", at_equal: [parameters]"))
    require_refusal(equal, tmp_path, ["`study.claims[0].than`", "kmer_logistic_regression"], 19)
