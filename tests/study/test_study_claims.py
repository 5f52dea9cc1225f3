"""Replicates are paired by seed, and claims with a known truth get the verdict that they deserve."""

import numpy as np
import pandas as pd
import pytest

from study.claims import ALL_TASKS, claims_table, with_verdicts
from study.comparisons import comparisons_table, published_table
from study.formatting import group_scope
from study.pairs import Measurements
from study.statistics import holm
from workflow_support.errors import InputError

AUROC = {"t": "AUROC"}


def replicates(values, metric="AUROC", size="all", task="t"):
    """A tidy table of arms given as {seed: value}."""
    rows = [(task, arm, size, seed, metric, value) for arm, by in values.items() for seed, value in by.items()]
    return pd.DataFrame(rows, columns=["task", "arm", "size", "seed", "metric", "value"])


def noisy(mean, seeds=10, seed=0, sd=0.002):
    return dict(enumerate(np.random.default_rng(seed).normal(mean, sd, seeds)))


def claim_rows(tables, metrics=AUROC, claim=None, resampled=None):
    measurements = Measurements(pd.concat(tables), metrics, resampled or {})
    return claims_table(measurements, metrics, [claim or {"better": "a", "than": "b"}], kinds_of(metrics))


def kinds_of(metrics):
    """A kind of task for each task: those with another metric are of another kind."""
    return {task: "binary" if metric == "AUROC" else "profile" for task, metric in metrics.items()}


def test_pairs_are_of_the_seeds_that_both_have():
    table = replicates({"a": {0: 0.9, 2: 0.8, 4: 0.7}, "b": {0: 0.5, 1: 0.1, 2: 0.6}})
    pairs = Measurements(table, AUROC, {}).pairs("t", "a", "b", "all")
    assert pairs.differences == pytest.approx([0.4, 0.2])


def test_arms_without_a_seed_in_common_are_not_compared():
    measurements = Measurements(replicates({"a": {0: 0.9}, "b": {1: 0.5}}), AUROC, {})
    assert measurements.sizes("t", "a", "b") == []
    assert comparisons_table(measurements, AUROC, {"t": "b"}, [("a", "b")]).empty
    assert claims_table(measurements, AUROC, [{"better": "a", "than": "b"}], {"t": "binary"}).empty


def test_every_arm_is_compared_with_the_reference_and_the_sides_of_claims_with_each_other():
    table = replicates({"a": noisy(0.9), "b": noisy(0.8, seed=1), "c": noisy(0.7, seed=2)})
    compared = comparisons_table(Measurements(table, AUROC, {}), AUROC, {"t": "c"}, [("a", "b"), ("b", "c")])
    assert compared[["arm", "reference"]].apply(tuple, axis=1).tolist() == [("a", "c"), ("b", "c"), ("a", "b")]
    assert compared["difference"].to_numpy() == pytest.approx([0.2, 0.1, 0.1], abs=0.003)
    assert compared["difference"].to_numpy() == pytest.approx(compared["mean_arm"] - compared["mean_reference"])
    assert (compared["wilcoxon_p"] == 2 / 2**10).all()


def test_identical_arms_differ_by_nothing():
    values, draws = noisy(0.9), np.random.default_rng(0).normal(size=50)
    resampled = {("t", arm, "all", seed): draws for arm in "ab" for seed in values}
    measurements = Measurements(replicates({"a": values, "b": values}), AUROC, resampled)
    row = comparisons_table(measurements, AUROC, {"t": "b"}, []).iloc[0]
    assert (row[["difference", "seed_low", "seed_high", "window_low", "window_high"]] == 0).all()
    assert row["wilcoxon_p"] == row["t_p"] == 1


def test_a_lead_holds_and_its_reverse_fails():
    table = [replicates({"a": noisy(0.9), "b": noisy(0.8, seed=1)})]
    assert claim_rows(table)["verdict"].tolist() == ["holds"]
    assert claim_rows(table, claim={"better": "b", "than": "a"})["verdict"].tolist() == ["fails"]


def test_equal_arms_stay_undecided():
    assert claim_rows([replicates({"a": noisy(0.9), "b": noisy(0.9, seed=1)})])["verdict"].tolist() == ["undecided"]


@pytest.mark.parametrize("metric", ["JSD", "MSE 1 bp", "MSE 5 bp", "MSE 10 bp", "Brier", "RC error"])
def test_of_a_metric_that_should_be_small_the_smaller_is_better(metric):
    table = [replicates({"a": noisy(0.1), "b": noisy(0.2, seed=1)}, metric=metric)]
    (row,) = claim_rows(table, {"t": metric}).itertuples()
    assert row.difference == pytest.approx(0.1, abs=0.003)
    assert row.verdict == "holds"


def test_a_claim_on_an_unknown_metric_is_refused():
    table = [replicates({"a": noisy(0.1), "b": noisy(0.2, seed=1)}, metric="Loss")]
    with pytest.raises(InputError, match="'Loss'"):
        claim_rows(table, {"t": "Loss"})


def test_a_few_pairs_have_an_interval_and_no_test():
    (row,) = claim_rows([replicates({"a": noisy(0.9, 4), "b": noisy(0.8, 4, seed=1)})]).itertuples()
    assert np.isnan(row.wilcoxon_p)
    assert row.verdict == "holds"


def test_a_single_pair_decides_nothing():
    resampled = {("t", "a", "all", 0): np.full(9, 0.9), ("t", "b", "all", 0): np.full(9, 0.8)}
    (row,) = claim_rows([replicates({"a": {0: 0.9}, "b": {0: 0.8}})], resampled=resampled).itertuples()
    assert (row.window_low, row.window_high) == pytest.approx((0.1, 0.1))
    assert row.verdict == "undecided"


def test_windows_that_could_have_been_otherwise_leave_a_lead_undecided():
    draws = np.random.default_rng(1).normal(0, 0.2, 100)
    table = {"a": noisy(0.9), "b": noisy(0.8, seed=1)}
    resampled = {("t", arm, "all", seed): draws if arm == "a" else 0 * draws for arm in "ab" for seed in range(10)}
    (row,) = claim_rows([replicates(table)], resampled=resampled).itertuples()
    assert row.low > 0 > row.window_low
    assert row.verdict == "undecided"


def test_all_tasks_are_paired_over_task_and_seed():
    tasks = dict.fromkeys("xyz", "AUROC")
    tables = [
        replicates({"a": noisy(0.8 + lead, 5, seed=i), "b": noisy(0.8, 5, seed=9 + i)}, task=task)
        for i, (task, lead) in enumerate(zip("xyz", (0.1, 0.2, 0.3), strict=True))
    ]
    rows = claim_rows(tables, tasks)
    assert rows["scope"].tolist() == ["x", "y", "z", ALL_TASKS]
    pooled = rows.iloc[-1]
    assert (pooled["pairs"], pooled["tasks"]) == (15, 3)
    assert pooled["wilcoxon_p"] == pytest.approx(2 / 2**15)
    # Mean 0.2, sd 0.1 over 3 tasks.
    assert (pooled["task_low"], pooled["task_high"]) == pytest.approx((0.2 - 0.2484, 0.2 + 0.2484), abs=0.01)
    assert pooled["low"] > 0.15
    # What leads by 0.1, 0.2 and 0.3 says little of a fourth task.
    assert pooled["verdict"] == "undecided"
    assert rows.iloc[:-1][["task_low", "wilcoxon_p"]].isna().all(axis=None)


def grouped_claims(groups, leads=None):
    leads = leads or {"x_a": 0.1, "x_b": 0.2, "x_c": 0.3, "y_a": -0.1, "y_b": -0.1, "y_c": -0.1, "alone": 0.1}
    # Exact values, so that all pairs of a task gain the same.
    tables = [
        replicates({"a": dict.fromkeys(range(3), 0.5 + lead), "b": dict.fromkeys(range(3), 0.5)}, task=task)
        for task, lead in leads.items()
    ]
    metrics = dict.fromkeys(leads, "AUROC")
    return claims_table(
        Measurements(pd.concat(tables), metrics, {}), metrics, [{"better": "a", "than": "b"}], kinds_of(metrics), groups
    ).set_index("scope")


def test_tasks_of_each_group_are_pooled_in_place_of_all() -> None:
    draws = {f"{name}_{draw}": name for name in "xy" for draw in "abc"}
    rows = grouped_claims(draws)
    assert rows.index.tolist() == [*draws, "alone", group_scope("x"), group_scope("y")]
    x, y = rows.loc[group_scope("x")], rows.loc[group_scope("y")]
    assert (x["tasks"], x["pairs"]) == (y["tasks"], y["pairs"]) == (3, 9)
    # Mean 0.2, sd 0.1 over 3 draws, of which t is 4.3027 with 2 degrees of freedom.
    half = 4.3027 * 0.1 / np.sqrt(3)
    assert (x["difference"], x["task_low"], x["task_high"]) == pytest.approx((0.2, 0.2 - half, 0.2 + half), abs=1e-4)
    assert (y["difference"], y["task_low"], y["task_high"]) == pytest.approx((-0.1, -0.1, -0.1))
    # Nine pairs of one sign have p = 2 / 2^9; two groups are corrected together.
    assert (rows.loc[group_scope("x"), "wilcoxon_p"], x["holm_p"]) == pytest.approx((2 / 2**9, 4 / 2**9))
    assert (x["verdict"], y["verdict"]) == ("undecided", "fails")


def test_tasks_of_several_kinds_are_pooled_kind_by_kind() -> None:
    """An arm may serve several kinds, whose networks differ even where the metric is the same."""
    kinds = {"p": "binary", "q": "binary", "r": "labelled", "s": "labelled"}
    tables = [replicates({"a": dict.fromkeys(range(3), 0.6), "b": dict.fromkeys(range(3), 0.5)}, task=t) for t in kinds]
    metrics = dict.fromkeys(kinds, "AUROC")
    measurements = Measurements(pd.concat(tables), metrics, {})
    rows = claims_table(measurements, metrics, [{"better": "a", "than": "b"}], kinds).set_index("scope")
    assert rows.index.tolist() == ["p", "q", "all binary tasks", "r", "s", "all labelled tasks"]
    assert rows.loc[["all binary tasks", "all labelled tasks"], "pairs"].tolist() == [6, 6]


def test_a_group_of_one_task_is_not_pooled() -> None:
    assert grouped_claims({"x_a": "x"}, {"x_a": 0.1, "x_b": 0.2}).index.tolist() == ["x_a", "x_b"]


def test_without_groups_all_tasks_are_pooled() -> None:
    scopes = ["x_a", "x_b", "x_c", "y_a", "y_b", "y_c", "alone", ALL_TASKS]
    assert grouped_claims({}).index.tolist() == grouped_claims(None).index.tolist() == scopes
    # Groups of tasks with another metric change nothing.
    pd.testing.assert_frame_equal(grouped_claims({"profile": "z"}), grouped_claims({}))


def test_two_tasks_have_no_interval_over_tasks():
    tables = [replicates({"a": noisy(0.9), "b": noisy(0.8, seed=1)}, task=task) for task in "xy"]
    assert np.isnan(claim_rows(tables, {"x": "AUROC", "y": "AUROC"}).iloc[-1]["task_low"])


@pytest.mark.parametrize(("lead", "verdict"), [(0.2, "holds"), (0.1, "undecided"), (0.02, "fails")])
def test_a_wider_lead_is_a_difference_of_differences(lead, verdict):
    tables = [
        replicates({"a": noisy(0.9, seed=1), "b": noisy(0.8, seed=2)}),
        replicates({"a": noisy(0.6 + lead, seed=3), "b": noisy(0.6, seed=7)}, size="1000"),
    ]
    (row,) = claim_rows(tables, claim={"better": "a", "than": "b", "wider_at": 1000}).itertuples()
    assert row.difference == pytest.approx(lead - 0.1, abs=0.004)
    assert (row.size, row.wider_than, row.verdict) == ("1000", "all", verdict)


def test_windows_count_for_both_sizes_of_a_wider_lead_and_for_tasks_by_their_pairs():
    metrics = {"x": "JSD", "y": "JSD"}
    values = {"a": {0: 0.1, 1: 0.1, 2: 0.1}, "b": {0: 0.4, 1: 0.4, 2: 0.4}}
    fewer = {arm: {0: of_arm[0]} for arm, of_arm in values.items()}
    tables = [
        replicates(of_task, "JSD", size, task)
        for task, of_task in (("x", values), ("y", fewer))
        for size in ("1000", "all")
    ]
    leads = {("x", "1000"): 0.3, ("x", "all"): 0.1, ("y", "1000"): 0.7, ("y", "all"): 0.1}
    resampled = {
        (task, arm, size, seed): np.full(5, -lead if arm == "a" else 0.0)
        for (task, size), lead in leads.items()
        for arm in "ab"
        for seed in range(3)
    }
    rows = claim_rows(tables, metrics, {"better": "a", "than": "b", "wider_at": "1000"}, resampled)
    # Of x 0.3 - 0.1 with three pairs, of y 0.7 - 0.1 with one; a smaller divergence is a gain.
    assert rows["window_low"].to_numpy() == pytest.approx([0.2, 0.6, (3 * 0.2 + 0.6) / 4])


def test_claims_of_a_scope_are_corrected_together():
    p_values = [0.01, 0.04, 0.03]
    rows = pd.DataFrame({"scope": ["x", "x", "y"], "wilcoxon_p": p_values}).assign(
        **dict.fromkeys([f"{kind}{end}" for kind in ("", "window_", "task_") for end in ("low", "high")], 0.1),
        **dict.fromkeys(["claim", "better", "than", "size", "wider_than", "metric"], "a"),
        **dict.fromkeys(["tasks", "pairs", "difference"], 8.0),
    )
    judged = with_verdicts(rows)
    assert judged["holm_p"].tolist() == [*holm(p_values[:2]), 0.03]
    assert judged["verdict"].tolist() == ["holds", "holds", "holds"]
    assert with_verdicts(rows.assign(pairs=2))["verdict"].unique().tolist() == ["undecided"]
    bounds = [column for column in rows if column.endswith(("low", "high"))]
    below = rows.assign(**dict.fromkeys(bounds, -0.1))
    assert with_verdicts(below)["verdict"].tolist() == ["fails", "fails", "fails"]
    assert with_verdicts(below.assign(wilcoxon_p=0.5))["verdict"].unique().tolist() == ["undecided"]


def test_a_gap_to_a_published_value_has_an_interval():
    values = {"a": {0: 0.7, 1: 0.72, 2: 0.74}}
    table = pd.concat([replicates(values, "MCC"), replicates(values, "MCC", "1000"), replicates(values)])
    value = {"task": "t", "metric": "MCC", "value": 0.7, "source": "someone"}
    (row,) = published_table(table, [value, value | {"task": "other"}]).itertuples()
    assert row.gap == pytest.approx(0.02)
    assert (row.low, row.high) == pytest.approx((0.02 - 0.04968, 0.02 + 0.04968), abs=1e-4)
