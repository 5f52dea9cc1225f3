"""Replicates are paired by seed, and claims with a known truth get the verdict that they deserve."""

import numpy as np
import pandas as pd
import pytest

from study.claims import claims_table, line_weights, verdicts, with_verdicts
from study.comparisons import comparisons_table, published_table
from study.evidence import CHOICE_COVARIANCE, choice_factor, of_one_task, over_tasks
from study.formatting import ALL_TASKS, group_scope
from study.pairs import Measurements
from study.predictions import WindowValues
from study.statistics import holm
from workflow_support.errors import InputError

AUROC = {"t": "AUROC"}
WINDOWS = 200


def replicates(values, metric="AUROC", size="all", task="t"):
    """A tidy table of arms given as {seed: value}."""
    rows = [(task, arm, size, seed, metric, value) for arm, by in values.items() for seed, value in by.items()]
    return pd.DataFrame(rows, columns=["task", "arm", "size", "seed", "metric", "value"])


def noisy(mean, seeds=10, seed=0, sd=0.002):
    return dict(enumerate(np.random.default_rng(seed).normal(mean, sd, seeds)))


def measured(table, metrics=AUROC, spread=0.01, chosen=()):
    """Measurements whose window values vary by ``spread``, apart for each arm and alike for its seeds."""
    patterns = {
        (task, arm): np.random.default_rng([index, 5]).normal(0, spread, WINDOWS)
        for index, (task, arm) in enumerate(table[["task", "arm"]].drop_duplicates().itertuples(index=False))
    }
    values = {
        (row.task, row.arm, row.size, row.seed): row.value + patterns[row.task, row.arm] for row in table.itertuples()
    }
    tasks = list(dict.fromkeys(table["task"]))
    strata = {task: np.arange(WINDOWS) % 2 for task in tasks}
    keys = {task: np.arange(WINDOWS) + WINDOWS * index for index, task in enumerate(tasks)}
    windows = WindowValues(strata, keys, values)
    return Measurements(table, metrics, windows, chosen)


def claim_rows(tables, metrics=AUROC, claim=None, spread=0.01, chosen=()):
    measurements = measured(pd.concat(tables), metrics, spread, chosen)
    return claims_table(measurements, metrics, [claim or {"better": "a", "than": "b"}], kinds_of(metrics))


def kinds_of(metrics):
    """A kind of task for each task: those with another metric are of another kind."""
    return {task: "binary" if metric == "AUROC" else "profile" for task, metric in metrics.items()}


def test_pairs_are_of_the_seeds_that_both_have():
    table = replicates({"a": {0: 0.9, 2: 0.8, 4: 0.7}, "b": {0: 0.5, 1: 0.1, 2: 0.6}})
    difference = measured(table).difference("t", "a", "b", "all")
    assert difference.by_seed.to_dict() == pytest.approx({0: 0.4, 2: 0.2})
    assert difference.windows.mean() == pytest.approx(0.3, abs=0.005)


def test_arms_without_a_seed_in_common_are_not_compared():
    measurements = Measurements(replicates({"a": {0: 0.9}, "b": {1: 0.5}}), AUROC)
    assert measurements.sizes("t", "a", "b") == []
    assert comparisons_table(measurements, AUROC, {"t": "b"}, [("a", "b")]).empty
    assert claims_table(measurements, AUROC, [{"better": "a", "than": "b"}], {"t": "binary"}).empty


def test_every_arm_is_compared_with_the_reference_and_the_sides_of_claims_with_each_other():
    table = replicates({"a": noisy(0.9), "b": noisy(0.8, seed=1), "c": noisy(0.7, seed=2)})
    compared = comparisons_table(measured(table), AUROC, {"t": "c"}, [("a", "b"), ("b", "c")])
    assert compared[["arm", "reference"]].apply(tuple, axis=1).tolist() == [("a", "c"), ("b", "c"), ("a", "b")]
    assert compared["difference"].to_numpy() == pytest.approx([0.2, 0.1, 0.1], abs=0.003)
    assert compared["difference"].to_numpy() == pytest.approx(compared["mean_arm"] - compared["mean_reference"])
    assert compared["seed_error"].to_numpy() == pytest.approx(0.002 * np.sqrt(2 / 10) * np.ones(3), rel=0.6)
    assert compared["window_error"].to_numpy() == pytest.approx([0.001 * np.sqrt(2) * np.sqrt(2)] * 3, rel=0.2)
    assert (compared["low"] < compared["difference"]).all()


def test_identical_arms_differ_by_nothing():
    values = noisy(0.9)
    table = replicates({"a": values, "b": values})
    row = comparisons_table(measured(table, spread=0), AUROC, {"t": "b"}, []).iloc[0]
    assert (row[["difference", "seed_error", "low", "high"]] == 0).all()
    (claim,) = claim_rows([table], spread=0).itertuples()
    assert (claim.p, claim.verdict) == (1, "undecided")


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("tasks", [1, 4])
def test_what_differs_by_rounding_alone_differs_by_nothing(tasks, scale):
    """Copies whose sums were rounded otherwise lead by 1e-16 in all seeds and windows, which would be certain."""
    metrics = {f"t{task}": "AUROC" for task in range(tasks)}
    lower = {seed: scale * value for seed, value in noisy(0.5, 5).items()}
    upper = {seed: value * (1 + 4e-16) for seed, value in lower.items()}
    assert all(upper[seed] > lower[seed] for seed in lower)
    table = [replicates({"a": upper, "b": lower}, task=task) for task in metrics]
    rows = claim_rows(table, metrics, spread=0)
    assert (rows[["difference", "low", "high", "seed_error"]].fillna(0) == 0).all(axis=None)
    assert (rows["p"] == 1).all()
    assert set(rows["verdict"]) == {"undecided"}
    # A gain of a millionth of the metric that all seeds and windows have is real.
    upper = {seed: value + 1e-6 * scale for seed, value in lower.items()}
    (row,) = claim_rows([replicates({"a": upper, "b": lower})], spread=0).itertuples()
    assert row.verdict == "holds"


def test_a_window_without_a_value_makes_no_difference_a_matter_of_rounding():
    by_seed = {"a": noisy(0.9), "b": noisy(0.8, seed=1)}
    values = {("t", arm, "all", seed): np.full(4, np.nan) for arm in by_seed for seed in by_seed[arm]}
    windows = WindowValues({"t": np.arange(4) % 2}, {"t": np.arange(4)}, values)
    difference = Measurements(replicates(by_seed), AUROC, windows).difference("t", "a", "b", "all")
    assert difference.by_seed.mean() == pytest.approx(0.1, abs=0.003)
    assert np.isnan(difference.windows).all()


def test_a_lead_that_is_wider_by_rounding_alone_is_not_wider():
    """Leads of a hundred-thousandth have the rounding of the metrics, which is large beside them."""
    lower, lead = noisy(0.9, 5), 1e-5
    table = [
        replicates({"a": {seed: value + lead + more for seed, value in lower.items()}, "b": lower}, size=size)
        for size, more in (("1000", 4e-16), ("all", 0.0))
    ]
    claim = {"better": "a", "than": "b", "wider_at": 1000}
    (row,) = claim_rows(table, claim=claim, spread=0).itertuples()
    assert (row.difference, row.p, row.verdict) == (0, 1, "undecided")


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
    assert row.low > 0.08
    assert row.verdict == "holds"


def test_a_claim_on_an_unknown_metric_is_refused():
    table = [replicates({"a": noisy(0.1), "b": noisy(0.2, seed=1)}, metric="Loss")]
    with pytest.raises(InputError, match="'Loss'"):
        claim_rows(table, {"t": "Loss"})


@pytest.mark.parametrize("seeds", [1, 2])
def test_fewer_than_three_pairs_decide_nothing_and_say_so(seeds):
    (row,) = claim_rows([replicates({"a": noisy(0.9, seeds), "b": noisy(0.8, seeds, seed=1)})]).itertuples()
    assert np.isnan([row.p, row.low, row.high]).all()
    assert (row.verdict, row.why) == ("not tested", f"{seeds} of at least 3 pairs of networks")
    assert row.window_error == pytest.approx(0.002, rel=0.3)


def test_a_task_whose_windows_are_not_known_decides_nothing_and_says_so():
    measurements = Measurements(replicates({"a": noisy(0.9), "b": noisy(0.8, seed=1)}), AUROC)
    (row,) = claims_table(measurements, AUROC, [{"better": "a", "than": "b"}], {"t": "binary"}).itertuples()
    assert (row.verdict, row.why) == ("not tested", "the values of single test windows are not known")


def test_windows_that_could_have_been_otherwise_leave_a_lead_undecided():
    table = [replicates({"a": noisy(0.9), "b": noisy(0.8, seed=1)})]
    (row,) = claim_rows(table, spread=1.0).itertuples()
    assert row.seed_error < 0.002
    assert row.low < 0 < row.high
    assert row.verdict == "undecided"


def test_one_p_of_a_task_is_from_seeds_and_windows():
    """The interval leaves out 0 exactly if p is below 0.05, and both are those of the evidence."""
    values = {"a": noisy(0.9, 5), "b": noisy(0.89, 5, seed=1)}
    (row,) = claim_rows([replicates(values)], spread=0.03).itertuples()
    measurements = measured(replicates(values), spread=0.03)
    difference = measurements.difference("t", "a", "b", "all")
    expected = of_one_task(difference.by_seed.to_numpy(), difference.windows, np.arange(WINDOWS) % 2)
    assert row.p == pytest.approx(expected.p())
    assert (row.low, row.high) == pytest.approx(expected.interval())
    assert np.hypot(row.seed_error, row.window_error) == pytest.approx(expected.error())
    assert (row.p < 0.05) == (row.low > 0)


def test_seeds_that_chose_for_each_other_count_for_less():
    values = {"best": noisy(0.9, 5), "b": noisy(0.89, 5, seed=1)}
    claim = {"better": "best", "than": "b"}
    (plain,) = claim_rows([replicates(values)], claim=claim).itertuples()
    (chosen,) = claim_rows([replicates(values)], claim=claim, chosen=["best"]).itertuples()
    assert chosen.seed_error == pytest.approx(plain.seed_error * np.sqrt(choice_factor(5)))
    assert (chosen.window_error, chosen.difference) == (plain.window_error, plain.difference)
    assert chosen.p > plain.p


def test_no_number_of_equal_candidates_ties_the_halves_more_than_is_counted_with():
    """With C candidates the correlation is m² / (C - 1), where m is the mean of the largest of C normal numbers."""
    generator = np.random.default_rng(0)
    largest = {count: generator.normal(size=(200_000, count)).max(axis=1).mean() for count in (2, 3, 4, 6, 9, 24)}
    correlations = [mean**2 / (count - 1) for count, mean in largest.items()]
    assert max(correlations) < CHOICE_COVARIANCE < max(correlations) + 0.01


def test_a_claim_on_several_tasks_is_a_t_test_of_their_means():
    tasks = dict.fromkeys("xyz", "AUROC")
    tables = [
        replicates({"a": noisy(0.8 + lead, 5, seed=i), "b": noisy(0.8, 5, seed=9 + i)}, task=task)
        for i, (task, lead) in enumerate(zip("xyz", (0.1, 0.2, 0.3), strict=True))
    ]
    rows = claim_rows(tables, tasks)
    assert rows["scope"].tolist() == ["x", "y", "z", ALL_TASKS]
    pooled = rows.iloc[-1]
    assert (pooled["pairs"], pooled["tasks"]) == (15, 3)
    # Mean 0.2, sd 0.1 over 3 tasks: t = 3.46 with 2 degrees of freedom.
    assert (pooled["low"], pooled["high"]) == pytest.approx((0.2 - 0.2484, 0.2 + 0.2484), abs=0.01)
    assert pooled["p"] == pytest.approx(0.074, abs=0.003)
    # What leads by 0.1, 0.2 and 0.3 says little of a fourth task.
    assert pooled["verdict"] == "undecided"
    assert rows["verdict"].tolist()[:3] == ["holds"] * 3
    assert np.isnan([pooled["seed_error"], *rows["task_error"][:3]]).all()
    assert pooled["window_error"] == 0, "they have no window in common"


def test_test_windows_that_tasks_have_in_common_do_not_average_out_over_tasks():
    """All tasks see the same windows and the same noise of them, of which nothing shows between tasks."""
    tables = [
        replicates({"a": noisy(0.81, 5, seed=i), "b": noisy(0.8, 5, seed=9 + i)}, task=t) for i, t in enumerate("xyz")
    ]
    table, pattern = pd.concat(tables), np.random.default_rng(1).normal(0, 0.1, WINDOWS)
    values = {
        (row.task, row.arm, row.size, row.seed): row.value + pattern * (row.arm == "a") for row in table.itertuples()
    }
    metrics, strata = dict.fromkeys("xyz", "AUROC"), dict.fromkeys("xyz", np.arange(WINDOWS) % 2)
    found = {}
    for name, step in (("own", WINDOWS), ("common", 0)):
        keys = {task: np.arange(WINDOWS) + step * index for index, task in enumerate("xyz")}
        measurements = Measurements(table, metrics, WindowValues(strata, keys, values))
        claims = claims_table(measurements, metrics, [{"better": "a", "than": "b"}], kinds_of(metrics))
        found[name] = claims.iloc[-1]
    assert found["own"]["task_error"] == found["common"]["task_error"]
    assert found["own"]["window_error"] == 0
    # Two classes of 100 windows each, as on a single task.
    assert found["common"]["window_error"] == pytest.approx(0.1 * np.sqrt(2 / 100), rel=0.15)
    assert found["common"]["p"] > found["own"]["p"]


def test_tasks_count_alike_whatever_their_seeds():
    tables = [
        replicates({"a": dict.fromkeys(range(seeds), 0.5 + lead), "b": dict.fromkeys(range(seeds), 0.5)}, task=task)
        for task, seeds, lead in (("x", 9, 0.1), ("y", 3, 0.2), ("z", 3, 0.3))
    ]
    assert claim_rows(tables, dict.fromkeys("xyz", "AUROC")).iloc[-1]["difference"] == pytest.approx(0.2)


def test_two_tasks_together_have_no_verdict_and_say_so():
    tables = [replicates({"a": noisy(0.9), "b": noisy(0.8, seed=1)}, task=task) for task in "xy"]
    rows = claim_rows(tables, {"x": "AUROC", "y": "AUROC"})
    assert rows["verdict"].tolist() == ["holds", "holds", "not tested"]
    assert rows["why"].tolist() == ["", "", "2 of at least 3 tasks"]
    assert rows.iloc[-1]["difference"] == pytest.approx(0.1, abs=0.002)
    assert rows.iloc[-1][["low", "high", "p", "holm_p"]].isna().all()


def grouped_claims(groups, leads=None):
    leads = leads or {"x_a": 0.1, "x_b": 0.2, "x_c": 0.3, "y_a": -0.1, "y_b": -0.1001, "y_c": -0.1, "alone": 0.1}
    # Exact values, so that all pairs of a task gain the same.
    tables = [
        replicates({"a": dict.fromkeys(range(3), 0.5 + lead), "b": dict.fromkeys(range(3), 0.5)}, task=task)
        for task, lead in leads.items()
    ]
    metrics = dict.fromkeys(leads, "AUROC")
    return claims_table(
        measured(pd.concat(tables), metrics), metrics, [{"better": "a", "than": "b"}], kinds_of(metrics), groups
    ).set_index("scope")


def test_tasks_of_each_group_are_pooled_in_place_of_all() -> None:
    draws = {f"{name}_{draw}": name for name in "xy" for draw in "abc"}
    rows = grouped_claims(draws)
    assert rows.index.tolist() == [*draws, "alone", group_scope("x"), group_scope("y")]
    x, y = rows.loc[group_scope("x")], rows.loc[group_scope("y")]
    assert (x["tasks"], x["pairs"]) == (y["tasks"], y["pairs"]) == (3, 9)
    # Mean 0.2, sd 0.1 over 3 draws, of which t is 4.3027 with 2 degrees of freedom.
    half = 4.3027 * 0.1 / np.sqrt(3)
    assert (x["difference"], x["low"], x["high"]) == pytest.approx((0.2, 0.2 - half, 0.2 + half), abs=1e-4)
    assert (y["difference"], y["low"], y["high"]) == pytest.approx((-0.1, -0.1, -0.1), abs=5e-4)
    assert (x["verdict"], y["verdict"]) == ("undecided", "fails")


def test_tasks_of_several_kinds_are_pooled_kind_by_kind() -> None:
    """An arm may serve several kinds, whose networks differ even where the metric is the same."""
    kinds = {"p": "binary", "q": "binary", "r": "labelled", "s": "labelled"}
    tables = [replicates({"a": dict.fromkeys(range(3), 0.6), "b": dict.fromkeys(range(3), 0.5)}, task=t) for t in kinds]
    metrics = dict.fromkeys(kinds, "AUROC")
    measurements = Measurements(pd.concat(tables), metrics)
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


@pytest.mark.parametrize(("lead", "verdict"), [(0.2, "holds"), (0.1, "undecided"), (0.02, "fails")])
def test_a_wider_lead_is_a_difference_of_differences(lead, verdict):
    tables = [
        replicates({"a": noisy(0.9, seed=1), "b": noisy(0.8, seed=2)}),
        replicates({"a": noisy(0.6 + lead, seed=3), "b": noisy(0.6, seed=7)}, size="1000"),
    ]
    (row,) = claim_rows(tables, claim={"better": "a", "than": "b", "wider_at": 1000}).itertuples()
    assert row.difference == pytest.approx(lead - 0.1, abs=0.004)
    assert (row.size, row.wider_than, row.verdict) == ("1000", "all", verdict)
    # What windows add to an arm is the same at both sizes here, and cancels.
    assert row.window_error == pytest.approx(0, abs=1e-9)


def claims_of_three_tasks():
    """Two stated claims at two sizes on three tasks of 3, 5 and 9 seeds: three claims of four lines."""
    tables = [
        replicates({"a": noisy(0.801, seeds, seed=i), "b": noisy(0.8, seeds, seed=9 + i)}, size=size, task=task)
        for i, (task, size, seeds) in enumerate(
            [(task, size, seeds) for task, seeds in (("x", 3), ("y", 5), ("z", 9)) for size in ("1000", "all")]
        )
    ]
    metrics = dict.fromkeys("xyz", "AUROC")
    claims = [{"better": "a", "than": "b"}, {"better": "a", "than": "b", "wider_at": "1000"}]
    return claims_table(measured(pd.concat(tables), metrics), metrics, claims, kinds_of(metrics))


def test_every_line_of_a_run_is_corrected_for_all_lines():
    """Whatever the claim, the size, the scope and the number of pairs; half of a claim is for its tasks together."""
    rows = claims_of_three_tasks()
    assert len(rows) == (3 + 1) * 3
    assert rows["p"].notna().all()
    weights = np.where(rows["scope"] == ALL_TASKS, 1, 1 / 3)
    assert rows["holm_p"].to_numpy() == pytest.approx(holm(rows["p"].to_numpy(), weights))
    first = (rows["p"] / weights).idxmin()
    assert rows["holm_p"][first] == pytest.approx(min(6 * rows["p"][first] / weights[first], 1))


def test_all_claims_weigh_alike_and_half_is_for_tasks_together():
    claims = pd.Series(list("aaaabbbcc"))
    weights = line_weights(claims, pd.Series([False] * 3 + [True] + [False] * 3 + [True] * 2))
    assert weights.tolist() == pytest.approx([1 / 3] * 3 + [1] + [2 / 3] * 3 + [1] * 2)
    assert weights.groupby(claims).sum().tolist() == pytest.approx([2, 2, 2])


def test_on_one_task_all_claims_are_corrected_for_their_number():
    p_values = np.array([0.01, 0.04, 0.03])
    rows = pd.DataFrame({"claim": list("abc"), "tasks": 1, "p": p_values, "difference": 1.0})
    assert with_verdicts(rows)["holm_p"].to_numpy() == pytest.approx(holm(p_values))


def test_lines_that_are_not_tested_do_not_count():
    rows = pd.DataFrame({"claim": list("aabc"), "tasks": [1, 2, 1, 1], "p": [0.01, np.nan, 0.03, np.nan]})
    judged = with_verdicts(rows.assign(difference=[1.0, 1.0, -1.0, 1.0]))
    assert judged["holm_p"].tolist() == pytest.approx([0.02, np.nan, 0.03, np.nan], nan_ok=True)
    assert judged["verdict"].tolist() == ["holds", "not tested", "fails", "not tested"]


def test_verdicts_follow_the_direction_of_the_gain_and_the_corrected_p():
    gains, corrected = np.array([0.1, -0.1, 0.1, -0.1, 0.1]), np.array([0.049, 0.049, 0.05, 0.9, np.nan])
    assert verdicts(gains, corrected).tolist() == ["holds", "fails", "undecided", "undecided", "not tested"]


def test_more_seeds_do_not_average_the_noise_of_shared_windows_away():
    windows, strata = np.random.default_rng(0).normal(size=100), np.zeros(100)
    few, many = (of_one_task(np.linspace(-1, 1, seeds), windows, strata) for seeds in (5, 500))
    assert many.error(slice(0, 1)) < few.error(slice(0, 1)) / 5
    assert many.error(slice(1, None)) == few.error(slice(1, None))


def test_tasks_that_differ_in_noise_are_not_called_different_too_often():
    generator = np.random.default_rng(6)
    means = generator.normal(size=(20_000, 3)) * np.array([0.1, 1, 10])
    assert (over_tasks(means).p() < 0.05).mean() <= 0.05


def test_a_gap_to_a_published_value_has_an_interval():
    values = {"a": {0: 0.7, 1: 0.72, 2: 0.74}}
    table = pd.concat([replicates(values, "MCC"), replicates(values, "MCC", "1000"), replicates(values)])
    value = {"task": "t", "metric": "MCC", "value": 0.7, "source": "someone"}
    (row,) = published_table(table, [value, value | {"task": "other"}]).itertuples()
    assert row.gap == pytest.approx(0.02)
    assert (row.low, row.high) == pytest.approx((0.02 - 0.04968, 0.02 + 0.04968), abs=1e-4)
